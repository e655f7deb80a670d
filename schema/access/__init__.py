"""What clients see of access: keys, documents, buckets, the journal."""
