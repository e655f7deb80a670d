"""When keys were used last."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, bindparam, func, or_, select, update

from kit.db.sessions import Session
from kit.db.statements import Statement
from models.access.keys import ApiKey

EVERY = timedelta(minutes=1)
"""How often the last use of a key is written at most, by all processes together."""
_MERCHANT = bindparam("merchant", type_=Uuid())


def _write() -> Any:
    """Build the statement that writes the uses of many keys but of those that are locked."""
    ids = bindparam("ids", type_=ARRAY(Uuid()))
    times = bindparam("times", type_=ARRAY(DateTime(timezone=True)))
    used = func.unnest(ids, times).table_valued("id", "at", name="used").render_derived()
    last = ApiKey.last_used_at
    free = select(ApiKey.id, used.c.at).join(used, used.c.id == ApiKey.id)
    free = free.where(
        ApiKey.merchant_id == _MERCHANT, or_(last.is_(None), last <= used.c.at - EVERY)
    )
    mine = free.with_for_update(of=ApiKey, key_share=True, skip_locked=True).cte("free")
    own = (ApiKey.merchant_id == _MERCHANT, ApiKey.id == mine.c.id)
    return update(ApiKey).where(*own).values(last_used_at=mine.c.at)


_WRITE = Statement(_write())


async def write(session: Session, merchant_id: UUID, used: Mapping[UUID, datetime]) -> None:
    """Write when keys were used, where that was not done in the minute before.

    used: key -> when. A key that another transaction holds is left alone: who is there to hold it
    also writes its use, or it will be used again.
    """
    values = {"merchant": merchant_id, "ids": list(used), "times": list(used.values())}
    await session.rows(_WRITE, values)
