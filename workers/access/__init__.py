"""What access does unasked: uses of keys are written, what has ended is forgotten."""
