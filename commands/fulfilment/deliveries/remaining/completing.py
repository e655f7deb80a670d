"""Deliveries that say that they complete their orders."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, func, select, union
from sqlalchemy.orm import aliased

from commands.fulfilment.deliveries.places import DeliveryPart
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Path, Refusals, Refused
from models.base.acts import AllRows
from models.base.guards import guards
from models.fulfilment.deliveries.conditions import RIVALLED, UNFINISHED
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.orders.standing import left_with


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


@guards("D18", instead={})
async def left_before(writing: Writing, deliveries: Mapping[UUID, datetime]) -> dict[UUID, Refused]:
    """Return which deliveries, that complete their orders, left before others of these.

    deliveries: id -> when it left. Refusals: INVALID_DATE.
    """
    if not deliveries:
        return {}
    found = {}
    values = {**writing.parameters, "keys": list(deliveries)}
    for key, last in await writing.session.rows(_LEFT_LAST, values):
        if deliveries[key] < last:
            text = f"It completes its orders, of which something left later: {last.isoformat()}."
            found[key] = Refused(Code.INVALID_DATE, text, ("dispatched_at",))
    return found


async def completed_orders(writing: Writing, order_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Return the orders that what has left has completed -> when the first such left."""
    keys = list(order_ids)
    if not keys:
        return {}
    found = await writing.session.rows(_COMPLETED, {**writing.parameters, "keys": keys})
    return {it.order_id: it.at for it in found}


def _completed() -> Statement:
    merchant, keys = bindparam("merchant", type_=Uuid()), bindparam("keys", type_=ARRAY(Uuid()))
    tables = (Delivery, DeliveryLine)
    return Statement(
        select(DeliveryLine.order_id, func.min(Delivery.dispatched_at).label("at"))
        .where(*(it.merchant_id == merchant for it in tables))
        .where(left_with(any_(keys), *tables), Delivery.completes_order)
        .group_by(DeliveryLine.order_id)
    )


_COMPLETED = _completed()


def _left_last() -> Statement:
    """Of each delivery, when the last of the others left that bring something of its orders."""
    merchant, mine, its = bindparam("merchant", type_=Uuid()), DeliveryLine, aliased(DeliveryLine)
    of = (
        select(mine.delivery_id, mine.order_id)
        .where(mine.merchant_id == merchant, mine.planned > 0)
        .where(mine.delivery_id == any_(bindparam("keys", type_=ARRAY(Uuid()))))
        .distinct()
        .cte("of")
    )
    beside = (
        select(its.delivery_id, its.order_id)
        .where(its.merchant_id == merchant, its.planned > 0)
        .where(its.order_id.in_(select(of.c.order_id)))
        .distinct()
        .cte("beside")
    )
    last = func.max(Delivery.dispatched_at).label("last")
    return Statement(
        select(of.c.delivery_id, last)
        .join(beside, beside.c.order_id == of.c.order_id)
        .join(Delivery, Delivery.id == beside.c.delivery_id)
        .where(Delivery.merchant_id == merchant, Delivery.id != of.c.delivery_id)
        .where(Delivery.dispatched_at.is_not(None))
        .group_by(of.c.delivery_id)
    )


_LEFT_LAST = _left_last()


def _not_completing() -> Statement:
    merchant, row = bindparam("merchant", type_=Uuid()), aliased(Delivery)
    rows = AllRows(merchant, bindparam("now", type_=DateTime(timezone=True)))
    own = (row.merchant_id == merchant, row.id == any_(bindparam("keys", type_=ARRAY(Uuid()))))
    return Statement(
        union(*(select(row.id).where(*own, it.of(rows, row)) for it in (UNFINISHED, RIVALLED)))
    )


_NOT_COMPLETING = _not_completing()
