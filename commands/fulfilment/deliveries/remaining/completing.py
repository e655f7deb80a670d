"""Deliveries that say that they complete their orders."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, select, union
from sqlalchemy.orm import aliased

from commands.fulfilment.deliveries.places import DeliveryPart
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Path, Refusals, Refused
from models.base.acts import AllRows
from models.base.guards import guards
from models.fulfilment.deliveries.conditions import RIVALLED, UNFINISHED
from models.fulfilment.deliveries.tables import Delivery


@guards("D18", instead={})
async def not_completing(writing: Writing, planned: Mapping[UUID, Path]) -> dict[UUID, Refused]:
    """Return which deliveries cannot complete their orders. planned: those that are to, with paths.

    Refusals: INVALID while something of an order is in no delivery, or another one is to complete
    it.
    """
    if not planned:
        return {}
    await writing.session.flush()
    values = {**writing.parameters, "keys": list(planned), "now": writing.now}
    text = "It does not complete its orders: something is in no delivery, or in another such."
    return {
        key: Refused(Code.INVALID, text, (*planned[key], "completes_order"))
        for (key,) in await writing.session.rows(_NOT_COMPLETING, values)
    }


async def check_completing(
    writing: Writing, parts: Iterable[DeliveryPart], keys: Iterable[UUID], path: Path
) -> None:
    """Look whether deliveries that are planned complete their orders as their parts say.

    Refused: as `not_completing`, of all at once.
    """
    planned = {
        key: (*path, place)
        for place, (key, part) in enumerate(zip(keys, parts, strict=True))
        if part.completes_order
    }
    refusals = Refusals()
    for refused in (await not_completing(writing, planned)).values():
        with refusals:
            raise refused
    refusals.end()


def _not_completing() -> Statement:
    merchant, row = bindparam("merchant", type_=Uuid()), aliased(Delivery)
    rows = AllRows(merchant, bindparam("now", type_=DateTime(timezone=True)))
    own = (row.merchant_id == merchant, row.id == any_(bindparam("keys", type_=ARRAY(Uuid()))))
    return Statement(
        union(*(select(row.id).where(*own, it.of(rows, row)) for it in (UNFINISHED, RIVALLED)))
    )


_NOT_COMPLETING = _not_completing()
