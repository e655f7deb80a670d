"""Answers under idempotency keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from commands.writing.running.expired import clear
from commands.writing.transaction import Writing
from models.access.keys import IdempotencyKey


async def forget(writing: Writing, due: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """Delete answers that are not repeated any more; returns when more of them are to go."""
    return await clear(writing, IdempotencyKey.expires_at, due)
