"""Verbs of trade: orders, releases, contracts."""
