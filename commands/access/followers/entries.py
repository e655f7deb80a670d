"""Entries of the journal as followers are told of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    exists,
    not_,
    or_,
    select,
    true,
)

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.access.followers import FollowerLane
from models.access.journal import JournalEntry
from models.access.keys import CounterName, MerchantCounter
from models.base.events import EVENTS, Event, Payload, read_event
from models.base.tables import fixed

MOST_AT_ONCE = 500
"""Entries that a follower is told of at once."""


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """One entry of the journal as a follower is told of it.

    id: the entry's own, the same whenever it is told again. position: counts the merchant's
    entries, sequence those of the object. actor: the kind, actor_name: the key's name. written_by:
    the request's span (`traceparent`), where that is recorded.
    """

    position: int
    id: UUID
    aggregate: str
    aggregate_id: UUID
    sequence: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    actor_name: str
    payload_version: int
    payload: Payload
    written_by: str | None

    @property
    def event(self) -> Event:
        """Return it as its class, of the newest version. ValueError for an odd payload."""
        return read_event(self.type, self.payload_version, self.aggregate_id, self.payload)

    @property
    def is_known(self) -> bool:
        """Tell whether this release knows its class and version: a later one may write others."""
        kind = EVENTS.get(self.type)
        return kind is not None and self.payload_version <= kind.versions.version


class Unread(NamedTuple):
    """What a follower is told of next. end: where it stands when it has been told.

    is_whole: nothing more can be told now.
    """

    events: Sequence[JournalEvent]
    end: int
    is_whole: bool


_FIELDS = tuple(JournalEvent.__dataclass_fields__)
_MERCHANT = bindparam("merchant", type_=Uuid())
_OWN = JournalEntry.merchant_id == _MERCHANT
_AFTER = bindparam("after", type_=BigInteger())
_SIZE = bindparam("size", type_=Integer())


def _entries() -> Select[Any]:
    """Select entries of the wanted types, and of types that this release does not know."""
    of = JournalEntry
    is_wanted = of.type == any_(bindparam("types", type_=ARRAY(Text())))
    is_known = of.type == any_(bindparam("known", type_=ARRAY(Text())))
    fields = (getattr(of, name) for name in _FIELDS)
    return (
        select(*fields)
        .where(_OWN, of.position > _AFTER, or_(is_wanted, not_(is_known)))
        .order_by(of.position)
        .limit(_SIZE)
    )


def _page() -> Select[Any]:
    """Select the last position there is, beside each of the next entries that no lane holds back.

    The counter and the entries are read in one snapshot, in which all up to the counter are there.
    """
    of, lane, counter = JournalEntry, FollowerLane, MerchantCounter
    follower = lane.follower_id == bindparam("follower", type_=Uuid())
    held = (lane.merchant_id == _MERCHANT, follower, lane.aggregate_id == of.aggregate_id)
    found = _entries().where(not_(exists().where(*held))).lateral("entry")
    return (
        select(counter.value, *(found.c[name] for name in _FIELDS))
        .select_from(counter)
        .outerjoin(found, true())
        .where(counter.merchant_id == _MERCHANT, counter.name == fixed(CounterName.JOURNAL.value))
        .order_by(found.c.position)
    )


_PAGE = Statement(_page())
_LANE = Statement(
    _entries().where(
        JournalEntry.aggregate_id == bindparam("aggregate", type_=Uuid()),
        JournalEntry.position <= bindparam("last", type_=BigInteger()),
    )
)


async def page_after(
    writing: Writing, follower_id: UUID, types: Sequence[str], after: int, size: int
) -> Unread:
    """Return the next entries after a position, without those that wait in lanes.

    It ends before what a later release has written, which is for a worker of that one.
    """
    values = {**_values(writing, types, after, size), "follower": follower_id}
    rows = await writing.session.rows(_PAGE, values)
    if not rows:
        return Unread((), after, is_whole=True)
    events = [JournalEvent(*row[1:]) for row in rows if row[1] is not None]
    unknown = next((place for place, it in enumerate(events) if not it.is_known), None)
    if unknown is not None:
        return Unread(events[:unknown], events[unknown].position - 1, is_whole=True)
    is_whole = len(events) < size
    return Unread(events, rows[0].value if is_whole else events[-1].position, is_whole)


async def lane_after(
    writing: Writing, lane: FollowerLane, types: Sequence[str], last: int, size: int
) -> Sequence[JournalEvent]:
    """Return the entries that wait in a lane, up to a position, the one that fails first."""
    values = _values(writing, types, lane.position - 1, size)
    rows = await writing.session.rows(
        _LANE, {**values, "aggregate": lane.aggregate_id, "last": last}
    )
    return [JournalEvent(*row) for row in rows]


def _values(writing: Writing, types: Sequence[str], after: int, size: int) -> dict[str, Any]:
    return {
        "merchant": writing.viewer.merchant_id,
        "types": list(types),
        "known": list(EVENTS),
        "after": after,
        "size": size,
    }
