"""Merchants and their API keys: made and ended by operators, keys by a merchant's staff too."""
