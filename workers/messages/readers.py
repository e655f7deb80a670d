"""Messages that wait are read."""

from datetime import timedelta

from commands.messages.readers.read import PartnersInTurn
from workers.running.rounds import Round

READ_MESSAGES = Round("read messages", timedelta(seconds=15), PartnersInTurn().read_next)
"""A message is a transaction of its own, and what refuses one is noted by another."""
