"""Deliveries: what mutations call, and what a delivery tells beside its own row."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from commands.fulfilment.deliveries import dispatch, holds, packing, plan, receipts, release, shapes
from loaders.fulfilment import deliveries as loaders
from loaders.trade import orders
from models.access.viewers import Scope
from models.fulfilment.deliveries.states import DeliveryAction, actions
from resolvers.running.context import Context
from resolvers.running.writing import writes

plan_all = writes(plan.plan_all)
split = writes(shapes.split)
merge = writes(shapes.merge)
move = writes(shapes.move)
reschedule = writes(shapes.reschedule)
hold = writes(holds.hold)
release_hold = writes(holds.release_hold)
release_one = writes(release.release)
cancel = writes(release.cancel)
pack = writes(packing.pack)
dispatch_one = writes(dispatch.dispatch)
confirm_receipt = writes(receipts.confirm_receipt)

_SCOPES: Mapping[DeliveryAction, Scope] = {
    DeliveryAction.PACK: Scope.DELIVERIES_FULFIL,
    DeliveryAction.DISPATCH: Scope.DELIVERIES_FULFIL,
    DeliveryAction.CONFIRM_RECEIPT: Scope.RECEIPTS_WRITE,
}
"""Who may do what; all other actions need DELIVERIES_PLAN."""


async def available_actions(
    context: Context, deliveries: Sequence[Any]
) -> list[list[DeliveryAction]]:
    """Return what the viewer may do now with each delivery."""
    of_each = await context.load_level(loaders.orders, [it.id for it in deliveries])
    subjects = {
        it.id: [it.id, *(order.id for order in of)]
        for it, of in zip(deliveries, of_each, strict=True)
    }
    held = await _held(context, {each for subject in subjects.values() for each in subject})
    return [
        [
            action
            for action in actions(
                it.state, held=held[it.id], stopped=any(held[each] for each in subjects[it.id])
            )
            if context.viewer.may(_SCOPES.get(action, Scope.DELIVERIES_PLAN))
        ]
        for it in deliveries
    ]


async def _held(context: Context, subject_ids: set[UUID]) -> dict[UUID, bool]:
    """Return id of a delivery or order -> whether it has an active hold."""
    ids = sorted(subject_ids)
    found = await context.load_level(orders.holds, ids)
    return {
        each: any(hold.released_at is None for hold in holds)
        for each, holds in zip(ids, found, strict=True)
    }
