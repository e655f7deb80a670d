"""The ways of recorded deliveries: each step is made by its own verb, at its time."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from commands.fulfilment.deliveries import dispatch, packing, release
from commands.fulfilment.deliveries.batches import DeliveryBatch, in_turns, take_each
from commands.fulfilment.deliveries.locking import OfDelivery
from commands.fulfilment.deliveries.planning.recorded import plan_history, plan_tried
from commands.fulfilment.parcels.inputs import Content, ContentPack, ParcelFields, ParcelPack
from commands.fulfilment.tracking.history.inputs import STEPS, RecordedContent, RecordedDelivery
from commands.fulfilment.tracking.record import record_tracking
from commands.fulfilment.tracking.reports import ParcelRecordTracking, TrackingReport
from commands.writing.transaction import Writing
from commands.writing.verbs import AnyVerb
from kit.errors import Refused
from models.base.acts import Transition
from models.fulfilment.deliveries.conditions import ORDER_UNPAID
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.deliveries.ways import NUMBER_TAKEN
from models.fulfilment.parcels import ParcelStatus
from models.trade.codes import TradeCode

_SOURCE = "deliveriesRecord"
"""The source of events that tell of arrivals."""
_LEFT = "dispatched_at"
MadeDelivery = tuple[UUID, list[UUID]]
"""A delivery and its parcels."""


async def go(
    writing: Writing, items: Mapping[int, RecordedDelivery], *, alone: bool
) -> tuple[dict[int, MadeDelivery], dict[int, Refused]]:
    """Let deliveries go their ways, step by step; what one step refuses, the next leaves out.

    alone: each is only tried up to its parcels, as if none of the others took anything.
    """
    if not items:
        return {}, {}
    items = _apart(items) if alone else _leaving(items)
    times = {place: item.times(writing.now) for place, item in items.items()}
    touched = writing.extent.touched
    planned = {place: of[STEPS[0]] for place, of in times.items()}
    over = {place: item.over for place, item in items.items()}
    until = {p: it.cancelled_at for p, it in items.items() if it.cancelled_at is not None}
    ids, refused, room = await plan_history(writing, items, planned, over, until, alone=alone)
    history = _History(writing, items, times, ids, refused)
    await history.read()
    packed = await history.pack()
    if alone:
        return {}, history.refused
    await history.run(until, release.cancel, history.named, release.retract)
    await writing.session.flush()
    if not history.refused:
        # Else all is undone, and done again without them.
        room.give_back()
    ship = partial(dispatch.ship, is_recorded=True)
    await history.step(_LEFT, dispatch.dispatch_each, history.left, ship)
    await history.arrive(packed)
    # Each step has read the same lines again.
    writing.extent.touched = touched
    return {place: (key, packed.get(place, [])) for place, key in ids.items()}, history.refused


async def look_on(writing: Writing, items: Mapping[int, RecordedDelivery]) -> dict[int, Refused]:
    """Return what refuses deliveries up to their parcels, whatever else does; all is to be undone.

    Each names an order line that is there.
    """
    items = _leaving(items)
    times = {place: item.times(writing.now) for place, item in items.items()}
    planned = {place: of[STEPS[0]] for place, of in times.items()}
    over = {place: item.over for place, item in items.items()}
    until = [place for place, item in items.items() if item.cancelled_at is not None]
    ids, refused = await plan_tried(writing, items, planned, over, until)
    history = _History(writing, items, {it: times[it] for it in ids}, ids, refused, is_tried=True)
    await history.read()
    await history.pack()
    return history.refused


class _History:
    """Deliveries on their ways. ids: by position. refused: position -> why it is left out.

    lines: delivery -> order line -> line of the delivery. is_tried: nothing is left out, and each
    step is asked of all as if those before had been made.
    """

    def __init__(
        self,
        writing: Writing,
        items: Mapping[int, RecordedDelivery],
        times: Mapping[int, Mapping[str, datetime]],
        ids: Mapping[int, UUID],
        refused: dict[int, Refused],
        *,
        is_tried: bool = False,
    ) -> None:
        """Take what is planned."""
        self.is_tried = is_tried
        self.writing, self.items, self.times = writing, items, times
        self.ids, self.refused = ids, refused
        self.lines: dict[UUID, dict[UUID, DeliveryLine]] = {it: {} for it in ids.values()}

    async def read(self) -> None:
        """Read the lines of what is planned."""
        keys = list(self.ids.values())
        for part in await self.writing.for_all().records(DeliveryLine, "delivery_id", keys):
            self.lines[part.delivery_id][part.order_line_id] = part

    async def pack(self) -> dict[int, list[UUID]]:
        """Release and pack what was; returns the parcels of each, by position."""
        await self.step("released_at", release.release_each, self.named, release.hand_over)
        check = packing.check_parcels
        return await self.step("packed_at", packing.pack_each, self.packed, packing.put, check)

    def named(self, place: int) -> OfDelivery:
        """Return the delivery at a position, as verbs name it."""
        return OfDelivery(delivery_id=self.ids[place])

    def left(self, place: int) -> dispatch.DispatchedDelivery:
        """Return that it left, and why, where that was too late."""
        return dispatch.DispatchedDelivery(
            delivery_id=self.ids[place],
            dispatched_at=self.times[place][_LEFT],
            window_override=self.items[place].window_override,
        )

    def packed(self, place: int) -> packing.PackedBefore:
        """Return how it was packed. Refused: NOT_FOUND for what it does not bring."""
        lines = self.lines[self.ids[place]]
        parcels = [
            ParcelPack.model_construct(
                **{name: getattr(parcel, name) for name in ParcelFields.model_fields},
                contents=[_content(lines, each) for each in parcel.contents],
            )
            for parcel in self.items[place].parcels
        ]
        if not parcels:
            whole = [
                ContentPack(delivery_line_id=it.id, quantity=it.planned) for it in lines.values()
            ]
            parcels = [ParcelPack(contents=whole)]
        times = self.times[place]
        return packing.PackedBefore(
            delivery_id=self.ids[place],
            parcels=parcels,
            left_at=times.get(_LEFT),
            arrived_at=times.get("delivered_at"),
            cancelled_at=self.items[place].cancelled_at,
        )

    async def step(
        self,
        name: str,
        of_verb: AnyVerb,
        item: Callable[[int], OfDelivery],
        act: Callable[[DeliveryBatch[Any]], Awaitable[Any]],
        check: Callable[[Any], None] = lambda _item: None,
    ) -> dict[int, Any]:
        """Make a step of those that made it, each at its time; returns what comes of each."""
        when = {place: of[name] for place, of in self.times.items() if name in of}
        return await self.run(when, of_verb, item, act, check)

    async def run(
        self,
        when: Mapping[int, datetime],
        of_verb: AnyVerb,
        item: Callable[[int], OfDelivery],
        act: Callable[[DeliveryBatch[Any]], Awaitable[Any]],
        check: Callable[[Any], None] = lambda _item: None,
    ) -> dict[int, Any]:
        """Do what a verb does with deliveries, each at its time; returns what comes of each.

        check: what an item refuses by itself.
        """
        places = [place for place in when if self.is_tried or place not in self.refused]
        if not places:
            return {}
        self.writing.extent.begin()
        at = {number: when[place] for number, place in enumerate(places)}
        named = [item(it) for it in places]
        # What has left was let go by whoever let it go.
        here = {self.ids[place] for place in places if _LEFT not in self.times[place]}

        async def do(batch: DeliveryBatch[Any]) -> Any:
            numbers = [no for no, it, _ in batch.going if it.delivery_id in here]
            if numbers and ORDER_UNPAID in of_verb.act.stopped_by:
                await batch.stop([ORDER_UNPAID], places=numbers)
            return await act(batch)

        # Of numbers, each is asked as it is packed, for its whole way.
        unasked = [ORDER_UNPAID, NUMBER_TAKEN]
        batch = await take_each(self.writing, named, of_verb, check, at, unasked=unasked)
        made = await in_turns(batch, do, of_verb, check, unasked=unasked)
        for number, why in batch.refused.items():
            place, more = places[number], _unnumbered(why, batch.locked.deliveries.values())
            self.refused[place] = _once(self.refused.get(place), more)
            if self.is_tried and isinstance(of_verb.act, Transition):
                batch.locked.deliveries[self.ids[place]].state = of_verb.act.becomes
        if self.is_tried:
            await self.writing.session.flush()
        return {places[number]: it for number, it in made.items()}

    async def arrive(self, parcels: Mapping[int, Sequence[UUID]]) -> None:
        """Let the parcels of what arrived arrive."""
        reports = [
            (
                place,
                TrackingReport(
                    parcel_id=parcel_id,
                    status=ParcelStatus.DELIVERED.value,
                    occurred_at=of["delivered_at"],
                ),
            )
            for place, of in self.times.items()
            if "delivered_at" in of and place not in self.refused
            for parcel_id in parcels[place]
        ]
        if not reports:
            return
        self.writing.extent.begin()
        events = [report for _, report in reports]
        command = ParcelRecordTracking.model_construct(source=_SOURCE, events=events)
        outcome = await record_tracking(self.writing, command)
        for (place, _), result in zip(reports, outcome["results"], strict=True):
            if result["problems"]:
                why = Refused.of(result["problems"])
                self.refused[place] = Refused(why.code, why.message, ("delivered_at",))


def _apart(items: Mapping[int, RecordedDelivery]) -> dict[int, RecordedDelivery]:
    """Return deliveries without SSCCs that another of them has, too."""
    seen, found = set[str](), dict[int, RecordedDelivery]()
    for place, item in items.items():
        own = {it.sscc for it in item.parcels if it.sscc is not None}
        found[place] = _without(item, seen)
        seen |= own
    return found


def _leaving(items: Mapping[int, RecordedDelivery]) -> Mapping[int, RecordedDelivery]:
    """Return deliveries as they are once all are recorded: who was cancelled left its SSCCs.

    Those are who has them now: one that was not cancelled, or else the last.
    """
    now: dict[str, int] = {}
    for place, item in sorted(items.items(), key=lambda it: it[1].cancelled_at is None):
        now |= {it.sscc: place for it in item.parcels if it.sscc is not None}
    found = dict(items)
    for place, item in items.items():
        left = [it.sscc for it in item.parcels if now.get(it.sscc or "", place) != place]
        if left and item.cancelled_at is not None:
            found[place] = _without(item, left)
    return found


def _without(item: RecordedDelivery, ssccs: Collection[str | None]) -> RecordedDelivery:
    """Return a delivery whose parcels do not have some SSCCs."""
    free = {"sscc": None}
    parcels = [it.model_copy(update=free) if it.sscc in ssccs else it for it in item.parcels]
    return item.model_copy(update={"parcels": parcels})


def _unnumbered(why: Refused, deliveries: Iterable[Delivery]) -> Refused:
    """Return a refusal without the numbers of deliveries, which nobody gets to see."""
    text = why.message
    for delivery in deliveries:
        text = text.replace(delivery.number, "It")
    return replace(why, message=text)


def _once(before: Refused | None, more: Refused) -> Refused:
    """Return what a step refuses after those before it, which may have told the same.

    That an amendment waits, the plan tells of its line.
    """
    known = [] if before is None else before.problems
    awaited = {TradeCode.AMENDMENT_AWAITED.value} & {it.code for it in known}
    new = [it for it in more.problems if it not in known and it.code not in awaited]
    return Refused.of([*known, *new])


def _content(lines: Mapping[UUID, DeliveryLine], content: RecordedContent) -> ContentPack:
    """Return what lay in a parcel, by its delivery line, itself where there is none."""
    line = lines.get(content.order_line_id)
    fields = {name: getattr(content, name) for name in Content.model_fields}
    return ContentPack.model_construct(
        delivery_line_id=content.order_line_id if line is None else line.id, **fields
    )
