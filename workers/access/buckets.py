"""Buckets: those that are full again are forgotten."""

from datetime import timedelta

from commands.access.buckets import forget
from workers.running.rounds import Round, unrecorded

FORGET_BUCKETS = Round("forget buckets", timedelta(minutes=10), unrecorded(forget.full))
