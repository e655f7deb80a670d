"""What has come to its time is claimed: its rows are locked while it is done, and go with it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, any_, bindparam, delete, select, update

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.access.dues import Due, DueKind


class ClaimedDue(NamedTuple):
    """A row that is locked."""

    id: UUID
    subject: UUID


_MERCHANT = bindparam("merchant", type_=Uuid())
_IDS = any_(bindparam("ids", type_=ARRAY(Uuid())))
_CLAIM = Statement(
    select(Due.id, Due.subject)
    .where(
        Due.merchant_id == _MERCHANT,
        Due.kind == bindparam("kind", type_=Text()),
        Due.due_at <= bindparam("now", type_=DateTime(timezone=True)),
    )
    .order_by(Due.due_at, Due.id)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update(skip_locked=True),
    ClaimedDue,
)
DONE = Statement(delete(Due).where(Due.merchant_id == _MERCHANT, Due.id == _IDS))
"""Takes rows away that were claimed. Parameters: merchant, ids."""
_PUT_OFF = Statement(
    update(Due)
    .where(Due.merchant_id == _MERCHANT, Due.id == _IDS)
    .values(due_at=bindparam("at", type_=DateTime(timezone=True)))
)


async def claim(writing: Writing, kind: DueKind, most: int) -> Collection[ClaimedDue]:
    """Lock what has been due for longest, but what somebody else has locked."""
    own = {"merchant": writing.viewer.merchant_id, "kind": kind.value}
    values = {**own, "now": writing.now, "most": most}
    rows: Collection[ClaimedDue] = await writing.session.rows(_CLAIM, values)
    return rows


async def settle(
    writing: Writing, kind: DueKind, claimed: Collection[ClaimedDue], again: Mapping[UUID, datetime]
) -> None:
    """Take away what was claimed. again: subject -> when it is to be looked at once more."""
    for subject, at in again.items():
        writing.later(kind, subject, at)
    values = {"merchant": writing.viewer.merchant_id, "ids": [it.id for it in claimed]}
    await writing.session.rows(DONE, values)


async def put_off(writing: Writing, claimed: Collection[ClaimedDue], at: datetime) -> None:
    """Let what could not be done be tried again, at an instant."""
    values = {"merchant": writing.viewer.merchant_id, "ids": [it.id for it in claimed], "at": at}
    await writing.session.rows(_PUT_OFF, values)
