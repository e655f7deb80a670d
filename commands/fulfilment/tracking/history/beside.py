"""What is wrong with recorded deliveries beside what refuses them, each where the input says it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from commands.fulfilment.tracking.history.inputs import RecordedDelivery
from commands.fulfilment.tracking.history.known import NamedByRecords
from commands.fulfilment.tracking.history.way import look_on
from commands.fulfilment.tracking.sparing import spare
from commands.writing.transaction import Writing
from kit.errors import Code, Problem, Refused
from models.fulfilment.codes import FulfilmentCode
from models.trade.codes import TradeCode


async def find_beside(
    writing: Writing,
    items: Sequence[RecordedDelivery],
    known: NamedByRecords,
    refused: Collection[int],
    made: Collection[int],
) -> dict[int, list[Problem]]:
    """Return what is wrong with refused deliveries whatever else is: they are tried, and undone.

    What may be so because of others is left out: made, those that take something.
    """
    taken = {line.order_line_id for place in made for line in items[place].lines}
    tried = {place: items[place] for place in refused if known.orders_of(items[place])}
    found: dict[int, Refused] = {}
    looks = iter((tried,))

    async def do(_places: Collection[int]) -> tuple[bool | None, Mapping[int, Refused]]:
        look = next(looks, None)
        if look is not None:
            found.update(await look_on(writing, look))
        return None if look is not None else True, {}

    if tried:
        await spare(writing, tried, do)
    return {
        place: [
            problem
            for problem in _all_sent(why, items[place])
            if not _may_be_of_others(problem, items[place], taken)
        ]
        for place, why in found.items()
    }


def _may_be_of_others(problem: Problem, item: RecordedDelivery, taken: Collection[UUID]) -> bool:
    if problem.code == TradeCode.QUANTITY_NOT_OPEN:
        match problem.path:
            case ("lines", int(number), *_):
                return item.lines[number].order_line_id in taken
    return problem.code in (FulfilmentCode.DELIVERY_POLICY, TradeCode.QUANTITY_NOT_OPEN)


def all_problems(item: RecordedDelivery, why: Refused, found: Sequence[Problem]) -> list[Problem]:
    """Return what refuses a delivery, and what is found beside that and does not hang on it."""
    met = _all_sent(why, item)
    codes, paths = {it.code for it in met}, {it.path for it in met}
    around = {path[:end] for path in paths for end in range(1, len(path) + 1)}
    hanging: set[str] = {Code.WRONG_STATE, *({Code.INVALID_DATE} & codes)}
    if Code.INVALID_DATE in codes:
        hanging.add(FulfilmentCode.TOO_EARLY)
    for field, code in _HANGING.items():
        if any(it and it[0] == field for it in paths):
            hanging.add(code)
    left = [it for it in found if it.code not in hanging and it.path not in around]
    is_line_odd = any(it[:1] == ("lines",) and it[-1] == "order_line_id" for it in paths)
    if is_line_odd:
        # Nobody knows which line is meant by what names another one.
        left = [it for it in left if (it.path[:1], it.path[-1:]) != _OF_CONTENTS]
    return met + [it for it in left if it not in met]


_HANGING = {
    "lines": FulfilmentCode.PARCELS_DO_NOT_MATCH,
    "ship_to": FulfilmentCode.ADDRESS_MISSING,
    "ship_to_id": FulfilmentCode.ADDRESS_MISSING,
    "method": FulfilmentCode.ADDRESS_MISSING,
}
"""Field of a delivery -> the code of what nobody can say of it where that is odd."""
_OF_CONTENTS = ("parcels",), ("order_line_id",)
"""With what paths begin and end that say of which line something lay in a parcel."""
_FIELDS = {
    FulfilmentCode.ADDRESS_MISSING: "ship_to",
    FulfilmentCode.LOCATION_NOT_ALLOWED: "location_id",
    FulfilmentCode.METHOD_NOT_ALLOWED: "method",
    FulfilmentCode.RECIPIENT_MISSING: "recipient",
    FulfilmentCode.TOO_EARLY: "fulfil_at",
}
"""Code of what stops a delivery -> the field that tells it of a recorded one."""


def _all_sent(why: Refused, item: RecordedDelivery) -> list[Problem]:
    """Return problems where they are in the input, each once: several steps may meet one."""
    found = dict.fromkeys(_sent(it, item) for it in why.problems)
    lines = {it.code for it in found if it.path[:1] == ("lines",)}
    met_there = lines & {TradeCode.AMENDMENT_AWAITED}
    return [it for it in found if it.path or it.code not in met_there]


def _sent(problem: Problem, item: RecordedDelivery) -> Problem:
    """Return a problem where it is in the input: of a delivery itself, or of an order line."""
    path = tuple("order_line_id" if it == "delivery_line_id" else it for it in problem.path)
    if path == ("delivery_id",):
        fields = dict(_FIELDS)
        if item.completes_order:
            fields[FulfilmentCode.DELIVERY_POLICY] = "completes_order"
        path = tuple(name for code, name in fields.items() if code == problem.code)
    return replace(problem, path=path)
