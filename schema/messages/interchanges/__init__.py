"""Interchanges that came in and their messages, for clients."""
