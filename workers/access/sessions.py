"""Sessions: those that have ended are forgotten."""

from commands.access import sessions
from models.access.dues import DueKind
from workers.running.dues import WhenDue

FORGET_SESSIONS = WhenDue(DueKind.FORGET_SESSIONS, sessions.forget)
