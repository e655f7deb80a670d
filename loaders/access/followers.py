"""Followers of the journal as staff reads them, and whose journals have something new for them.

The latter is read without a merchant, across all of them: candidates only, without a lock; who
works on one claims it within its merchant.
"""

from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    column,
    func,
    select,
)

from loaders.reading.acts import everything
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Computed, One, Reader
from models.access.followers import FollowerLane, JournalFollower
from models.access.journal import JournalEntry
from models.access.keys import CounterName, MerchantCounter
from models.base.tables import fixed

by_id = One(JournalFollower)
every = Paged(JournalFollower, {None: Sorted("id")})
lane_by_id = One(FollowerLane)
lanes = Paged(FollowerLane, {None: Sorted("position")}, of="follower_id")


def _last(reader: Reader) -> ColumnElement[Any]:
    is_journal = fixed(CounterName.JOURNAL.value)
    last = everything(reader).value(MerchantCounter, "value", lambda it: it.name == is_journal)
    return func.coalesce(last, 0)


def _behind(reader: Reader, follower: Any) -> Any:
    """Count the entries that a follower has not read."""
    return _last(reader) - follower.position


def _behind_since(reader: Reader, follower: Any) -> ColumnElement[Any]:
    """Return when the oldest of them was recorded, NULL for none."""
    (entry,), own = everything(reader).tables((JournalEntry,))
    found = (
        select(entry.recorded_at)
        .where(*own, entry.position > follower.position)
        .order_by(entry.position)
        .limit(fixed(1))
    )
    return found.correlate_except(entry).scalar_subquery()


def _waiting(reader: Reader, lane: Any) -> ColumnElement[int]:
    """Count the entries of a lane's object from the one that fails on."""
    (entry,), own = everything(reader).tables((JournalEntry,))
    waits = entry.aggregate_id == lane.aggregate_id, entry.position >= lane.position
    found = select(func.count()).where(*own, *waits)
    return found.correlate_except(entry).scalar_subquery()


lag = Computed(JournalFollower, {"entries": _behind, "since": _behind_since})
waiting = Computed(FollowerLane, {"entries": _waiting})

_NAMES = bindparam("names", type_=ARRAY(Text()))


def behind() -> Select[Any]:
    """Select (merchant_id, subject: a follower's name, waiting: entries it has not been told of).

    done: entries of which it was told. Parameter: names.
    """
    counter, follower = MerchantCounter, JournalFollower
    name = func.unnest(_NAMES).table_valued(column("name", Text())).render_derived("wanted")
    own = and_(follower.merchant_id == counter.merchant_id, follower.name == name.c.name)
    done = func.coalesce(follower.position, 0)
    waiting, subject = counter.value - done, name.c.name.label("subject")
    return (
        select(counter.merchant_id, subject, waiting.label("waiting"), done.label("done"))
        .select_from(counter)
        .join(name, counter.name == fixed(CounterName.JOURNAL.value))
        .outerjoin(follower, own)
        .where(waiting > 0)
    )


def retried() -> Select[Any]:
    """Select (merchant_id, subject: a follower's name) with a lane that is to be tried again.

    Parameters: names, now.
    """
    of: Any = JournalFollower
    is_due = of.retry_at <= bindparam("now", type_=DateTime(timezone=True))
    return select(of.merchant_id, of.name.label("subject")).where(is_due, of.name == any_(_NAMES))


def parked() -> Select[Any]:
    """Select (merchant_id, subject: a follower's name, waiting: its parked lanes) of all with some.

    Parameter: names.
    """
    of: Any = JournalFollower
    some = of.parked > fixed(0), of.name == any_(_NAMES)
    found = select(of.merchant_id, of.name.label("subject"), of.parked.label("waiting"))
    return found.where(*some)
