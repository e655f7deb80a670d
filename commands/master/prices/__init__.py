"""Prices: the merchant's own, written in bulk, and asked by whatever has lines that cost."""
