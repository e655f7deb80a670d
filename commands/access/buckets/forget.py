"""Buckets that are full again: without a row they are full, too."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from commands.writing.running.expired import clear
from commands.writing.transaction import Writing
from models.access.buckets import CostBucket


async def full(writing: Writing, due: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """Delete buckets that have long been full; returns when more of them are to go."""
    return await clear(writing, CostBucket.full_at, due)
