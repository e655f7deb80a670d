"""Prices: lists as they are read, and what a product costs who reads."""
