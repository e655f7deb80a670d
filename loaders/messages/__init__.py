"""Reading of messages: partners, the inbox, the outbox."""
