"""Orders: what mutations call, and what an order tells beside its own row."""

from collections.abc import Sequence
from typing import Any

from commands.orders import cancel, holds, imports, place, states
from kit.viewer import Scope
from loaders import orders as loaders
from models.orders import OrderAction, actions
from resolvers.context import Context
from resolvers.writing import writes

place_one = writes(place.place)
import_all = writes(imports.import_all)
approve = writes(states.approve)
reject = writes(states.reject)
hold = writes(holds.hold_order)
release_hold = writes(holds.release_order)
cancel_lines = writes(cancel.cancel_lines)
close = writes(cancel.close)


async def available_actions(context: Context, orders: Sequence[Any]) -> list[list[OrderAction]]:
    """Return what may be done now with each order; nothing for who may not manage orders."""
    if not context.viewer.may(Scope.ORDERS_MANAGE):
        return [[] for _ in orders]
    ids = [order.id for order in orders]
    sums = await context.load_level(loaders.progress, ids)
    held = await context.load_level(loaders.holds, ids)
    return [
        actions(
            order.state,
            unplanned=it.is_unplanned,
            under_way=it.is_under_way,
            held=any(each.released_at is None for each in stops),
        )
        for order, it, stops in zip(orders, sums, held, strict=True)
    ]
