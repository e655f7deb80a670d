"""Orders: what mutations call, and what an order tells beside its own row."""

from asyncio import gather
from collections.abc import Sequence
from typing import Any

from commands.orders import cancel, holds, imports, place, states
from kit.money import Amount, rounded
from kit.viewer import Scope
from loaders import orders as loaders
from models.orders import OPEN_STATES, OrderAction, actions
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


async def _progress(context: Context, orders: Sequence[Any]) -> list[Any]:
    return await gather(*(context.load(loaders.progress, order.id) for order in orders))


async def net(context: Context, orders: Sequence[Any]) -> list[Amount]:
    """Return the exact net price of each order, rounded once."""
    sums = await _progress(context, orders)
    return [rounded(it.net, order.currency) for order, it in zip(orders, sums, strict=True)]


async def is_open(context: Context, orders: Sequence[Any]) -> list[bool]:
    """Tell of each order whether it lives and something of it is neither cancelled nor shipped."""
    sums = await _progress(context, orders)
    return [
        order.state in OPEN_STATES and it.is_open for order, it in zip(orders, sums, strict=True)
    ]


async def available_actions(context: Context, orders: Sequence[Any]) -> list[list[OrderAction]]:
    """Return what may be done now with each order; nothing for who may not manage orders."""
    if not context.viewer.may(Scope.ORDERS_MANAGE):
        return [[] for _ in orders]
    sums = await _progress(context, orders)
    held = await gather(*(context.load(loaders.holds, order.id) for order in orders))
    return [
        actions(
            order.state,
            unplanned=it.is_unplanned,
            under_way=it.is_under_way,
            held=any(each.released_at is None for each in stops),
        )
        for order, it, stops in zip(orders, sums, held, strict=True)
    ]
