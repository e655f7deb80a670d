"""What is odd about releases that come in: findings, which stop no message."""
