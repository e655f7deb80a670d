"""Buckets: those that are full again are forgotten."""

from datetime import timedelta

from commands.access.buckets import forget
from workers.running.rounds import Round

FORGET_BUCKETS = Round("forget buckets", timedelta(minutes=10), forget.full)
