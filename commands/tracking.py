"""Tracking: what carriers report of parcels, in any order, late or twice."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm.attributes import flag_modified

from commands.deliveries import arrival
from commands.deliveries.locking import lock_orders_of, read_locked
from commands.writing import Moved, Outcome, Writing, missing
from kit.errors import Code, Refused
from kit.ids import Names, new_id
from kit.inputs import Bulk, Command, Input, Instant, Name, Note, Reference, Sscc
from kit.viewer import Actor
from models.journal import Aggregate
from models.parcels import Parcel, ParcelStatus, TrackingNumber
from models.parties import Party
from models.tracking import Standing, TrackingEvent, Vocabulary, meaning, standing

_AHEAD = timedelta(days=1)
"""How far a carrier's clock may be ahead of ours."""

_KEYS = ("parcel_id", "sscc", "tracking_number")
_THE_EVENT = {
    "vocabulary",
    "status",
    "sub_status",
    "occurred_at",
    "place",
    "message",
    "raw_reference",
    "is_correction",
}
"""What an event without an id of its carrier is told apart by."""


class TrackingReport(Input):
    """One event of one parcel, which is named by exactly one of its keys."""

    parcel_id: Annotated[UUID, Names("Parcel")] | None = Field(
        None, description="The parcel, by its id."
    )
    sscc: Sscc | None = Field(None, description="The parcel, by its SSCC.")
    tracking_number: Reference | None = Field(
        None, description="The parcel, by one of its tracking numbers."
    )
    carrier_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="Whose tracking number it is, where several carriers use the same."
    )
    vocabulary: Vocabulary = Field(
        Vocabulary.ABRUF, description="Whose words `status` and `subStatus` are."
    )
    status: Reference = Field(
        description="What is reported, in a word of the vocabulary; case does not matter. A word"
        " that it does not have is kept and means UNKNOWN."
    )
    sub_status: Reference | None = Field(None, description="The carrier's finer status.")
    occurred_at: Instant = Field(
        description="When it happened; at most one day ahead of our clock."
    )
    carrier_event_id: Reference | None = Field(
        None, description="The carrier's own id of the event: the same id is the same event."
    )
    place: Name | None = Field(None, description="Where it happened.")
    message: Note | None = Field(None, description="The carrier's text.")
    raw_reference: Name | None = Field(None, description="Where the raw report is kept.")
    is_correction: bool = Field(
        default=False, description="Whether it takes back a terminal status reported before."
    )
    new_tracking_number: Reference | None = Field(
        None,
        description="A further number of the parcel, for example of a partner that it was handed"
        " to; the numbers that it has stay.",
    )

    @model_validator(mode="after")
    def _names_one_parcel(self) -> Self:
        if sum(getattr(self, key) is not None for key in _KEYS) != 1:
            text = "Give exactly one of parcelId, sscc and trackingNumber."
            raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
        return self

    @property
    def key(self) -> str:
        """The name of the key that is given."""
        return next(key for key in _KEYS if getattr(self, key) is not None)

    @property
    def dedupe_key(self) -> str:
        """Two reports of a parcel from one source with the same key are the same event (P4)."""
        if self.carrier_event_id is not None:
            return self.carrier_event_id
        body = self.model_dump_json(include=_THE_EVENT, exclude_defaults=True)
        return f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"


class ParcelRecordTracking(Command):
    """Up to 250 events over many parcels."""

    source: Name | None = Field(
        None,
        description="Name of the feed, within which the events are told apart; the vocabulary's"
        " name when left out. A carrier's own reports always have its number as their source.",
    )
    events: Bulk[TrackingReport] = Field(description="The events, in any order.")


async def record(writing: Writing, command: ParcelRecordTracking) -> Outcome:
    """Record events, then let every touched parcel, delivery and order follow from all of them.

    The results are CREATED, UNCHANGED for an event that is known, and REFUSED: NOT_FOUND for a
    parcel that the viewer does not see, INVALID where several parcels have the number,
    INVALID_DATE for the far future.
    """
    source = await _source(writing, command)
    parcels, refused = await _find(writing, command.events)
    results: list[Outcome] = [
        {"parcel_id": None, "event_id": None, "status": "REFUSED", "problems": []}
        for _ in command.events
    ]
    for place, refusal in refused.items():
        results[place]["problems"] = refusal.problems
    if parcels:
        live = [it for it in parcels.values() if it.status is not ParcelStatus.VOIDED]
        orders = await lock_orders_of(writing, {it.delivery_id for it in parcels.values()})
        known = await _Known.read(writing.for_all(), parcels.values())
        if any(it.status is ParcelStatus.VOIDED for it in live):
            # A repack came first: the number may name a new parcel now.
            raise Moved
        for place, parcel in parcels.items():
            results[place] |= known.add(parcel, command.events[place], source)
        if moved := known.follow():
            wanted = dict.fromkeys(moved, ())
            await arrival.settle(await read_locked(writing.for_all(), orders, wanted))
    return {"results": results}


async def _source(writing: Writing, command: ParcelRecordTracking) -> str | None:
    """Return the source of all events, None where each has its vocabulary's."""
    viewer = writing.viewer
    if viewer.actor is not Actor.CARRIER or viewer.bound_to is None:
        return command.source
    carriers = await writing.get(Party, {viewer.bound_to: ("source",)})
    return carriers[viewer.bound_to].number


async def _find(
    writing: Writing, reports: Sequence[TrackingReport]
) -> tuple[dict[int, Parcel], dict[int, Refused]]:
    """Return position -> its parcel, and position -> why it has none."""
    numbers = await _numbers(writing, reports)
    ids = [it.parcel_id for it in reports if it.parcel_id is not None]
    ids += [number.parcel_id for found in numbers.values() for number in found]
    by_id = await writing.by_key(Parcel, "id", ids)
    by_sscc = await writing.by_key(Parcel, "sscc", {it.sscc for it in reports if it.sscc})
    found, refused = {}, {}
    for place, report in enumerate(reports):
        if report.tracking_number is not None:
            candidates = _numbered(report, numbers[report.tracking_number], by_id)
        else:
            parcel = by_id.get(report.parcel_id) if report.parcel_id else by_sscc.get(report.sscc)
            candidates = [] if parcel is None else [parcel]
        try:
            found[place] = _checked(writing, place, report, candidates)
        except Refused as refusal:
            refused[place] = refusal
    return found, refused


async def _numbers(
    writing: Writing, reports: Sequence[TrackingReport]
) -> defaultdict[str, list[TrackingNumber]]:
    wanted = {it.tracking_number for it in reports if it.tracking_number is not None}
    found: defaultdict[str, list[TrackingNumber]] = defaultdict(list)
    for row in await writing.among(TrackingNumber, "number", sorted(wanted)):
        found[row.number].append(row)
    return found


def _numbered(
    report: TrackingReport, numbers: Sequence[TrackingNumber], by_id: Mapping[UUID, Parcel]
) -> list[Parcel]:
    """Return the parcels with the number, live ones before voided ones.

    A number whose carrier is not known is its parcel's carrier's, or any partner's.
    """
    mine = [
        by_id[it.parcel_id]
        for it in numbers
        if report.carrier_id is None or it.carrier_id in {None, report.carrier_id}
    ]
    return [it for it in mine if it.status is not ParcelStatus.VOIDED] or mine


def _checked(
    writing: Writing, place: int, report: TrackingReport, candidates: Sequence[Parcel]
) -> Parcel:
    """Return the one parcel of a report that may be recorded."""
    path = ("events", place, report.key)
    if not candidates:
        raise missing(Parcel, path)
    if len(candidates) > 1:
        text = "Several parcels have this number; name the carrier, or the parcel by another key."
        raise Refused(Code.INVALID, text, path)
    if report.occurred_at > writing.now + _AHEAD:
        path = ("events", place, "occurred_at")
        raise Refused(Code.INVALID_DATE, "This is more than a day ahead of our clock.", path)
    return candidates[0]


@dataclass(frozen=True)
class _Known:
    """What is known of the touched parcels, under the locks of their orders.

    above: parcel id -> it and the pallets that it stands on, for every parcel that a touched
    parcel is or carries: what is reported of a pallet is reported of all that stand on it.
    events: parcel id -> (source, dedupe key) -> the event. numbers: (parcel id, number).
    """

    writing: Writing
    parcels: Mapping[UUID, Parcel]
    above: Mapping[UUID, Sequence[UUID]]
    events: defaultdict[UUID, dict[tuple[str, str], TrackingEvent]]
    numbers: set[tuple[UUID, str]]

    @classmethod
    async def read(cls, writing: Writing, touched: Collection[Parcel]) -> "_Known":
        """Read the parcels of all touched deliveries, events and numbers, one statement each."""
        delivery_ids = {parcel.delivery_id for parcel in touched}
        rows = await writing.among(Parcel, "delivery_id", delivery_ids, "id")
        parcels = {row.id: row for row in rows}
        wanted = {parcel.id for parcel in touched}
        stacks = {parcel_id: _stack(parcel_id, parcels) for parcel_id in parcels}
        above = {key: stack for key, stack in stacks.items() if wanted.intersection(stack)}
        kin = {parcel_id for stack in above.values() for parcel_id in stack}
        events: defaultdict[UUID, dict[tuple[str, str], TrackingEvent]] = defaultdict(dict)
        for event in await writing.among(TrackingEvent, "parcel_id", kin):
            events[event.parcel_id][event.source, event.dedupe_key] = event
        named = await writing.among(TrackingNumber, "parcel_id", wanted)
        numbers = {(it.parcel_id, it.number) for it in named}
        return cls(writing, parcels, above, events, numbers)

    def add(self, parcel: Parcel, report: TrackingReport, source: str | None) -> Outcome:
        """Add an event unless it is known; a new number is added beside the others (P3)."""
        named = source or report.vocabulary.value
        known = self.events[parcel.id]
        event = known.get((named, report.dedupe_key))
        status = "UNCHANGED" if event else "CREATED"
        if event is None:
            event = known[named, report.dedupe_key] = _event(self.writing, parcel, report, named)
            self.writing.session.add(event)
        number = report.new_tracking_number
        if number is not None and (parcel.id, number) not in self.numbers:
            self.numbers.add((parcel.id, number))
            self.writing.session.add(_number(self.writing, parcel, number))
            self.writing.record(
                Aggregate.PARCEL, parcel.id, "parcel.tracking_number_added", number=number
            )
        return {"parcel_id": parcel.id, "event_id": event.id, "status": status}

    def follow(self) -> set[UUID]:
        """Recompute every parcel that has new events, from all of them; a voided one stays so.

        Returns the deliveries of those that did not stay as they were.
        """
        moved = set()
        for parcel_id, stack in self.above.items():
            parcel = self.parcels[parcel_id]
            if parcel.status is ParcelStatus.VOIDED:
                continue
            events = [event for key in stack for event in self.events[key].values()]
            if _stand(self.writing, parcel, standing(parcel.packed_at, events)):
                moved.add(parcel.delivery_id)
        return moved


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


def _event(writing: Writing, parcel: Parcel, report: TrackingReport, source: str) -> TrackingEvent:
    meant = meaning(report.vocabulary, report.status, report.sub_status)
    return TrackingEvent(
        merchant_id=writing.viewer.merchant_id,
        id=new_id(),
        parcel_id=parcel.id,
        source=source,
        dedupe_key=report.dedupe_key,
        carrier_event_id=report.carrier_event_id,
        occurred_at=report.occurred_at,
        recorded_at=writing.now,
        status=meant.status,
        sub_status=report.sub_status,
        original_status=report.status,
        is_delay=meant.is_delay,
        is_correction=report.is_correction,
        place=report.place,
        message=report.message,
        raw_reference=report.raw_reference,
    )


def _number(writing: Writing, parcel: Parcel, number: str) -> TrackingNumber:
    return TrackingNumber(
        merchant_id=writing.viewer.merchant_id,
        id=new_id(),
        parcel_id=parcel.id,
        carrier_id=None,
        number=number,
        added_at=writing.now,
    )


def _stand(writing: Writing, parcel: Parcel, now: Standing) -> bool:
    """Give a parcel its standing; one journal event where status or delay changed.

    Tells whether it had another one before.
    """
    was, was_delayed = parcel.status, parcel.is_delayed
    if (was, parcel.status_at, was_delayed) == (now.status, now.status_at, now.is_delayed):
        return False
    for column in ("status", "status_at", "is_delayed"):
        setattr(parcel, column, getattr(now, column))
        # The same columns in every row, so that one statement updates all rows.
        flag_modified(parcel, column)
    if now.status is not was:
        what, at = f"parcel.{now.status.value.lower()}", now.status_at
        writing.record(Aggregate.PARCEL, parcel.id, what, at, was=was, is_delayed=now.is_delayed)
    elif now.is_delayed is not was_delayed:
        what = "parcel.delayed" if now.is_delayed else "parcel.delay_ended"
        writing.record(Aggregate.PARCEL, parcel.id, what)
    return True
