"""Contracts: made, changed, started, stopped and settled."""
