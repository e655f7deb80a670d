"""Accounts of releases: how they count, what has left for them, what was counted before."""
