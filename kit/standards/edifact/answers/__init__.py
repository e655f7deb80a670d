"""What interchanges and their messages are answered with."""
