"""What is done in rounds of the event loop, and beside it."""
