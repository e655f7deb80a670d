"""The goods leave: what was packed is shipped."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.arrival import settle
from commands.fulfilment.deliveries.locking import DeliveryCommand, Locked, changed, lock_one
from commands.fulfilment.deliveries.plan import quantities_of
from commands.fulfilment.deliveries.rest import remainder
from commands.fulfilment.deliveries.stops import check_delivery
from commands.trade.contracts import counters
from commands.trade.orders.lines import move
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.clock import check_happened
from kit.inputs import Instant
from models.base.guards import guards
from models.events.fulfilment.deliveries import DeliveryDispatched
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.conditions import TOO_LATE
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import DeliveryPolicy


class DeliveryDispatch(DeliveryCommand):
    """A delivery that has left."""

    dispatched_at: Instant | None = Field(
        None,
        description="When it left; now by default, never in the future, nor more than a day before"
        " its orders were placed.",
    )


@verb(
    acts.DISPATCH,
    "Ship what was packed.",
)
async def dispatch(writing: Writing, command: DeliveryDispatch) -> Outcome:
    """Ship what was packed. A parcel's contents are what was packed, so they are shipped (P1).

    Reports of carriers may have come before and count from now on. Orders whose policy is
    PARTIAL_CANCEL_REST lose what is in no delivery.
    Refused: WRONG_STATE, ON_HOLD, PAYMENT_OUTSTANDING, INVALID_DATE for a time to come or before
    its orders were placed, DELIVERY_POLICY when a part of an order that must come complete would
    leave alone, one that is past its date has left after it, or the delivery does not complete it
    as it says (D18).
    """
    delivery, locked = await lock_one(writing, command, dispatch)
    when = command.dispatched_at or writing.now
    placed = max(order.placed_at for order in locked.orders.values())
    check_happened(when, ("dispatched_at",), writing.now, placed)
    await _check_in_time(writing, delivery, when)
    shipped = {}
    for line in locked.lines_of(delivery):
        order_line = locked.order_lines[line.order_line_id]
        shipped[order_line] = line.shipped = line.packed
        move(order_line, shipped=line.packed)
    delivery.state = DeliveryState.DISPATCHED
    delivery.dispatched_at = when
    changed(
        writing, delivery, DeliveryDispatched(delivery.id, shipped=quantities_of(shipped)), when
    )
    await _cancel_remainder(locked)
    await _count_on_contracts(locked, shipped)
    await settle(locked)
    return {"delivery_id": delivery.id}


@guards("D10")
async def _check_in_time(writing: Writing, delivery: Delivery, when: datetime) -> None:
    """Refused: DELIVERY_POLICY for what left after the last instant of one of its orders."""
    await check_delivery(writing, delivery, (TOO_LATE,), at=when)


async def _cancel_remainder(locked: Locked) -> None:
    for order in locked.orders.values():
        if order.delivery_policy is DeliveryPolicy.PARTIAL_CANCEL_REST:
            rest = {line: line.unplanned for line in locked.lines_of_order(order)}
            await remainder.cancel(locked, order, rest)


async def _count_on_contracts(locked: Locked, shipped: Mapping[OrderLine, Decimal]) -> None:
    amounts: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for line, quantity in shipped.items():
        if line.contract_line_id is not None:
            amounts[line.contract_line_id] += quantity
    changes = {line_id: {"shipped": amount} for line_id, amount in amounts.items()}
    await counters.move(locked.writing, changes)
