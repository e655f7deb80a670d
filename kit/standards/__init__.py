"""Codes, check digits and amounts, as the standards of GS1 and ISO have them."""
