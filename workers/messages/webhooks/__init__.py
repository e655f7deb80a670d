"""Webhooks: what happens is kept for endpoints, sent to them, and forgotten."""
