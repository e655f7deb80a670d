"""Whose journals have something new for followers: read without a merchant, across all of them.

Candidates only, read without a lock: who works on one claims it within its merchant.
"""

from typing import Any

from sqlalchemy import ARRAY, DateTime, Select, Text, and_, any_, bindparam, column, func, select

from models.access.followers import JournalFollower
from models.access.keys import CounterName, MerchantCounter
from models.base.tables import fixed

_NAMES = bindparam("names", type_=ARRAY(Text()))


def behind() -> Select[Any]:
    """Select (merchant_id, subject: a follower's name, waiting: entries it has not been told of).

    Parameter: names.
    """
    counter, follower = MerchantCounter, JournalFollower
    name = func.unnest(_NAMES).table_valued(column("name", Text())).render_derived("wanted")
    own = and_(follower.merchant_id == counter.merchant_id, follower.name == name.c.name)
    waiting = counter.value - func.coalesce(follower.position, 0)
    return (
        select(counter.merchant_id, name.c.name.label("subject"), waiting.label("waiting"))
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
