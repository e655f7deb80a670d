"""Deliveries of another system, each with what happened to it and when."""
