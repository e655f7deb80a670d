"""Deliveries of another system, each with what happened to it and when."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries import dispatch, packing, release
from commands.fulfilment.deliveries.batches import DeliveryBatch, take
from commands.fulfilment.deliveries.locking import OfDelivery
from commands.fulfilment.deliveries.places import DeliveryPart
from commands.fulfilment.deliveries.plan import plan_history
from commands.fulfilment.parcels.inputs import Content, ContentPack, ParcelFields, ParcelPack
from commands.fulfilment.tracking.record import record
from commands.fulfilment.tracking.reports import ParcelRecordTracking, TrackingReport
from commands.fulfilment.tracking.sparing import spare
from commands.trade.orders.lines import lock_orders, touch_lines_of
from commands.writing.transaction import Outcome, Writing, missing
from commands.writing.verbs import AnyVerb, verb
from kit.clock import check_happened
from kit.errors import Code, Problem, Refusals, Refused
from kit.ids import Names
from kit.inputs import LARGEST_BULK, Command, Each, Instant
from models.access.viewers import Scope
from models.base.acts import Act
from models.fulfilment.codes import FulfilmentCode
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import ParcelStatus
from models.master.locations import Location
from models.master.parties import Address
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order

_STEPS = ("planned_at", "released_at", "packed_at", "dispatched_at", "delivered_at")
_SOURCE = "deliveriesRecord"
"""The source of events that tell of arrivals."""


class RecordedContent(Content):
    """What of one order line lay in a parcel."""

    order_line_id: Annotated[UUID, Names("OrderLine")] = Field(
        description="An order line of the delivery."
    )


class RecordedParcel(ParcelFields):
    """One parcel or pallet of a recorded delivery."""

    contents: list[RecordedContent] = Field(
        default_factory=list,
        max_length=LARGEST_BULK,
        description="What lay in it; only what carried other parcels may be empty.",
    )


class RecordedDelivery(DeliveryPart):
    """A delivery as it went. A step without a time of its own was made with the next one."""

    planned_at: Instant | None = Field(None, description="When it was planned.")
    released_at: Instant | None = Field(None, description="When the warehouse could pick it.")
    packed_at: Instant | None = Field(None, description="When it was packed.")
    dispatched_at: Instant | None = Field(None, description="When it left.")
    delivered_at: Instant | None = Field(None, description="When all of it had arrived.")
    cancelled_at: Instant | None = Field(None, description="When it was cancelled, before it left.")
    parcels: list[RecordedParcel] = Field(
        default_factory=list,
        max_length=LARGEST_BULK,
        description="Its parcels; one with all of it when left out. They hold all that it takes.",
    )

    @property
    def is_ahead(self) -> bool:
        """Tell whether it is still to go."""
        return not (self.dispatched_at or self.delivered_at or self.cancelled_at)

    def times(self, now: datetime) -> dict[str, datetime]:
        """Return step -> when it was made, up to the last one."""
        found: dict[str, datetime] = {}
        later = self.cancelled_at
        for step in reversed(_STEPS):
            at = getattr(self, step) or (later if found or step == _STEPS[0] else None)
            if at is not None:
                found[step] = later = at
        return found or {_STEPS[0]: now}


class DeliveriesRecord(Command):
    """Up to 250 deliveries of another system."""

    deliveries: Each[RecordedDelivery] = Field(description="The deliveries, of confirmed orders.")


@verb(
    Act(Scope.ORDERS_IMPORT),
    "Record up to 250 deliveries as they went in another system, up to their arrival or"
    " cancellation, each step with its time; one that is refused stops no other. Each step keeps"
    " the rules of its own verb at its time. Of what has left, or was cancelled, locations may be"
    " inactive and windows lie anywhere; what is still to go is asked what `deliveryPlan` asks.",
)
async def record_history(writing: Writing, command: DeliveriesRecord) -> Outcome:
    """Record deliveries with what happened to them.

    Each is refused alone, as `deliveryPlan`, `deliveryRelease`, `deliveryPack`, `deliveryDispatch`
    and `deliveryCancel` would at that time.
    Refused: NOT_FOUND, INVALID_DATE for times out of order or to come, INVALID for one that left
    and was cancelled; as a whole: TOO_MANY_ITEMS for orders with more lines than one call may
    touch.
    """
    items = command.deliveries
    found = await _find(writing, items)
    refused: dict[int, Refused] = {}
    for place, item in enumerate(items):
        try:
            found.check(item, writing.now)
        except Refused as why:
            refused[place] = why
    good = [place for place in range(len(items)) if place not in refused]

    async def do(places: Collection[int]) -> tuple[dict[int, _Made], Mapping[int, Refused]]:
        return await _record(writing, {place: items[place] for place in places})

    made, more = await spare(writing, good, do)
    refused |= more
    results = (
        _result(place, item, made.get(place), refused.get(place))
        for place, item in enumerate(items)
    )
    return {"results": list(results)}


_Made = tuple[UUID, list[UUID]]
"""A delivery and its parcels."""


def _result(
    place: int, item: RecordedDelivery, made: _Made | None, refused: Refused | None
) -> Outcome:
    found = [_sent(it, item) for it in refused.problems] if refused else []
    problems = [it.below(("deliveries", place)) for it in found]
    delivery_id, parcel_ids = made or (None, None)
    status = "REFUSED" if refused else "CREATED"
    return {
        "delivery_id": delivery_id,
        "parcel_ids": parcel_ids,
        "status": status,
        "problems": problems,
    }


_FIELDS = {
    FulfilmentCode.ADDRESS_MISSING: "ship_to",
    FulfilmentCode.LOCATION_NOT_ALLOWED: "location_id",
    FulfilmentCode.METHOD_NOT_ALLOWED: "method",
    FulfilmentCode.RECIPIENT_MISSING: "recipient",
    FulfilmentCode.TOO_EARLY: "fulfil_at",
}
"""Code of what stops a delivery -> the field that tells it of a recorded one."""


def _sent(problem: Problem, item: RecordedDelivery) -> Problem:
    """Return a problem where it is in the input: of a delivery itself, or of an order line."""
    path = tuple("order_line_id" if it == "delivery_line_id" else it for it in problem.path)
    if path == ("delivery_id",):
        fields = dict(_FIELDS)
        if item.completes_order:
            fields[FulfilmentCode.DELIVERY_POLICY] = "completes_order"
        path = tuple(name for code, name in fields.items() if code == problem.code)
    return replace(problem, path=path)


class _Found:
    """What deliveries name: lines, their locked orders, locations and addresses, by id."""

    def __init__(
        self,
        lines: Mapping[UUID, OrderLine],
        orders: Mapping[UUID, Order],
        locations: Collection[UUID],
        addresses: Collection[UUID],
    ) -> None:
        """Take what is there."""
        self.lines, self.orders = lines, orders
        self.locations, self.addresses = locations, addresses

    def check(self, item: RecordedDelivery, now: datetime) -> None:
        """Refused: NOT_FOUND, INVALID, INVALID_DATE."""
        refusals = Refusals()
        for number, line in enumerate(item.lines):
            with refusals:
                if line.order_line_id not in self.lines:
                    raise missing(OrderLine, ("lines", number, "order_line_id"))
        with refusals:
            if item.location_id not in self.locations:
                raise missing(Location, ("location_id",))
        with refusals:
            if item.ship_to_id is not None and item.ship_to_id not in self.addresses:
                raise missing(Address, ("ship_to_id",))
        with refusals:
            if item.cancelled_at is not None and (item.dispatched_at or item.delivered_at):
                text = "What has left is not cancelled any more."
                raise Refused(Code.INVALID, text, ("cancelled_at",))
        self._check_times(item, now, refusals)
        refusals.end()

    def _check_times(self, item: RecordedDelivery, now: datetime, refusals: Refusals) -> None:
        rows = (self.lines.get(it.order_line_id) for it in item.lines)
        placed = (self.orders[it.order_id].placed_at for it in rows if it is not None)
        since, before = max(placed, default=None), None
        for step in (*_STEPS, "cancelled_at"):
            at = getattr(item, step)
            if at is None:
                continue
            with refusals:
                check_happened(at, (step,), now, since)
                if before is not None and at < before:
                    text = f"This is before {before.isoformat()}, when the step before was made."
                    raise Refused(Code.INVALID_DATE, text, (step,))
                before = at


async def _find(writing: Writing, items: Sequence[RecordedDelivery]) -> _Found:
    """Read what deliveries name, and lock their orders. Refused: TOO_MANY_ITEMS."""
    ids = {line.order_line_id for item in items for line in item.lines}
    lines = {it.id: it for it in await writing.among(OrderLine, "id", list(ids))}
    orders = await lock_orders(writing, {it.order_id: () for it in lines.values()})
    await touch_lines_of(writing, orders)
    locations = await writing.by_key(Location, "id", {it.location_id for it in items})
    named = {it.ship_to_id for it in items if it.ship_to_id is not None}
    return _Found(lines, orders, locations, await writing.by_key(Address, "id", named))


async def _record(
    writing: Writing, items: Mapping[int, RecordedDelivery]
) -> tuple[dict[int, _Made], dict[int, Refused]]:
    """Let deliveries go their ways, step by step; what one step refuses, the next leaves out."""
    if not items:
        return {}, {}
    times = {place: item.times(writing.now) for place, item in items.items()}
    touched = writing.extent.touched
    planned = {place: of[_STEPS[0]] for place, of in times.items()}
    ahead = {place for place, item in items.items() if item.is_ahead}
    ids, refused = await plan_history(writing, items, planned, ahead)
    history = _History(writing, items, times, ids, refused)
    parts = await writing.for_all().records(DeliveryLine, "delivery_id", list(ids.values()))
    for part in parts:
        history.lines[part.delivery_id][part.order_line_id] = part
    await history.step("released_at", release.release_each, history.named, _released)
    packed = await history.step(
        "packed_at", packing.pack_each, history.packed, packing.put, packing.check_parcels
    )
    await history.step("dispatched_at", dispatch.dispatch_each, history.left, dispatch.ship)
    cancelled = {p: it.cancelled_at for p, it in items.items() if it.cancelled_at is not None}
    await history.run(cancelled, release.cancel, history.named, release.retract)
    await history.arrive(packed)
    # Each step has read the same lines again.
    writing.extent.touched = touched
    return {place: (key, packed.get(place, [])) for place, key in ids.items()}, history.refused


async def _released(batch: DeliveryBatch[Any]) -> None:
    release.hand_over(batch)


class _History:
    """Deliveries on their ways. ids: by position. refused: position -> why it is left out.

    lines: delivery -> order line -> line of the delivery.
    """

    def __init__(
        self,
        writing: Writing,
        items: Mapping[int, RecordedDelivery],
        times: Mapping[int, Mapping[str, datetime]],
        ids: Mapping[int, UUID],
        refused: dict[int, Refused],
    ) -> None:
        """Take what is planned."""
        self.writing, self.items, self.times = writing, items, times
        self.ids, self.refused = ids, refused
        self.lines: dict[UUID, dict[UUID, DeliveryLine]] = {it: {} for it in ids.values()}

    def named(self, place: int) -> OfDelivery:
        """Return the delivery at a position, as verbs name it."""
        return OfDelivery(delivery_id=self.ids[place])

    def left(self, place: int) -> dispatch.DispatchedDelivery:
        """Return that it left."""
        at = self.times[place]["dispatched_at"]
        return dispatch.DispatchedDelivery(delivery_id=self.ids[place], dispatched_at=at)

    def packed(self, place: int) -> packing.PackedDelivery:
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
        return packing.PackedDelivery(delivery_id=self.ids[place], parcels=parcels)

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
        places = [place for place in when if place not in self.refused]
        if not places:
            return {}
        self.writing.extent.begin()
        at = {number: when[place] for number, place in enumerate(places)}
        batch = await take(self.writing, [item(it) for it in places], of_verb, check, at)
        done = await act(batch)
        for number, why in batch.refused.items():
            self.refused[places[number]] = _unnumbered(why, batch.locked.deliveries.values())
        return {places[number]: made for number, made in (done or {}).items()}

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
        outcome = await record(self.writing, command)
        for (place, _), result in zip(reports, outcome["results"], strict=True):
            if result["problems"]:
                why = Refused.of(result["problems"])
                self.refused[place] = Refused(why.code, why.message, ("delivered_at",))


def _unnumbered(why: Refused, deliveries: Iterable[Delivery]) -> Refused:
    """Return a refusal without the numbers of deliveries, which nobody gets to see."""
    text = why.message
    for delivery in deliveries:
        text = text.replace(delivery.number, "It")
    return replace(why, message=text)


def _content(lines: Mapping[UUID, DeliveryLine], content: RecordedContent) -> ContentPack:
    """Return what lay in a parcel, by its delivery line, itself where there is none."""
    line = lines.get(content.order_line_id)
    fields = {name: getattr(content, name) for name in Content.model_fields}
    return ContentPack.model_construct(
        delivery_line_id=content.order_line_id if line is None else line.id, **fields
    )
