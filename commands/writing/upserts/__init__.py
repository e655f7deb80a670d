"""Master data in bulk: what items change, what of it is frozen, what goes on with the inactive."""
