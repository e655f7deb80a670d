"""Planning of what another system has planned: as of then, or as of now what is still to go."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from commands.fulfilment.deliveries.places import (
    DeliveryPart,
    check_carried,
    tell_overridden,
)
from commands.fulfilment.deliveries.planning.parts import (
    NamedByParts,
    check_times,
    columns_of_part,
    plan_lines,
    read_named,
    routes,
    take_part,
    where_and_when,
    write_parts,
)
from commands.fulfilment.deliveries.planning.then import RoomThen, check_room_then
from commands.fulfilment.deliveries.planning.trial import anywhere, columns_beside
from commands.fulfilment.deliveries.remaining.completing import not_completing
from commands.master.packagings.counting import Counted
from commands.trade.contracts.times import check_ahead, check_leaves
from commands.writing.transaction import Writing
from kit.errors import Path, Problem, Refusals, Refused
from models.trade.contracts.states import TimeRule
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OrderState


async def plan_history(
    writing: Writing,
    parts: Mapping[int, DeliveryPart],
    when: Mapping[int, datetime],
    over: Mapping[int, Collection[OrderState]],
    until: Mapping[int, datetime],
    *,
    alone: bool,
) -> tuple[dict[int, UUID], dict[int, Refused], RoomThen]:
    """Plan deliveries of another system, of orders that the transaction has locked; by position.

    when: each was planned. over: states of orders that are over, to which it may belong: none for
    what is still to go, of which is asked what `deliveryPlan` asks. What has left, or was
    cancelled, is taken as it was: locations may be inactive, windows outside of receiving hours,
    and nobody asks what goods need. What parts name is there.
    until: when those that were cancelled were, for which there was room when they were planned.
    alone: each has the room that there is before any of them.
    Returns the ids of those that were planned, why others are refused, and the room that is lent to
    what was cancelled until it is taken back.
    """
    found = await read_named(writing, list(parts.values()), ())
    room, refused = RoomThen(), dict[int, Refused]()
    await room.read(writing, {it.order_line_id for place in until for it in parts[place].lines})
    good: dict[int, _Recorded] = {}
    for place, part in parts.items():
        await writing.room(1 + len(part.lines))
        try:
            check = partial(check_room_then, room=room, at=when[place]) if place in until else None
            good[place] = _recorded(writing, found, part, when[place], over[place], check)
            room.take(good[place].taken, when[place], until.get(place))
            plan_lines(good[place].taken, when[place])
            if alone:
                room.lend(good[place].taken)
        except Refused as why:
            refused[place] = why
    if not good:
        return {}, refused, room
    going = {place: it for place, it in good.items() if not over[place]}
    refused |= await _not_carried(writing, found, going)
    listed, columns, taken, _ = zip(*good.values(), strict=True)
    ids = dict(zip(good, await write_parts(writing, listed, columns, taken), strict=True))
    for place, planned in going.items():
        tell_overridden(writing, ids[place], planned.overridden)
    completing = {ids[place]: place for place, it in going.items() if it.part.completes_order}
    unlike = await not_completing(writing, dict.fromkeys(completing, ()))
    for key, problem in unlike.items():
        refused[completing[key]] = problem.after(refused.get(completing[key]))
    return ids, refused, room


class _Recorded(NamedTuple):
    """A delivery of another system, planned: its columns, what it takes, rules that it breaks."""

    part: DeliveryPart
    columns: dict[str, Any]
    taken: dict[OrderLine, Counted]
    overridden: frozenset[TimeRule]


def _recorded(
    writing: Writing,
    found: NamedByParts,
    part: DeliveryPart,
    at: datetime,
    over: Collection[OrderState],
    check: Callable[[OrderLine, Decimal, Path], None] | None,
) -> _Recorded:
    """Plan a delivery as of then, or as of now what is still to go. Refused: as `plan_history`."""
    now = replace(writing, now=at) if over else writing
    orders, refusals = found.orders_of(part), Refusals()
    overridden: frozenset[TimeRule] = frozenset()
    with refusals:
        taken = take_part(now, found, part, (), over, check)
    if over:
        with refusals:
            columns = where_and_when(found, part, orders, ())
    else:
        with refusals:
            check_ahead(writing, part.window, ())
        with refusals:
            check_leaves(writing, part.fulfil_by, ())
        with refusals:
            columns = columns_of_part(writing, found, part, orders, ())
            overridden = check_times(found, part, columns, orders, ())
    refusals.end()
    return _Recorded(part, columns | {"reships_id": None, "planned_at": at}, taken, overridden)


async def _not_carried(
    writing: Writing, found: NamedByParts, planned: Mapping[int, _Recorded]
) -> dict[int, Refused]:
    """Return why planned deliveries are refused whose goods nothing handles."""
    parts = {place: it.part for place, it in planned.items()}
    taken = {place: it.taken for place, it in planned.items()}
    problems: defaultdict[int, list[Problem]] = defaultdict(list)
    try:
        await check_carried(writing, routes(found, parts, taken, ()))
    except Refused as why:
        for problem in why.problems:
            place, *path = problem.path
            problems[int(place)].append(replace(problem, path=tuple(path)))
    return {place: Refused.of(its) for place, its in problems.items()}


async def plan_tried(
    writing: Writing,
    parts: Mapping[int, DeliveryPart],
    when: Mapping[int, datetime],
    over: Mapping[int, Collection[OrderState]],
    until: Collection[int],
) -> tuple[dict[int, UUID], dict[int, Refused]]:
    """Plan deliveries that are refused with what stands in for what is odd; all is to be undone.

    Each of them names an order line that is there, and has the room that it wants. Parameters as of
    `plan_history`: it is not asked whether there was room for what was cancelled.
    Returns the ids of those that could be planned so, and why they are refused.
    """
    found = await read_named(writing, list(parts.values()), ())
    location_id = await anywhere(writing, found, list(parts.values()))
    room, refused = RoomThen(), dict[int, Refused]()
    columns, taken = dict[int, dict[str, Any]](), dict[int, dict[OrderLine, Counted]]()
    for place, part in parts.items():
        await writing.room(1 + len(part.lines))
        try:
            check = _unasked if place in until else None
            _recorded(writing, found, part, when[place], over[place], check)
        except Refused as why:
            refused[place] = why
        orders = found.orders_of(part)
        columns[place] = columns_beside(found, part, orders, writing.now, location_id)
        columns[place] |= {"planned_at": when[place], "completes_order": False}
        taken[place] = _amounts(found, part)
        plan_lines(taken[place], when[place])
        room.lend(taken[place])
    going = {it: taken[it] for it in parts if not over[it]}
    tried = {place: _Recorded(parts[place], {}, its, frozenset()) for place, its in going.items()}
    for place, problem in (await _not_carried(writing, found, tried)).items():
        refused[place] = problem.after(refused.get(place))
    if any(it["location_id"] is None for it in columns.values()):
        return {}, refused
    every = [*parts.values()], [*columns.values()], [*taken.values()]
    return dict(zip(parts, await write_parts(writing, *every), strict=True)), refused


def _unasked(_line: OrderLine, _quantity: Decimal, _path: Path) -> None:
    pass


def _amounts(found: NamedByParts, part: DeliveryPart) -> dict[OrderLine, Counted]:
    """Return what a part takes of lines that are there: one of what is no quantity."""
    amounts: dict[OrderLine, Counted] = {}
    for each in part.lines:
        line = found.lines.get(each.order_line_id)
        if line is not None:
            amounts[line] = Counted(Decimal(1))
            with suppress(Refused):
                amounts[line] = found.packagings(found.products[line.product_id], each)
    return amounts
