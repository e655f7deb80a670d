"""What is told to those who run the server: log lines, metrics, spans."""
