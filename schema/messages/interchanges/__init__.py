"""Interchanges that came in and their messages, for clients."""

from schema.messages.interchanges.types import Interchange, InterchangeMessage

__all__ = ["Interchange", "InterchangeMessage"]
