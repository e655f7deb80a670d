"""Deliveries: each part of an order, planned for its own agreed time."""
