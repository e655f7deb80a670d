"""Where a parcel stands: the status that follows from all that was reported of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from models.fulfilment.deliveries.ways import NUMBERED_WITHIN, TERMINAL
from models.fulfilment.parcels import Parcel, ParcelStatus

FAST = timedelta(minutes=5)
"""How fast a carrier's clock may be and still say what came after what."""


def has_shared(parcel: Parcel, added_at: datetime, newest: datetime) -> bool:
    """Tell whether a parcel still had its number when the newest one got it: they share it then."""
    was_over = parcel.status in TERMINAL and parcel.status_at < newest
    return added_at == newest or (not was_over and newest - added_at <= NUMBERED_WITHIN)


_RANK = {
    status: rank
    for rank, status in enumerate(
        (
            ParcelStatus.UNKNOWN,
            ParcelStatus.LABEL_CREATED,
            ParcelStatus.PICKED_UP,
            ParcelStatus.IN_TRANSIT,
            ParcelStatus.EXCEPTION,
            ParcelStatus.OUT_FOR_DELIVERY,
            ParcelStatus.ATTEMPT_FAILED,
            ParcelStatus.READY_FOR_PICKUP,
            ParcelStatus.DELIVERED,
            ParcelStatus.RETURNED_TO_SENDER,
            ParcelStatus.LOST,
        )
    )
}
"""Which of two reports of one instant counts as the later one."""

_NO_PROGRESS = frozenset({ParcelStatus.UNKNOWN, ParcelStatus.LABEL_CREATED, ParcelStatus.EXCEPTION})
"""Statuses that do not show that a delayed parcel moves again."""

_ON_THE_ROAD = frozenset(
    {
        ParcelStatus.IN_TRANSIT,
        ParcelStatus.OUT_FOR_DELIVERY,
        ParcelStatus.ATTEMPT_FAILED,
        ParcelStatus.READY_FOR_PICKUP,
    }
)
"""Statuses after which a parcel is not picked up, but leaves a hub."""


class Report(Protocol):
    """What the status rule reads of an event."""

    @property
    def id(self) -> UUID:
        """Its key, in the order in which events were recorded."""

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""

    @property
    def recorded_at(self) -> datetime:
        """When it was told to us."""

    @property
    def status(self) -> ParcelStatus:
        """What was reported."""

    @property
    def is_delay(self) -> bool:
        """Whether it reports a delay."""

    @property
    def is_correction(self) -> bool:
        """Whether it takes a report before it back."""

    @property
    def source(self) -> str:
        """Who reported it."""

    @property
    def carrier_event_id(self) -> str | None:
        """The reporter's own id of it, which a correction of it bears, too."""

    @property
    def is_error_declaration(self) -> bool:
        """Whether it only says that the report with its id was an error."""


class Standing(NamedTuple):
    """What follows from all reports of a parcel. status_at: when it came to its status."""

    status: ParcelStatus
    status_at: datetime
    is_delayed: bool = False


def standing(packed_at: datetime, reports: Iterable[Report]) -> Standing:
    """Return where a parcel stands; neither order nor repetition of the reports matters.

    Reports count by (instant, rank), corrections after all others of their instant, which is the
    one that they state, but at most `FAST` after they were recorded. UNKNOWN
    hides nothing that is known, so that a parcel without a telling report is PACKED. What is picked
    up when it is on the road has left a hub, and is IN_TRANSIT. A terminal status stays until a
    correction. A delay lasts until a later report of progress. What was declared an error, or
    corrected under its own id, is as if it had never been reported, whichever of the two came
    first; of corrections and declarations under one id, the one that came last counts.
    """
    status, status_at = ParcelStatus.PACKED, packed_at
    moved_at = delayed_at = None
    is_on_the_road = False
    for report in sorted(_counting(list(reports)), key=_order):
        if report.is_delay:
            delayed_at = _when(report)
        over = status in TERMINAL and not report.is_correction
        if over or report.status is ParcelStatus.UNKNOWN:
            continue
        is_on_the_road &= not report.is_correction
        is_on_the_road |= report.status in _ON_THE_ROAD
        left_hub = is_on_the_road and report.status is ParcelStatus.PICKED_UP
        reported = ParcelStatus.IN_TRANSIT if left_hub else report.status
        if reported is not status or report.is_correction:
            status, status_at = reported, min(report.occurred_at, report.recorded_at)
        if report.status not in _NO_PROGRESS:
            moved_at = _when(report)
    waits = delayed_at is not None and (moved_at is None or moved_at <= delayed_at)
    return Standing(status, status_at, waits and status not in TERMINAL)


def _counting(reports: Sequence[Report]) -> Iterable[Report]:
    """Leave out declarations of errors, and what they or corrections take back."""
    amending = (it for it in reports if it.is_correction or it.is_error_declaration)
    last = {_named(it): it for it in sorted(amending, key=lambda it: it.id)}
    for report in reports:
        counts = last.get(_named(report), report) is report or report.carrier_event_id is None
        if counts and not report.is_error_declaration:
            yield report


def _named(report: Report) -> tuple[str, str | None]:
    return report.source.casefold(), report.carrier_event_id


def _when(report: Report) -> tuple[datetime, datetime]:
    """Return when it counts as reported, and when by its own clock.

    No time to come orders what others report until then, only what came together with it.
    """
    return min(report.occurred_at, report.recorded_at + FAST), report.occurred_at


def _order(report: Report) -> tuple[tuple[datetime, datetime], bool, int]:
    return _when(report), report.is_correction, _RANK[report.status]
