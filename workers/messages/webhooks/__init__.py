"""Webhooks: what happens is kept for endpoints, sent to them, and forgotten."""

from datetime import timedelta
from functools import partial

from commands.messages.webhooks.forget import forget
from commands.messages.webhooks.note import note_messages
from models.access.dues import DueKind
from models.messages.webhooks.tables import FOLLOWER
from workers.running.dues import WhenDue
from workers.running.followers import Follower

TELL_WEBHOOKS = Follower(FOLLOWER, note_messages)
"""What happens becomes messages for endpoints."""


def forgetting(days: int) -> WhenDue:
    """Return what forgets what was sent some days ago."""
    return WhenDue(DueKind.FORGET_WEBHOOK_MESSAGES, partial(forget, timedelta(days=days)))
