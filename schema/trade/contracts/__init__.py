"""Contracts for clients: what other rooms name of them."""
