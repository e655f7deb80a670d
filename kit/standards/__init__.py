"""Codes and check digits, as the standards of GS1 and ISO have them."""
