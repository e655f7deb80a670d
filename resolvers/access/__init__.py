"""Answers of access: keys, documents, buckets, the journal."""
