"""Nouns of the merchants that the database holds."""
