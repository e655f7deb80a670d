"""What we send to others: HTTP to whom we may reach, and mail over SMTP."""
