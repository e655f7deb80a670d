"""Tracking events: what carriers report of a parcel, and the status that follows from all of it.

The words are those of the domain page (section 4). Foreign words are compared without regard to
case and to space around them; EPCIS also as URN or web URI of the Core Business Vocabulary.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from models.base.tables import OneOf, Owned, indexed, known, to, unique
from models.fulfilment.parcels import ParcelStatus


class TrackingEvent(Owned):
    """One report, never changed. dedupe_key: the carrier's event id, else a hash of the event.

    source: the number of the carrier that reported it, or the name of the feed. original_status:
    the word as it was reported. is_delay: a flag beside the status. is_correction: may leave a
    terminal status.
    """

    __tablename__ = "tracking_events"
    __table_args__ = (
        to("parcels", "parcel_id"),
        unique("once", "parcel_id", "source", "dedupe_key"),
        indexed("tracking_events", "parcel_id", "occurred_at", "id"),
        known("status", ParcelStatus),
    )

    parcel_id: Mapped[UUID]
    source: Mapped[str]
    dedupe_key: Mapped[str]
    carrier_event_id: Mapped[str | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    status: Mapped[ParcelStatus] = mapped_column(OneOf(ParcelStatus))
    sub_status: Mapped[str | None]
    original_status: Mapped[str]
    is_delay: Mapped[bool] = mapped_column(default=False)
    is_correction: Mapped[bool] = mapped_column(default=False)
    place: Mapped[str | None]
    message: Mapped[str | None]
    raw_reference: Mapped[str | None]


class Vocabulary(StrEnum):
    """Whose words an event's status is written in."""

    ABRUF = "ABRUF"
    SHOPIFY = "SHOPIFY"
    AFTERSHIP = "AFTERSHIP"
    EASYPOST = "EASYPOST"
    EPCIS = "EPCIS"


@dataclass(frozen=True)
class Meaning:
    """What a foreign word means: a status, or a delay, which tells nothing of the status."""

    status: ParcelStatus
    is_delay: bool = False


UNKNOWN = Meaning(ParcelStatus.UNKNOWN)
DELAYED = Meaning(ParcelStatus.UNKNOWN, is_delay=True)

_OURS = {
    status.value: Meaning(status)
    for status in ParcelStatus
    if status not in {ParcelStatus.PACKED, ParcelStatus.VOIDED}
}
"""What only we decide, PACKED and VOIDED, is no word that somebody can report."""

_WORDS: Mapping[Vocabulary, Mapping[str, Meaning]] = {
    Vocabulary.ABRUF: _OURS | {"DELAYED": DELAYED},
    Vocabulary.SHOPIFY: {
        "LABEL_PURCHASED": Meaning(ParcelStatus.LABEL_CREATED),
        "LABEL_PRINTED": Meaning(ParcelStatus.LABEL_CREATED),
        "CONFIRMED": Meaning(ParcelStatus.LABEL_CREATED),
        "CARRIER_PICKED_UP": Meaning(ParcelStatus.PICKED_UP),
        "IN_TRANSIT": Meaning(ParcelStatus.IN_TRANSIT),
        "DELAYED": DELAYED,
        "OUT_FOR_DELIVERY": Meaning(ParcelStatus.OUT_FOR_DELIVERY),
        "ATTEMPTED_DELIVERY": Meaning(ParcelStatus.ATTEMPT_FAILED),
        "READY_FOR_PICKUP": Meaning(ParcelStatus.READY_FOR_PICKUP),
        "DELIVERED": Meaning(ParcelStatus.DELIVERED),
        "FAILURE": Meaning(ParcelStatus.EXCEPTION),
    },
    Vocabulary.AFTERSHIP: {
        "InfoReceived": Meaning(ParcelStatus.LABEL_CREATED),
        "InTransit": Meaning(ParcelStatus.IN_TRANSIT),
        "OutForDelivery": Meaning(ParcelStatus.OUT_FOR_DELIVERY),
        "AttemptFail": Meaning(ParcelStatus.ATTEMPT_FAILED),
        "AvailableForPickup": Meaning(ParcelStatus.READY_FOR_PICKUP),
        "Delivered": Meaning(ParcelStatus.DELIVERED),
        "Exception": Meaning(ParcelStatus.EXCEPTION),
        "Expired": Meaning(ParcelStatus.EXCEPTION),
        "Pending": UNKNOWN,
    },
    Vocabulary.EASYPOST: {
        "pre_transit": Meaning(ParcelStatus.LABEL_CREATED),
        "in_transit": Meaning(ParcelStatus.IN_TRANSIT),
        "out_for_delivery": Meaning(ParcelStatus.OUT_FOR_DELIVERY),
        "failure": Meaning(ParcelStatus.ATTEMPT_FAILED),
        "available_for_pickup": Meaning(ParcelStatus.READY_FOR_PICKUP),
        "delivered": Meaning(ParcelStatus.DELIVERED),
        "return_to_sender": Meaning(ParcelStatus.RETURNED_TO_SENDER),
        "error": Meaning(ParcelStatus.EXCEPTION),
        "cancelled": Meaning(ParcelStatus.EXCEPTION),
        "unknown": UNKNOWN,
    },
    Vocabulary.EPCIS: {
        "packing": Meaning(ParcelStatus.LABEL_CREATED),
        "staging_outbound": Meaning(ParcelStatus.LABEL_CREATED),
        "loading": Meaning(ParcelStatus.PICKED_UP),
        "departing": Meaning(ParcelStatus.PICKED_UP),
        "transporting": Meaning(ParcelStatus.IN_TRANSIT),
        "arriving": Meaning(ParcelStatus.DELIVERED),
        "receiving": Meaning(ParcelStatus.DELIVERED),
    },
}
"""The domain page's table. A word that it lists in several rows has the reading that claims
least: AfterShip's InTransit and Exception are told apart by their sub-status alone, EasyPost's
failure is a failed attempt, EXCEPTION is not yet LOST."""

_FINER: Mapping[Vocabulary, Mapping[str, Meaning]] = {
    Vocabulary.AFTERSHIP: {
        "InTransit_002": Meaning(ParcelStatus.PICKED_UP),
        "Exception_004": DELAYED,
        "Exception_005": DELAYED,
        "Exception_011": Meaning(ParcelStatus.RETURNED_TO_SENDER),
        "Exception_013": Meaning(ParcelStatus.LOST),
    }
}
"""Sub-statuses that say more than their status (AfterShip, "Delivery Sub-statuses": acceptance
scan, delayed at customs, delayed by external factors, returned to sender, lost)."""

_EPCIS_PREFIXES = ("urn:epcglobal:cbv:bizstep:", "https://ref.gs1.org/cbv/bizstep-")


def _folded(word: str) -> str:
    word = word.strip().casefold()
    for prefix in _EPCIS_PREFIXES:
        word = word.removeprefix(prefix)
    return word


def _by_folded(
    words: Mapping[Vocabulary, Mapping[str, Meaning]],
) -> Mapping[tuple[Vocabulary, str], Meaning]:
    return {
        (vocabulary, _folded(word)): meaning
        for vocabulary, meanings in words.items()
        for word, meaning in meanings.items()
    }


_MEANINGS, _FINER_MEANINGS = _by_folded(_WORDS), _by_folded(_FINER)


def meaning(vocabulary: Vocabulary, status: str, sub_status: str | None = None) -> Meaning:
    """Return what a reported word means; a word that nobody knows is UNKNOWN, never lost."""
    finer = _FINER_MEANINGS.get((vocabulary, _folded(sub_status or "")))
    return finer or _MEANINGS.get((vocabulary, _folded(status)), UNKNOWN)


TERMINAL = frozenset({ParcelStatus.DELIVERED, ParcelStatus.RETURNED_TO_SENDER, ParcelStatus.LOST})
"""Where a parcel's way ends; only a correction leads out of it."""

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


class Report(Protocol):
    """What the status rule reads of an event."""

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""

    @property
    def status(self) -> ParcelStatus:
        """What was reported."""

    @property
    def is_delay(self) -> bool:
        """Whether it reports a delay."""

    @property
    def is_correction(self) -> bool:
        """Whether it takes a report before it back."""


class Standing(NamedTuple):
    """What follows from all reports of a parcel. status_at: when it came to its status."""

    status: ParcelStatus
    status_at: datetime
    is_delayed: bool = False


def standing(packed_at: datetime, reports: Iterable[Report]) -> Standing:
    """Return where a parcel stands; neither order nor repetition of the reports matters.

    Reports count by (occurred_at, rank), corrections after all others of their instant. UNKNOWN
    hides nothing that is known, so that a parcel without a telling report is PACKED. A terminal
    status stays until a correction. A delay lasts until a later report of progress.
    """
    status, status_at = ParcelStatus.PACKED, packed_at
    moved_at = delayed_at = None
    for report in sorted(reports, key=_order):
        if report.is_delay:
            delayed_at = report.occurred_at
        over = status in TERMINAL and not report.is_correction
        if over or report.status is ParcelStatus.UNKNOWN:
            continue
        if report.status is not status or report.is_correction:
            status, status_at = report.status, report.occurred_at
        if report.status not in _NO_PROGRESS:
            moved_at = report.occurred_at
    waits = delayed_at is not None and (moved_at is None or moved_at <= delayed_at)
    return Standing(status, status_at, waits and status not in TERMINAL)


def _order(report: Report) -> tuple[datetime, bool, int]:
    return report.occurred_at, report.is_correction, _RANK[report.status]
