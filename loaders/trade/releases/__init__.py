"""Releases as they are read: their accounts, and how far each schedule line has come."""
