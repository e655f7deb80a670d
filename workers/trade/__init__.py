"""What trade does unasked: amendments that nobody answers come to their end."""
