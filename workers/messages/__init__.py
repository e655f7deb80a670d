"""What messages do unasked: they are read, one after the other."""
