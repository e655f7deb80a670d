"""Cost buckets: points taken out, in PostgreSQL or Redis."""
