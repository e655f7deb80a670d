"""What is left of orders beside their deliveries, where nothing may be or nothing is wanted."""
