"""What code answers of messages."""
