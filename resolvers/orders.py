"""Orders: what mutations call, and what an order tells beside its own row."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from commands.orders import cancel, holds, imports, place, states
from commands.orders.place import OrderPlace
from commands.writing import Outcome
from kit.tokens import order_token
from kit.viewer import Actor, Scope, Viewer
from loaders import orders as loaders
from loaders.keys import token_secret
from models.orders import OrderAction, actions, voice
from resolvers.context import Context
from resolvers.writing import writes

_place = writes(place.place)
import_all = writes(imports.import_all)
approve = writes(states.approve)
reject = writes(states.reject)
hold = writes(holds.hold_order)
release_hold = writes(holds.release_order)
cancel_lines = writes(cancel.cancel_lines)
close = writes(cancel.close)


async def place_one(context: Context, command: OrderPlace) -> Outcome:
    """Place an order; a storefront sees it from now on, as with the access token it is given."""
    outcome = await _place(context, command)
    context.hold(outcome["order_id"])
    return outcome


async def access_tokens(context: Context, order_ids: Sequence[UUID]) -> list[str | None]:
    """Return the access token of each order, for its storefront and for who manages orders."""
    viewer = context.viewer
    shown = [viewer.may(Scope.ORDERS_MANAGE) or viewer.holding == it for it in order_ids]
    if not any(shown):
        return [None] * len(shown)
    secret = await token_secret(context.reads, viewer.merchant_id)
    return [
        order_token(secret, order_id) if is_shown else None
        for order_id, is_shown in zip(order_ids, shown, strict=True)
    ]


async def available_actions(context: Context, orders: Sequence[Any]) -> list[list[OrderAction]]:
    """Return what the viewer may do now with each order."""
    viewer = context.viewer
    if not viewer.may(Scope.ORDERS_MANAGE) and not viewer.may(Scope.ORDERS_APPROVE):
        return [[] for _ in orders]
    ids = [order.id for order in orders]
    sums = await context.load_level(loaders.progress, ids)
    held = await context.load_level(loaders.holds, ids)
    return [
        [
            action
            for action in actions(
                order.state,
                unplanned=it.is_unplanned,
                under_way=it.is_under_way,
                held=any(each.released_at is None for each in stops),
            )
            if _may(viewer, order, action)
        ]
        for order, it, stops in zip(orders, sums, held, strict=True)
    ]


def _may(viewer: Viewer, order: Any, action: OrderAction) -> bool:
    """Tell whether an action that the order allows is the viewer's: see `states.approve`."""
    if action not in {OrderAction.APPROVE, OrderAction.REJECT}:
        return viewer.may(Scope.ORDERS_MANAGE)
    if action is OrderAction.REJECT and viewer.actor is Actor.STAFF:
        return viewer.may(Scope.ORDERS_APPROVE)
    return viewer.may(Scope.ORDERS_APPROVE) and voice(viewer) in order.awaiting_approval_of
