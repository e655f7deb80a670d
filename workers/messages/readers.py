"""Messages that wait are read."""

from datetime import timedelta

from commands.messages.readers.by_partner import PartnersInTurn
from workers.running.rounds import Round

_PARTNERS = PartnersInTurn()
READ_MESSAGES = Round("read messages", timedelta(seconds=15), _PARTNERS.read_short)
"""A message is a transaction of its own, and what refuses one is noted by another."""
READ_LONG_MESSAGES = Round("read long messages", timedelta(seconds=15), _PARTNERS.read_long)
"""Beside the others, so that one that takes long delays only long ones."""
