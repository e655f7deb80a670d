"""Nouns of the program itself and its database."""
