"""Recording deliveries of another system: what is there already is found again."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from commands.fulfilment.tracking.history.again import DeliveryKey, RecordedBefore, delivery_key
from commands.fulfilment.tracking.history.beside import all_problems, find_beside
from commands.fulfilment.tracking.history.inputs import DeliveriesRecord, RecordedDelivery
from commands.fulfilment.tracking.history.known import NamedByRecords, end_again, lock_named
from commands.fulfilment.tracking.history.way import MadeDelivery, go
from commands.fulfilment.tracking.sparing import spare
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Problem, Refused
from models.access.viewers import Scope
from models.base.acts import Act
from models.fulfilment.codes import FulfilmentCode
from models.trade.codes import TradeCode


@verb(
    Act(Scope.ORDERS_IMPORT),
    "Record up to 250 deliveries as they went in another system, up to their arrival or"
    " cancellation, each step with its time; one that is refused stops no other. Each step keeps"
    " the rules of its own verb at its time. Of what has left, or was cancelled, locations may be"
    " inactive and windows lie anywhere; what is still to go is asked what `deliveryPlan` asks."
    " What is known of payments stops only what has not left. One that is there already under its"
    " reference is UNCHANGED, or refused where it differs.",
)
async def record_history(writing: Writing, command: DeliveriesRecord) -> Outcome:
    """Record deliveries with what happened to them, each for itself.

    Refused: of a delivery as `deliveryPlan`, `deliveryRelease`, `deliveryPack`, `deliveryDispatch`
    and `deliveryCancel` would at that time, where what was told before says how it was then (for
    what was cancelled) or is now (for what was not), NOT_FOUND, INVALID_DATE for times out of
    order, to come, or after an order's end, INVALID for one that left and was cancelled,
    WRONG_STATE for each difference from one that is there under its reference, DUPLICATE for one
    that stands twice; as a whole: TOO_MANY_ITEMS for orders with more lines than one call may
    touch.
    """
    items = command.deliveries
    known = await lock_named(writing, items)
    standing = await RecordedBefore.read(writing, items, known)
    results, refused, odd = await _look(writing, items, known, standing)
    fresh = [place for place in range(len(items)) if place not in results | refused | odd]

    turns, are_alone = iter(range(_TURNS)), False

    async def do(places: Collection[int]) -> tuple[_Done | None, Mapping[int, Refused]]:
        nonlocal are_alone
        once, twice = _once({place: delivery_key(items[place], known) for place in places})
        made, more = await go(writing, {place: items[place] for place in once}, alone=are_alone)
        if are_alone:
            are_alone = False
            return None, {p: it for p, it in more.items() if not _hangs_on_others(it, items[p])}
        await end_again(writing, [it for place in once for it in known.orders_of(items[place])])
        certain = _certain(more, made) if next(turns, None) is not None else more
        # What waits is tried as if it had its lines for itself, so that no row of such is long.
        are_alone = len(certain) < len(more)
        return (made, twice), certain

    (made, twice), more = await spare(writing, fresh, do)
    more |= odd
    beside = await find_beside(writing, items, known, more, made)
    results |= {place: _result("CREATED", *each) for place, each in made.items()}
    for place, why in (refused | twice | more).items():
        found = all_problems(items[place], why, beside.get(place, ()))
        problems = [it.below(("deliveries", place)) for it in found]
        results[place] = _result("REFUSED", None, None, problems)
    return {"results": [results[place] for place in range(len(items))]}


async def _look(
    writing: Writing,
    items: Sequence[RecordedDelivery],
    known: NamedByRecords,
    standing: RecordedBefore,
) -> tuple[dict[int, Outcome], dict[int, Refused], dict[int, Refused]]:
    """Return what is there already, what is refused for it, and what else is odd."""
    results, refused, odd = dict[int, Outcome](), dict[int, Refused](), dict[int, Refused]()
    for place, item in enumerate(items):
        await writing.room(1 + len(item.lines) + len(item.parcels))
        try:
            there = standing.find(item, known)
        except Refused as problem:
            refused[place] = problem
            continue
        if there is not None:
            parcels = [it.id for it in standing.parcels.get(there.id, ())]
            results[place] = _result("UNCHANGED", there.id, parcels)
            continue
        try:
            known.check(item, writing)
        except Refused as problem:
            odd[place] = problem
    return results, refused, odd


def _once(keys: Mapping[int, DeliveryKey | None]) -> tuple[list[int], dict[int, Refused]]:
    """Return which deliveries stand in the input for the first time, and why others are refused.

    keys: of each, by position.
    """
    first: dict[Any, int] = {}
    for place, key in keys.items():
        first.setdefault(place if key is None else key, place)
    text = "This delivery stands twice in one input."
    twice = Refused(Code.DUPLICATE, text, ("external_reference",))
    once = set(first.values())
    return sorted(once), {place: twice for place in keys if place not in once}


def _hangs_on_others(why: Refused, item: RecordedDelivery) -> bool:
    """Tell whether another delivery may be why one is refused that was tried alone.

    Of an order that must come complete a part leaves something open, whatever else is recorded.
    """
    of_others = {TradeCode.QUANTITY_NOT_OPEN.value}
    if item.completes_order:
        of_others.add(FulfilmentCode.DELIVERY_POLICY)
    return not of_others.isdisjoint(it.code for it in why.problems)


def _certain(refused: Mapping[int, Refused], planned: Collection[int]) -> dict[int, Refused]:
    """Return what is refused for sure. planned: what took quantities and numbers at first.

    What may lack only these waits until they are given back where that was refused.
    """
    back = {place for place in refused if place in planned}
    return {
        place: why
        for place, why in refused.items()
        if place in back or not back or _TAKEN.isdisjoint(it.code for it in why.problems)
    }


def _result(
    status: str,
    delivery_id: UUID | None,
    parcel_ids: Sequence[UUID] | None,
    problems: Sequence[Problem] = (),
) -> Outcome:
    return {
        "delivery_id": delivery_id,
        "parcel_ids": parcel_ids,
        "status": status,
        "problems": list(problems),
    }


_Done: TypeAlias = tuple[dict[int, MadeDelivery], dict[int, Refused]]
"""What was made, and what stands twice, by position."""
_TAKEN = {TradeCode.QUANTITY_NOT_OPEN, Code.TAKEN}
"""Codes of what lacks something that another delivery has."""
_TURNS = 20
"""So often what waits is looked at again; then it is refused as it stands."""
