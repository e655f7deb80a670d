"""Events of access."""
