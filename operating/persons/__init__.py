"""One person: all that is kept of it, and how it is forgotten."""
