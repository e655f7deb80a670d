"""Prices: lists of the merchant's, and which of them counts."""
