"""Events of messages."""
