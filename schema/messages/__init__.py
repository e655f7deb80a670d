"""What clients see of messages: partners, the inbox, the outbox."""
