"""What reports add to parcels beside where they are: further numbers, and how much there may be."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from commands.fulfilment.parcels.numbers import (
    Holder,
    check_added,
    customers_of,
    holders_from_now,
)
from commands.fulfilment.tracking.reports import TrackingReport
from commands.writing.transaction import Writing
from kit.errors import Code, Path, Refused
from kit.ids import new_id
from models.events.fulfilment.parcels import ParcelTrackingNumberAdded
from models.fulfilment.parcels import Parcel, ParcelStatus, TrackingNumber, compared

_MOST_EVENTS, _MOST_NUMBERS = 1_000, 30
"""Of one parcel. What is reported of a pallet is read for all that stands on it."""


def check_events(how_many: int, path: Path) -> None:
    """Refused: TOO_MANY_ITEMS for an event of a parcel that has as many as it may."""
    if how_many >= _MOST_EVENTS:
        text = f"A parcel has at most {_MOST_EVENTS:,} events."
        raise Refused(Code.TOO_MANY_ITEMS, text, path)


def leave_out_most(
    parcels: dict[int, list[Parcel]], reports: Sequence[TrackingReport], most: int
) -> dict[int, Refused]:
    """Leave out reports of numbers that so many parcels share that no other would be recorded.

    parcels: of each report, by position. most: how many of them all of a call may name. Returns why
    they are refused: TOO_MANY_ITEMS.
    """
    named, refused = sum(map(len, parcels.values())), dict[int, Refused]()
    for place in sorted(parcels, key=lambda it: (-len(parcels[it]), it)):
        if named <= most:
            break
        many = len(parcels.pop(place))
        named -= many
        text = f"{many:,} parcels have this number: report it in another call."
        refused[place] = Refused(Code.TOO_MANY_ITEMS, text, ("events", place, reports[place].key))
    return refused


@dataclass
class AddedNumbers:
    """Numbers of parcels to which reports add some.

    there: parcel id -> its numbers, as they are compared. holders: of those that are added.
    customers: delivery id -> to whom it goes.
    """

    there: dict[UUID, set[str]] = field(default_factory=dict)
    holders: Mapping[str, Sequence[Holder]] = field(default_factory=dict)
    customers: Mapping[UUID, Any] = field(default_factory=dict)

    @classmethod
    async def read(
        cls, writing: Writing, parcels: Collection[Parcel], added: Collection[str]
    ) -> "AddedNumbers":
        """Read them, where any number is added."""
        if not added:
            return cls()
        there: dict[UUID, set[str]] = {it.id: set() for it in parcels}
        for each in await writing.records(TrackingNumber, "parcel_id", list(there)):
            there[each.parcel_id].add(compared(each.number))
        holders = await holders_from_now(writing, {compared(it) for it in added}, writing.now)
        customers = await customers_of(writing, {it.delivery_id for it in parcels})
        return cls(there, holders, customers)

    def check(self, parcel: Parcel, report: TrackingReport, place: int) -> None:
        """Refused: TAKEN for another parcel's number, TOO_MANY_ITEMS for more than it may have."""
        number, path = report.new_tracking_number, ("events", place, "new_tracking_number")
        if number is None or compared(number) in self.there[parcel.id]:
            return
        if len(self.there[parcel.id]) >= _MOST_NUMBERS:
            text = f"A parcel has at most {_MOST_NUMBERS} tracking numbers."
            raise Refused(Code.TOO_MANY_ITEMS, text, path)
        holders = self.holders.get(compared(number), ())
        check_added(parcel, self.customers[parcel.delivery_id], holders, path)

    def add(self, writing: Writing, parcel: Parcel, report: TrackingReport) -> None:
        """Add a number beside the others of a parcel that does not have it (P3)."""
        number = report.new_tracking_number
        if number is None or compared(number) in self.there[parcel.id]:
            return
        self.there[parcel.id].add(compared(number))
        added = TrackingNumber(
            merchant_id=writing.viewer.merchant_id,
            id=new_id(),
            parcel_id=parcel.id,
            carrier_id=None,
            number=number,
            added_at=writing.now,
            is_voided=parcel.status is ParcelStatus.VOIDED,
        )
        writing.session.add(added)
        writing.record(ParcelTrackingNumberAdded(parcel.id, tracking_number_id=added.id))
