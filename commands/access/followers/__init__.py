"""Followers of the journal: what they are told, page by page, and the lanes that they set aside."""
