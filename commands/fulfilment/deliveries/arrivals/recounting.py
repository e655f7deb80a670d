"""What changes beside a delivery of which less is planned than before: others count, or come back.

What arrived beside its replacement counts where room has come for it (D21), and what is not
replaced whole any more is RESHIPPED no longer.
"""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select

from commands.fulfilment.deliveries.arrivals.arrival import Arrived, bring, ended, move_state
from commands.fulfilment.deliveries.locking import Locked, grouped
from kit.db.statements import Statement
from models.fulfilment.deliveries.receipts import Receipt
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel, ParcelStatus


async def recount(locked: Locked) -> None:
    """Let what arrived beside its replacement count, and what is replaced no more be itself again.

    Called by whoever takes back what was planned, or lets more be.
    """
    await bring(locked, {})
    await _no_longer_replaced(locked)


async def _no_longer_replaced(locked: Locked) -> None:
    """Give deliveries that others reship no more, or not whole, the states that they have else."""
    ids = {it.reships_id for it in locked.deliveries.values() if it.reships_id is not None}
    if not ids:
        return
    writing = locked.writing
    await writing.session.flush()
    found = await writing.among(Delivery, "id", ids, "id")
    replaced = {it.id: it for it in found if it.state is DeliveryState.RESHIPPED}
    if not replaced:
        return
    lines = grouped(await writing.among(DeliveryLine, "delivery_id", replaced, "id"), "delivery_id")
    rows = await writing.session.rows(_BROUGHT, {**writing.parameters, "keys": [*replaced]})
    brought = {(it.reships_id, it.order_line_id): it.planned for it in rows}
    over = [key for key, its in lines.items() if not _is_replaced(key, its, brought)]
    arrived = await _by_reports(locked, over, lines)
    for key in over:
        move_state(locked, replaced[key], arrived[key], {})


def _is_replaced(
    key: UUID, lines: Sequence[DeliveryLine], brought: Mapping[tuple[UUID, UUID], Decimal]
) -> bool:
    """Tell whether others bring all that is owed again of a delivery, if it is anything."""
    there = [brought.get((key, it.order_line_id), Decimal(0)) for it in lines]
    pairs = zip(lines, there, strict=True)
    return any(there) and all(it.owed_again <= planned for it, planned in pairs)


async def _by_reports(
    locked: Locked, keys: Collection[UUID], lines: Mapping[UUID, Sequence[DeliveryLine]]
) -> Mapping[UUID, Arrived]:
    """Return what is known of deliveries, by receipts or else by parcels."""
    writing, found = locked.writing, dict[UUID, Arrived]()
    receipts = grouped(await writing.records(Receipt, "delivery_id", keys), "delivery_id")
    parcels = grouped(await writing.records(Parcel, "delivery_id", keys), "delivery_id")
    for key in keys:
        live = [it.status_at for it in parcels[key] if it.status is not ParcelStatus.VOIDED]
        at = max([it.received_at for it in receipts.get(key, ())] or live)
        state = ended(lines[key], is_confirmed=key in receipts)
        is_whole = state is DeliveryState.DELIVERED
        found[key] = Arrived(state, at if is_whole else writing.now, at if is_whole else None, {})
    return found


def _brought() -> Statement:
    """Build what tells how much of the lines of deliveries others bring that reship them."""
    own: list[Any] = [Delivery.merchant_id, DeliveryLine.merchant_id]
    merchant = bindparam("merchant", type_=Uuid())
    sums = select(
        Delivery.reships_id,
        DeliveryLine.order_line_id,
        func.sum(DeliveryLine.planned).label("planned"),
    )
    return Statement(
        sums.join(DeliveryLine, DeliveryLine.delivery_id == Delivery.id)
        .where(
            *(it == merchant for it in own),
            Delivery.reships_id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
            Delivery.state != DeliveryState.CANCELLED,
        )
        .group_by(Delivery.reships_id, DeliveryLine.order_line_id)
    )


_BROUGHT = _brought()
