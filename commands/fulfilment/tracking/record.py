"""Recording reports, and what parcels, deliveries and orders follow from all of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Uuid, any_, bindparam, case, func, or_, select

from commands.fulfilment.deliveries.arrivals import arrival
from commands.fulfilment.deliveries.locking import ORDERS_NOW, lock_deliveries, lock_unread
from commands.fulfilment.tracking.added import AddedNumbers, check_events, leave_out_most
from commands.fulfilment.tracking.named import find_parcels
from commands.fulfilment.tracking.reports import ParcelRecordTracking, TrackingReport
from commands.writing.rows import write_rows
from commands.writing.transaction import Outcome, Overtaken, Writing
from commands.writing.verbs import verb
from kit.clock import check_happened
from kit.db.statements import Statement
from kit.errors import Path, Problem, Refusals, Refused
from kit.ids import new_id
from models.access.viewers import Actor, Scope
from models.base.acts import Act
from models.base.records import columns, record
from models.events.fulfilment.parcels import (
    REPORTED,
    ParcelDelayed,
    ParcelDelayEnded,
    VoidedParcelReported,
)
from models.fulfilment.deliveries.tables import DeliveryLine
from models.fulfilment.deliveries.ways import TERMINAL
from models.fulfilment.parcels import WITH_CARRIER, Parcel, ParcelStatus
from models.fulfilment.tracking.events import TrackingEvent, identity
from models.fulfilment.tracking.meanings import meaning
from models.fulfilment.tracking.standing import Standing, standing
from models.master.parties import Party
from models.trade.orders.tables import Order


@verb(
    Act(Scope.TRACKING_WRITE),
    "Record up to 250 events of parcels, in any order, late or repeated. Parcels, deliveries"
    " and orders follow from all events of a parcel by the time at which they happened.",
)
async def record_tracking(writing: Writing, command: ParcelRecordTracking) -> Outcome:
    """Record events, then let every touched parcel, delivery and order follow from all of them.

    What is reported of a number that several parcels share is an event of each of them. The results
    are CREATED, UNCHANGED for an event that is known, and REFUSED.

    Refused: of an item NOT_FOUND for a parcel that the viewer does not see, INVALID where parcels
    of several carriers or customers are on their way with the number, INVALID_DATE for the far
    future and before its orders were placed, TAKEN for the number of another parcel on its way; as
    a whole: TOO_MANY_ITEMS for more parcels, events and lines behind them than one call may touch.
    """
    source = await _source(writing, command)
    parcels, refused = await find_parcels(writing, command.events)
    refused |= leave_out_most(parcels, command.events, writing.extent.most // 2)
    results: list[Outcome] = [_refused() for _ in command.events]
    for place, refusal in refused.items():
        results[place]["problems"] = _every(writing, place, command.events[place], refusal)
    if parcels:
        known = await _known(writing, command, parcels)
        for place, named in parcels.items():
            await writing.room(len(named))
            try:
                known.check(named, place, command.events[place])
            except Refused as refusal:
                results[place]["problems"] = refusal.problems
            else:
                results[place] |= known.add_to_each(named, command.events[place], source)
        await _follow(writing, known)
    return {"results": results}


def _refused() -> Outcome:
    """Return the result of an event of which nothing is known but that it is refused."""
    nothing: Outcome = {"parcel_id": None, "parcel_ids": [], "event_id": None}
    return {**nothing, "status": "REFUSED", "problems": []}


async def _known(
    writing: Writing, command: ParcelRecordTracking, parcels: Mapping[int, Sequence[Parcel]]
) -> "_Known":
    """Lock what events are about, and read what is known of it. Refused: TOO_MANY_ITEMS."""
    touched = [parcel for of in parcels.values() for parcel in of]
    # Each of them once is counted where it is read; a number may name many, as often as it stands.
    writing.extent.touch(len(touched) - len({parcel.id for parcel in touched}))
    live = [it for it in touched if it.status is not ParcelStatus.VOIDED]
    locked = await lock_unread(writing, {it.delivery_id for it in touched})
    added = {it.new_tracking_number for it in command.events if it.new_tracking_number}
    known = await _Known.read(writing.for_all(), touched, locked, added)
    if any(known.is_gone(it.id) for it in live):
        # A repack came first: the number may name a new parcel now.
        raise Overtaken
    return known


async def _follow(writing: Writing, known: "_Known") -> None:
    """Write what is new, and what follows for parcels, deliveries and orders.

    Refused: TOO_MANY_ITEMS.
    """
    arrived = known.follow()
    # Read before anything is written, since there may be more than one call may touch.
    everything = writing.for_all()
    bound = await lock_deliveries(everything, dict.fromkeys(arrived, ())) if arrived else None
    # What is reported once more, or late, moves nothing on.
    writing.unrecorded.extend(it["id"] for it in known.fresh)
    await write_rows(writing, {TrackingEvent: known.fresh}, {Parcel: known.moved})
    if bound is not None:
        await arrival.settle(bound)


def _check_time(
    writing: Writing, place: int, report: TrackingReport, since: datetime | None = None
) -> None:
    path: Path = ("events", place, report.time_field)
    check_happened(report.occurred_at, path, writing.now, since)


def _every(
    writing: Writing, place: int, report: TrackingReport, refused: Refused
) -> Sequence[Problem]:
    """Return what is wrong with a report whose parcel is refused, its time too."""
    refusals = Refusals()
    with refusals:
        raise refused
    with refusals:
        _check_time(writing, place, report)
    return refusals.problems


async def _source(writing: Writing, command: ParcelRecordTracking) -> str | None:
    """Return the source of all events, None where each has its vocabulary's."""
    viewer = writing.viewer
    if viewer.actor is not Actor.CARRIER or viewer.bound_to is None:
        return command.source
    carriers = await writing.get(Party, {viewer.bound_to: ("source",)})
    return carriers[viewer.bound_to].number


class _Event(NamedTuple):
    """What the rules read of an event, and what tells it apart."""

    id: UUID
    parcel_id: UUID
    source: str
    carrier_event_id: str | None
    occurred_at: datetime
    recorded_at: datetime
    status: ParcelStatus
    original_status: str
    sub_status: str | None
    place: str | None
    message: str | None
    is_delay: bool
    is_correction: bool
    is_error_declaration: bool

    @property
    def key(self) -> tuple[str, str]:
        """Tell it from others of its parcel; one feed may be spelled in two ways."""
        return self.source.casefold(), identity(self)


_EVERY = func.count().over().label("every")
_MOST = bindparam("most", type_=BigInteger())
"""Rows that are read at most; beside each stands how many there are."""
_ORDERS_ONCE = case((func.row_number().over(order_by=Parcel.id) == 1, ORDERS_NOW))
"""The first row tells the orders of all: in each, they would be as many as rows times orders."""
_PLACED = (
    select(func.max(Order.placed_at))
    .join(DeliveryLine, DeliveryLine.order_id == Order.id)
    .where(DeliveryLine.delivery_id == Parcel.delivery_id)
    .where(*(it.merchant_id == bindparam("merchant", type_=Uuid()) for it in (Order, DeliveryLine)))
    .correlate(Parcel)
    .scalar_subquery()
)
"""When the last of a parcel's orders was placed."""
_PARCELS = Statement(
    select(_EVERY, _ORDERS_ONCE.label("order_ids"), _PLACED.label("placed"), *columns(Parcel))
    .where(
        Parcel.merchant_id == bindparam("merchant", type_=Uuid()),
        Parcel.delivery_id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
        or_(
            Parcel.status != ParcelStatus.VOIDED,
            Parcel.id == any_(bindparam("touched", type_=ARRAY(Uuid()))),
        ),
    )
    .order_by(Parcel.id)
    .limit(_MOST)
)
_EVENTS = Statement(
    select(_EVERY, *(getattr(TrackingEvent, name) for name in _Event._fields))
    .where(
        TrackingEvent.merchant_id == bindparam("merchant", type_=Uuid()),
        TrackingEvent.parcel_id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
    )
    .limit(_MOST)
)


@dataclass(frozen=True)
class _Known:
    """What is known of the touched parcels, under the locks of their orders.

    placed: parcel id -> when the last of its orders was placed.
    above: parcel id -> it and the pallets that it stands on, for every parcel that a touched
    parcel is or carries: what is reported of a pallet is reported of all that stand on it.
    events: parcel id -> key -> the event. fresh: rows of those that are new.
    moved: parcels, each with what it becomes.
    numbers: what is known of those, where reports add some.
    """

    writing: Writing
    parcels: Mapping[UUID, Parcel]
    placed: Mapping[UUID, datetime | None]
    above: Mapping[UUID, Sequence[UUID]]
    events: defaultdict[UUID, dict[tuple[str, str], _Event]]
    numbers: AddedNumbers
    fresh: list[dict[str, Any]] = field(default_factory=list)
    moved: list[tuple[Parcel, dict[str, Any]]] = field(default_factory=list)

    @classmethod
    async def read(
        cls,
        writing: Writing,
        touched: Collection[Parcel],
        locked: set[UUID],
        added: Collection[str],
    ) -> "_Known":
        """Read the parcels of all touched deliveries, events and numbers, one statement each.

        added: numbers that reports add.
        Overtaken when the deliveries have other orders than those that are locked. Refused:
        TOO_MANY_ITEMS.
        """
        wanted = {parcel.id for parcel in touched}
        of = {"keys": list({parcel.delivery_id for parcel in touched}), "touched": list(wanted)}
        parcels: dict[UUID, Parcel] = {}
        placed: dict[UUID, datetime | None] = {}
        for _, order_ids, placed_at, *row in await _read(writing, _PARCELS, of):
            if not parcels and set(order_ids) != locked:
                raise Overtaken
            parcel = record(Parcel)._make(row)
            parcels[parcel.id], placed[parcel.id] = parcel, placed_at
        stacks = {parcel_id: _stack(parcel_id, parcels) for parcel_id in parcels}
        above = {key: stack for key, stack in stacks.items() if wanted.intersection(stack)}
        kin = {parcel_id for stack in above.values() for parcel_id in stack}
        events: defaultdict[UUID, dict[tuple[str, str], _Event]] = defaultdict(dict)
        for row in await _read(writing, _EVENTS, {"keys": list(kin)}):
            event = _Event._make(row[1:])
            events[event.parcel_id][event.key] = event
        writing.extent.touch(sum(len(events[it]) for stack in above.values() for it in stack[1:]))
        numbers = await AddedNumbers.read(writing, touched, added)
        return cls(writing, parcels, placed, above, events, numbers)

    def is_gone(self, parcel_id: UUID) -> bool:
        """Tell whether a parcel has been voided, or belongs to another delivery now."""
        parcel = self.parcels.get(parcel_id)
        return parcel is None or parcel.status is ParcelStatus.VOIDED

    def check(self, parcels: Iterable[Parcel], place: int, report: TrackingReport) -> None:
        """Refused: INVALID_DATE for what did not happen then; TAKEN, TOO_MANY_ITEMS as `added`."""
        for parcel in parcels:
            _check_time(self.writing, place, report, self.placed[parcel.id])
            check_events(len(self.events[parcel.id]), ("events", place))
            self.numbers.check(parcel, report, place)

    def add_to_each(
        self, parcels: Sequence[Parcel], report: TrackingReport, source: str | None
    ) -> Outcome:
        """Add an event to all parcels that its number names; one of them stands for the others."""
        added = [self.add(parcel, report, source) for parcel in parcels]
        is_new = any(it["status"] == "CREATED" for it in added)
        ids = [it["parcel_id"] for it in added]
        return {
            **added[0],
            "parcel_ids": ids,
            "status": "CREATED" if is_new else "UNCHANGED",
        }

    def add(self, parcel: Parcel, report: TrackingReport, source: str | None) -> Outcome:
        """Add an event unless it is known; a new number is added beside the others (P3)."""
        reported = _event(parcel, report, source, self.writing.now)
        known = self.events[parcel.id]
        event = known.setdefault(reported.key, reported)
        status = "UNCHANGED"
        if event is reported:
            status = "CREATED"
            self.fresh.append(_row(self.writing, event, report))
            self._tell_voided(parcel.id, event)
        self.numbers.add(self.writing, parcel, report)
        return {"parcel_id": parcel.id, "event_id": event.id, "status": status}

    def _tell_voided(self, parcel_id: UUID, event: _Event) -> None:
        """Tell that a carrier has what counts no more: nothing else follows from that."""
        is_with_carrier = event.status in WITH_CARRIER
        if is_with_carrier and self.parcels[parcel_id].status is ParcelStatus.VOIDED:
            happened = VoidedParcelReported(parcel_id, status=event.status)
            self.writing.record(happened, event.occurred_at)

    def follow(self) -> set[UUID]:
        """Recompute every parcel that has new events, from all of them; a voided one stays so.

        Returns the deliveries of those whose way ended or ends no longer: nothing else of a parcel
        bears on what follows from it (`arrival`).
        """
        arrived = set()
        for parcel_id, stack in self.above.items():
            parcel = self.parcels[parcel_id]
            if parcel.status is ParcelStatus.VOIDED:
                continue
            events = [event for key in stack for event in self.events[key].values()]
            now = standing(parcel.packed_at, events)
            if (parcel.status, parcel.status_at, parcel.is_delayed) != now:
                self.moved.append((parcel, now._asdict()))
                _tell(self.writing, parcel, now)
                if parcel.status in TERMINAL or now.status in TERMINAL:
                    arrived.add(parcel.delivery_id)
        return arrived


async def _read(writing: Writing, statement: Statement, of: Mapping[str, Any]) -> list[Any]:
    """Read what one call may touch at most. Refused: TOO_MANY_ITEMS where there is more."""
    values = {"merchant": writing.viewer.merchant_id, "most": writing.extent.most, **of}
    rows = await writing.session.rows(statement, values)
    writing.extent.touch(rows[0].every if rows else 0)
    return rows


def _stack(parcel_id: UUID, parcels: Mapping[UUID, Parcel]) -> list[UUID]:
    """Return a parcel and what it stands on, up to what is voided or of another delivery."""
    stack: list[UUID] = []
    below: UUID | None = parcel_id
    while below is not None and below in parcels and below not in stack:
        if stack and parcels[below].status is ParcelStatus.VOIDED:
            break
        stack.append(below)
        below = parcels[below].parent_id
    return stack


def _event(parcel: Parcel, report: TrackingReport, source: str | None, now: datetime) -> _Event:
    """Return a report as an event of a parcel. source: None for the vocabulary's."""
    meant = meaning(report.vocabulary, report.status, report.sub_status)
    return _Event(
        id=new_id(),
        parcel_id=parcel.id,
        source=source or report.vocabulary.value,
        carrier_event_id=report.carrier_event_id,
        occurred_at=report.occurred_at,
        recorded_at=now,
        status=meant.status,
        original_status=report.status,
        sub_status=report.sub_status,
        place=report.place,
        message=report.message,
        is_delay=meant.is_delay,
        is_correction=report.is_correction,
        is_error_declaration=report.is_error_declaration,
    )


def _row(writing: Writing, event: _Event, report: TrackingReport) -> dict[str, Any]:
    return {
        "merchant_id": writing.viewer.merchant_id,
        **event._asdict(),
        "dedupe_key": identity(event),
        "corrective_event_ids": report.corrective_event_ids,
        "raw_reference": report.raw_reference,
    }


def _tell(writing: Writing, parcel: Parcel, now: Standing) -> None:
    """Note that a parcel's status changed, or else whether it is delayed."""
    was = parcel.status
    if now.status is not was:
        reported = REPORTED[now.status](parcel.id, was=was, is_delayed=now.is_delayed)
        writing.record(reported, now.status_at)
    elif now.is_delayed is not parcel.is_delayed:
        kind = ParcelDelayed if now.is_delayed else ParcelDelayEnded
        writing.record(kind(parcel.id))
