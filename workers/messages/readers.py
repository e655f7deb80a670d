"""Messages that wait are read, and partners told what was decided on what they brought."""

from datetime import timedelta

from commands.messages.readers.by_partner import PartnersInTurn
from commands.messages.readers.contents import tell_decided
from models.events.trade.releases import ReleaseConsented, ReleaseRejected, ReleaseWithdrawn
from workers.running.followers import Follower
from workers.running.rounds import Round

_PARTNERS = PartnersInTurn()
READ_MESSAGES = Round("read messages", timedelta(seconds=15), _PARTNERS.read_short)
"""A message is a transaction of its own, and what refuses one is noted by another."""
READ_LONG_MESSAGES = Round("read long messages", timedelta(seconds=15), _PARTNERS.read_long)
"""Beside the others, so that one that takes long delays only long ones."""
ANSWER_DECISIONS = Follower(
    "content answers", tell_decided, wants=(ReleaseConsented, ReleaseRejected, ReleaseWithdrawn)
)
