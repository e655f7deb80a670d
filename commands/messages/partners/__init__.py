"""Partners that messages are exchanged with."""
