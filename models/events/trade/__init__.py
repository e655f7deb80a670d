"""Events of trade."""
