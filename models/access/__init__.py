"""Tables and rules of access: keys, documents, buckets, the journal."""
