"""Partners: how they send and what they call things, for clients."""
