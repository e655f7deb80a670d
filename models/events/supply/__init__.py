"""Events of supply."""
