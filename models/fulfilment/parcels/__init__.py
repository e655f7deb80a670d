"""Parcels: their tables, and what the journal tells of them."""
