"""Webhooks for clients: endpoints, what was sent to them, and what is done with both."""
