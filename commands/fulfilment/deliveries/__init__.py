"""Deliveries: planned, reshaped, released, packed, dispatched and received."""
