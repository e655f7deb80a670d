"""Parcels: what a packing makes, with numbers that are nobody else's, and what it voids."""
