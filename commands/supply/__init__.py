"""Verbs of supply: what lies where, and how it came there."""
