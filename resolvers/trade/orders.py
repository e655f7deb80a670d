"""Orders: placing one, what one tells beside its own row, and its changes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from commands.trade.orders import place
from commands.trade.orders.place import OrderPlace
from commands.writing.transaction import Outcome
from kit.errors import Code, Refused
from loaders.reading.relations import row_of
from loaders.trade import orders as loaders
from models.base.events import EVENTS
from models.events.trade.orders import OrderCancelled, OrderClosed, OrderRejected
from models.trade.orders.states import OrderState
from resolvers.running.context import Context
from resolvers.running.following import Entry
from resolvers.running.writing import write


async def place_one(context: Context, command: OrderPlace) -> Outcome:
    """Place an order; a storefront sees it from now on, as with the access token it is given."""
    outcome = await write(context, command, place.place)
    context.show_order(outcome["order_id"])
    return outcome


_LAST = {
    OrderCancelled.name: OrderState.CANCELLED,
    OrderClosed.name: OrderState.CLOSED,
    OrderRejected.name: OrderState.REJECTED,
}
"""Events with which following an order ends; what is on the road of a closed one still arrives."""


@dataclass(frozen=True)
class OrderChange:
    """One event of an order, or of a parcel of it. position: of the order's own last event.

    event_id: of the entry that tells it.
    """

    position: int
    type: str
    occurred_at: datetime
    order_id: UUID
    event_id: UUID


async def status_changed(
    context: Context, order_id: UUID | None, after: int | None
) -> AsyncGenerator[OrderChange, None]:
    """Return what happened to an order after a position, and what is still to come.

    They end with the order. Refused: NOT_FOUND for an order that the viewer does not see, or no
    longer sees, TOO_SLOW.
    """
    order = await _seen(context, order_id)
    return _changes(context, order.id, after, live=order.state not in _LAST.values())


async def _seen(context: Context, order_id: UUID | None) -> Any:
    order = None if order_id is None else await context.load(loaders.by_id, order_id)
    if order is None:
        raise Refused(Code.NOT_FOUND, "There is no such Order.", ("order_id",))
    return order


async def _is_seen(context: Context, entry: Entry) -> bool:
    """Tell whether the viewer sees what is a part of the order."""
    return await context.load(row_of(EVENTS[entry.type].about), entry.aggregate_id) is not None


async def _changes(
    context: Context, order_id: UUID, after: int | None, *, live: bool
) -> AsyncGenerator[OrderChange, None]:
    await context.pause()
    following = context.following.entries(context.viewer.merchant_id, order_id, after, live=live)
    async with aclosing(following) as entries:
        async for entry in entries:
            await context.next_event()
            await _seen(context, order_id)
            if entry.aggregate_id != order_id and not await _is_seen(context, entry):
                await context.pause()
                continue
            yield OrderChange(entry.sequence, entry.type, entry.occurred_at, order_id, entry.id)
            if entry.type in _LAST:
                return
