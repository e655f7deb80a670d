"""Timelines: the journal's entries of one object; and the journal as it grows."""

from typing import Any

from sqlalchemy import BigInteger, Select, Uuid, bindparam, func, select

from loaders.pages import Paged, Sorted
from models.journal import JournalEntry

timeline = Paged(JournalEntry, {None: Sorted("position")}, of="aggregate_id")
"""The timeline of an object."""

PAGE = 500
"""Entries that one statement reads."""

_OWN = JournalEntry.merchant_id == bindparam("merchant", type_=Uuid())
_LATER = (
    select(
        JournalEntry.position,
        JournalEntry.aggregate_id,
        JournalEntry.type,
        JournalEntry.occurred_at,
        JournalEntry.payload["moved"].label("moved"),
    )
    .where(_OWN, JournalEntry.position > bindparam("after", type_=BigInteger()))
    .order_by(JournalEntry.position)
    .limit(PAGE)
)
later: Select[Any] = _LATER
"""A merchant's next entries after a position; parameters: merchant, after."""
later_of: Select[Any] = _LATER.where(
    JournalEntry.aggregate_id == bindparam("aggregate", type_=Uuid())
)
"""The same of one object; parameters: merchant, after, aggregate."""
latest: Select[Any] = select(func.coalesce(func.max(JournalEntry.position), 0)).where(_OWN)
"""The merchant's last position; parameter: merchant."""
