"""The database written to a file, and read from one."""
