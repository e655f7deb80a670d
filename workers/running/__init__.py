"""Machinery of the workers: rounds over all merchants."""
