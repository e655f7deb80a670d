"""What recorded deliveries name: order lines, their locked orders, locations and addresses."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from commands.fulfilment.deliveries.stops import check_wanted
from commands.fulfilment.tracking.history.inputs import STEPS, RecordedDelivery
from commands.trade.orders.lines import (
    charge_again,
    lines_of,
    lock_orders,
    move,
    settle_payments,
    touch_lines_of,
)
from commands.writing.transaction import Writing, missing
from kit.clock import check_happened
from kit.errors import Code, Refusals, Refused
from models.master.locations import Location
from models.master.parties import Address
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OPEN_STATES
from models.trade.orders.tables import Order


class NamedByRecords:
    """What deliveries name: lines, their locked orders, locations and addresses, by id."""

    def __init__(
        self,
        lines: Mapping[UUID, OrderLine],
        orders: Mapping[UUID, Order],
        locations: Collection[UUID],
        addresses: Collection[UUID],
    ) -> None:
        """Take what is there."""
        self.lines, self.orders = lines, orders
        self.locations, self.addresses = locations, addresses

    def check(self, item: RecordedDelivery, writing: Writing) -> None:
        """Refused: NOT_FOUND, INVALID, INVALID_DATE, DELIVERY_POLICY for what left too late."""
        refusals, now = Refusals(), writing.now
        for number, line in enumerate(item.lines):
            with refusals:
                if line.order_line_id not in self.lines:
                    raise missing(OrderLine, ("lines", number, "order_line_id"))
        with refusals:
            if item.location_id not in self.locations:
                raise missing(Location, ("location_id",))
        with refusals:
            if item.ship_to_id is not None and item.ship_to_id not in self.addresses:
                raise missing(Address, ("ship_to_id",))
        with refusals:
            if item.cancelled_at is not None and (item.dispatched_at or item.delivered_at):
                text = "What has left is not cancelled any more."
                raise Refused(Code.INVALID, text, ("cancelled_at",))
        with refusals:
            if item.parcels and "packed_at" not in item.times(now):
                text = "What is not packed has no parcels: say when it was packed, or leave them."
                raise Refused(Code.INVALID, text, ("parcels",))
        self._check_times(item, now, refusals)
        left = item.times(now).get("dispatched_at") if item.window_override is None else None
        if left is not None:
            for order in self.orders_of(item):
                with refusals:
                    check_wanted(replace(writing, now=left), order, ("delivery_id",))
        refusals.end()

    def orders_of(self, item: RecordedDelivery) -> list[Order]:
        """Return the orders that a delivery is a part of, as far as they are there."""
        rows = (self.lines.get(it.order_line_id) for it in item.lines)
        ids = dict.fromkeys(it.order_id for it in rows if it is not None)
        return [self.orders[it] for it in ids]

    def _check_times(self, item: RecordedDelivery, now: datetime, refusals: Refusals) -> None:
        orders = self.orders_of(item)
        since, before = max((it.placed_at for it in orders), default=None), None
        over = [it for it in orders if it.closed_at is not None and it.state not in OPEN_STATES]
        for step in (*STEPS, "cancelled_at"):
            at = getattr(item, step)
            if at is None:
                continue
            with refusals:
                check_happened(at, (step,), now, since)
                if before is not None and at < before:
                    text = f"This is before {before.isoformat()}, when the step before was made."
                    raise Refused(Code.INVALID_DATE, text, (step,))
                before = at
            with refusals:
                if step != "delivered_at":
                    _check_before_end(over, at, step)


async def lock_named(writing: Writing, items: Sequence[RecordedDelivery]) -> NamedByRecords:
    """Read what deliveries name, and lock their orders. Refused: TOO_MANY_ITEMS."""
    ids = {line.order_line_id for item in items for line in item.lines}
    lines = {it.id: it for it in await writing.among(OrderLine, "id", list(ids))}
    orders = await lock_orders(writing, {it.order_id: () for it in lines.values()})
    await touch_lines_of(writing, orders)
    locations = await writing.by_key(Location, "id", {it.location_id for it in items})
    named = {it.ship_to_id for it in items if it.ship_to_id is not None}
    return NamedByRecords(lines, orders, locations, await writing.by_key(Address, "id", named))


def _check_before_end(over: Sequence[Order], at: datetime, step: str) -> None:
    """Refused: INVALID_DATE for what was done with an order after its end."""
    for order in over:
        if order.closed_at is not None and at > order.closed_at:
            text = f"This is after {order.closed_at.isoformat()}, when {order.number} was over."
            raise Refused(Code.INVALID_DATE, text, (step,))


async def end_again(writing: Writing, orders: Collection[Order]) -> None:
    """Cancel what recorded deliveries have left over of locked orders that are over, as before."""
    named = {it.id: () for it in orders if it.state not in OPEN_STATES}
    if not named:
        return
    await writing.session.flush()
    over = await lock_orders(writing, named)
    rows: defaultdict[UUID, list[OrderLine]] = defaultdict(list)
    for line in (await lines_of(writing.for_all(), over)).values():
        if line.unplanned:
            move(line, over[line.order_id].closed_at, cancelled=line.unplanned)
        rows[line.order_id].append(line)
    for order_id, lines in rows.items():
        if any(line.cancelled < line.ordered for line in lines):
            charge_again(over[order_id], lines)
    await writing.session.flush()
    await settle_payments(writing, over.values())
