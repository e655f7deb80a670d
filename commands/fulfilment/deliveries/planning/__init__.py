"""Parts of orders become deliveries: now, again, or as another system has planned them."""
