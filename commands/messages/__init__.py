"""Verbs of messages: partners, the inbox, the outbox, what reads messages."""
