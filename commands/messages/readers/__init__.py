"""What reads messages: one declared reader for each type, one transaction for each message."""
