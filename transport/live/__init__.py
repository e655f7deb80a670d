"""What stays connected: sockets, streams, and who holds them."""
