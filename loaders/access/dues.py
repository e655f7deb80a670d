"""What has come to its time, of whichever merchant: read without one, claimed within it."""

from typing import Any

from sqlalchemy import ARRAY, DateTime, Select, Text, any_, bindparam, func, select

from models.access.dues import Due


def due_now() -> Select[Any]:
    """Select (merchant_id, subject: a kind, waiting: how much of it), the longest due first.

    Parameters: kinds, now.
    """
    now = bindparam("now", type_=DateTime(timezone=True))
    wanted: Any = Due.kind == any_(bindparam("kinds", type_=ARRAY(Text())))
    found: Any = (
        select(Due.merchant_id, Due.kind.label("subject"), func.count().label("waiting"))
        .where(Due.due_at <= now, wanted)
        .group_by(Due.merchant_id, Due.kind)
        .order_by(func.min(Due.due_at))
    )
    return found  # type: ignore[no-any-return]
