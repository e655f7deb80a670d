"""What becomes due is written in the transaction that lets it become due."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CTE, DateTime, Uuid, bindparam, exists, insert, select

from commands.writing.rows import write_rows
from commands.writing.running.expired import SPARED
from commands.writing.transaction import Writing
from kit.ids import new_id
from models.access.dues import Due, DueKind
from models.base.tables import fixed

_MERCHANT = bindparam("merchant", type_=Uuid())
_AT = bindparam("forget_at", type_=DateTime(timezone=True))


async def write_dues(writing: Writing) -> None:
    """Write what the transaction lets become due, by one statement where there is anything."""
    merchant = writing.viewer.merchant_id
    new = [
        {"merchant_id": merchant, "id": new_id(), "due_at": at, "kind": kind, "subject": subject}
        for kind, subject, at in dict.fromkeys(writing.dues)
    ]
    await write_rows(writing, {Due: new})


def noting(kind: DueKind) -> CTE:
    """Return a part of a statement that notes when a merchant's rows are to be forgotten.

    Those of an hour are noted once or, by transactions that do not see each other, a few times:
    nobody waits for anybody. It is read a day before it is due, so that nothing is noted too late.
    Parameters: merchant, and those of `forgetting`.
    """
    is_noted = exists().where(
        Due.merchant_id == _MERCHANT, Due.kind == fixed(kind.value), Due.due_at == _AT
    )
    row: dict[str, Any] = {
        "merchant_id": _MERCHANT,
        "id": bindparam("due_id", type_=Uuid()),
        "due_at": _AT,
        "kind": fixed(kind.value),
        "subject": _MERCHANT,
    }
    new = insert(Due).from_select(list(row), select(*row.values()).where(~is_noted))
    return new.returning(Due.id).cte("noted")


def forgetting(ends: datetime) -> dict[str, Any]:
    """Return parameters of `noting`: the first full hour at which what ends then may go."""
    spared = ends + SPARED
    hour = spared.replace(minute=0, second=0, microsecond=0)
    return {"due_id": new_id(), "forget_at": hour if hour == spared else hour + timedelta(hours=1)}
