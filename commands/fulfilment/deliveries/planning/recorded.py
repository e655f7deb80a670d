"""Planning of what another system has planned: as of then, or as of now what is still to go."""

from collections.abc import Callable, Collection, Mapping
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
from commands.fulfilment.deliveries.remaining.completing import not_completing
from commands.master.packagings.counting import Counted
from commands.trade.contracts.times import check_ahead
from commands.writing.transaction import Writing
from kit.errors import Path, Refused
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
    return ids, refused | {completing[key]: problem for key, problem in unlike.items()}, room


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
    taken = take_part(now, found, part, (), over, check)
    orders = list({it.order_id: found.orders[it.order_id] for it in taken}.values())
    overridden: frozenset[TimeRule] = frozenset()
    if over:
        columns = where_and_when(found, part, orders, ())
    else:
        check_ahead(writing, part.window, ())
        columns = columns_of_part(found, part, orders, ())
        overridden = check_times(found, columns, orders, ())
    return _Recorded(part, columns | {"reships_id": None, "planned_at": at}, taken, overridden)


async def _not_carried(
    writing: Writing, found: NamedByParts, planned: Mapping[int, _Recorded]
) -> dict[int, Refused]:
    """Return why the first of planned deliveries whose goods nothing handles is refused."""
    parts, taken = [it.part for it in planned.values()], [it.taken for it in planned.values()]
    try:
        await check_carried(writing, routes(found, parts, taken, ()))
    except Refused as why:
        number, *path = why.path
        return {list(planned)[int(number)]: Refused(why.code, why.message, tuple(path))}
    return {}
