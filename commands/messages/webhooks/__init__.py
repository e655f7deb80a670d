"""Webhooks: managed by their owners, filled by what happens, sent by who works unasked."""
