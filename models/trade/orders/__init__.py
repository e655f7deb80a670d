"""Orders and their lines: what was ordered, and how far each line has come."""
