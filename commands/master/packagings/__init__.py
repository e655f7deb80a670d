"""Packagings: what products are packed in, and how whatever takes a quantity counts in them."""
