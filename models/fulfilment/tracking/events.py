"""Tracking events: what carriers report of a parcel, and what tells one from another."""

import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from sqlalchemy import ARRAY, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import OTHERS
from models.base.tables import OneOf, Owned, indexed, known, to, unique
from models.base.visibility import Seen, through
from models.fulfilment.parcels import ParcelStatus


class TrackingEvent(Owned):
    """One report, never changed. dedupe_key: see `identity`, or of the time before there was that.

    source: the number of the carrier that reported it, or the name of the feed. original_status:
    the word as it was reported. is_delay: a flag beside the status. is_correction: may leave a
    terminal status. is_error_declaration: takes back the event with its carrier's id, and says
    nothing else; corrective_event_ids: the carrier's ids of what happened instead.
    """

    __tablename__ = "tracking_events"
    __seen__: ClassVar[Seen] = dict.fromkeys(OTHERS, through("Parcel", "parcel_id"))
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
    is_error_declaration: Mapped[bool] = mapped_column(default=False, server_default="false")
    corrective_event_ids: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
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


class Distinct(Protocol):
    """What of an event tells it from others of its parcel and source."""

    @property
    def carrier_event_id(self) -> str | None:
        """The carrier's own id of it."""

    @property
    def original_status(self) -> str:
        """The word as it was reported."""

    @property
    def sub_status(self) -> str | None:
        """The finer word."""

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""

    @property
    def place(self) -> str | None:
        """Where it happened."""

    @property
    def message(self) -> str | None:
        """The carrier's text."""

    @property
    def is_correction(self) -> bool:
        """Whether it takes back a terminal status."""

    @property
    def is_error_declaration(self) -> bool:
        """Whether it takes back an event."""


_EPCIS_PREFIXES = tuple(
    f"{way}{kind}{end}"
    for kind in ("bizstep", "disp")
    for way, end in (
        ("urn:epcglobal:cbv:", ":"),
        ("https://ref.gs1.org/cbv/", "-"),
        ("cbv:", "-"),
    )
)


def folded_word(word: str | None) -> str:
    """Return a word as words are compared: without regard to case, to space, to EPCIS's prefix."""
    word = " ".join((word or "").split()).casefold()
    for prefix in _EPCIS_PREFIXES:
        word = word.removeprefix(prefix)
    return word


def identity(event: Distinct) -> str:
    """Return what two reports of a parcel from one source share if they are one event (P4).

    The carrier's id where it gives one; ids are compared as they are, since some differ by case
    only. A correction of an event, and a declaration that it was an error, bear its id: each is an
    event of its own, and so is a correction that says something else. Without an id, what happened
    (both words and the carrier's text, since many tell the time by the minute or the day only),
    when, where, and whether it is a correction; not where the raw report is kept, which differs
    when a feed is read again.
    """
    kind = "error" if event.is_error_declaration else "correction" if event.is_correction else ""
    if event.carrier_event_id is not None and not event.is_correction:
        return f"{kind}:{event.carrier_event_id}" if kind else event.carrier_event_id
    texts = (event.original_status, event.sub_status, event.place, event.message)
    happened = (*map(folded_word, texts), event.occurred_at.astimezone(UTC).isoformat(), kind)
    digest = f"sha256:{hashlib.sha256(repr(happened).encode()).hexdigest()}"
    return digest if event.carrier_event_id is None else f"{kind}:{event.carrier_event_id}:{digest}"
