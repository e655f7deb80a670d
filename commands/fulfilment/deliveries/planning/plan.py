"""Planning: parts of orders become deliveries, each at its own agreed time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.places import (
    DeliveryPart,
    check_carried,
    tell_overridden,
)
from commands.fulfilment.deliveries.planning.parts import (
    NamedByParts,
    check_places,
    check_times,
    columns_of_part,
    line_paths,
    plan_lines,
    read_named,
    routes,
    take_part,
    write_parts,
)
from commands.fulfilment.deliveries.planning.trial import complete_beside
from commands.fulfilment.deliveries.remaining.completing import check_completing
from commands.master.packagings.counting import Counted
from commands.trade.contracts.times import check_ahead, check_leaves
from commands.trade.orders.lines import lock_orders, touch_lines_of
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import DryRun, verb
from kit.errors import Path, Refusals
from kit.inputs import Bulk
from models.fulfilment.deliveries import acts
from models.trade.contracts.states import TimeRule
from models.trade.orders.lines import OrderLine


class DeliveryPlan(DryRun):
    """Up to 250 deliveries of one or several orders."""

    deliveries: Bulk[DeliveryPart] = Field(description="The deliveries to plan; all or none.")


@verb(
    acts.PLAN,
    "Plan up to 250 deliveries of confirmed orders, each with its own window and place;"
    " all or none.",
)
async def plan_all(writing: Writing, command: DeliveryPlan) -> Outcome:
    """Plan deliveries of confirmed orders.

    Refused: NOT_FOUND, DUPLICATE, SCALE_EXCEEDED, WRONG_STATE for an order that is not confirmed,
    DELIVERY_POLICY for one that is not wanted any more (D10),
    AMENDMENT_AWAITED for a line whose amendment waits for its answer (D13),
    QUANTITY_NOT_OPEN when more is planned than is open (O1, D1), PARTY_MISMATCH when orders of
    different buyers are to travel together, INVALID_WINDOW and INVALID when there is no one
    default, or the window has passed, OUTSIDE_RECEIVING_HOURS (D6), OUTSIDE_VALIDITY (K3),
    NOTICE_TOO_SHORT (K15), NOT_ON_CONTRACT for where its contract does not deliver (K16),
    INVALID_DATE where it cannot be handled in time (D16), INVALID where it does not complete its
    orders as it says (D18), METHOD_NOT_ALLOWED (D8, or for what the goods need),
    LOCATION_NOT_ALLOWED for what the goods need, TOO_MANY_ITEMS for orders with
    more lines than one call may touch.
    """
    path: Path = ("deliveries",)
    for place, part in enumerate(command.deliveries):
        with writing.refusals:
            check_ahead(writing, part.window, (*path, place))
        with writing.refusals:
            check_leaves(writing, part.fulfil_by, (*path, place))
    lines = await writing.there(OrderLine, line_paths(command.deliveries, path))
    orders = await lock_orders(writing, {line.order_id: () for line in lines.values()})
    await touch_lines_of(writing, orders)
    keys = list[UUID]()
    with writing.refusals:
        keys = await plan(writing, command.deliveries, path)
    return {"delivery_ids": keys}


async def plan(
    writing: Writing,
    parts: Sequence[DeliveryPart],
    path: Path,
    *,
    reships_id: UUID | None = None,
) -> list[UUID]:
    """Plan deliveries of orders that the transaction has locked or made; returns their ids.

    path: of the parts. reships_id: the delivery of which they bring again what did not arrive.
    Refused: as `deliveryPlan`.
    """
    await writing.session.flush()
    found = await read_named(writing, parts, path)
    looked = await _looked_at(writing, found, parts, path)
    columns = [it | {"reships_id": reships_id} for it in looked.columns]
    keys = await write_parts(writing, parts, columns, [*looked.taken.values()])
    for key, rules in zip(keys, looked.overridden, strict=True):
        tell_overridden(writing, key, rules)
    await check_completing(writing, parts, keys, path)
    return keys


@dataclass(frozen=True)
class _LookedAt:
    """Parts that may be planned. columns: of each; taken: of order lines, by position.

    overridden: the rules that the window of each breaks.
    """

    columns: list[dict[str, Any]] = field(default_factory=list)
    taken: dict[int, dict[OrderLine, Counted]] = field(default_factory=dict)
    overridden: list[frozenset[TimeRule]] = field(default_factory=list)


async def _looked_at(
    writing: Writing, found: NamedByParts, parts: Sequence[DeliveryPart], path: Path
) -> _LookedAt:
    """Look whether parts may be planned. Refused: as `deliveryPlan`, all at once."""
    looked, refusals = _LookedAt(), Refusals()
    for place, part in enumerate(parts):
        await writing.room(1 + len(part.lines))
        with refusals:
            looked.taken[place] = take_part(writing, found, part, (*path, place))
            plan_lines(looked.taken[place])
        orders = found.orders_of(part)
        if not orders:
            with refusals:
                await check_places(writing, [part], path, place)
            continue
        with refusals:
            columns = columns_of_part(writing, found, part, orders, (*path, place))
            looked.columns.append(columns)
            looked.overridden.append(check_times(found, part, columns, orders, (*path, place)))
    with refusals:
        await check_carried(writing, routes(found, dict(enumerate(parts)), looked.taken, path))
    if refusals.problems and len(looked.taken) == len(parts):
        with refusals:
            await complete_beside(writing, found, parts, [*looked.taken.values()], path)
    refusals.end()
    return looked
