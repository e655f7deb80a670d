"""What stays connected: sockets, streams, and their turns."""
