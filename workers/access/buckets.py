"""Buckets: those that are full again are forgotten."""

from commands.access.buckets import forget
from models.access.dues import DueKind
from workers.running.dues import WhenDue

FORGET_BUCKETS = WhenDue(DueKind.FORGET_BUCKETS, forget.full)
