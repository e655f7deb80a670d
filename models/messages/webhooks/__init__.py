"""Webhooks: endpoints that are told what happens, and what was sent to each."""
