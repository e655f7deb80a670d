"""Parts of orders become deliveries: now, or as another system has planned them."""
