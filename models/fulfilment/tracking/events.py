"""Tracking events: what carriers report of a parcel."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import OTHERS
from models.base.tables import OneOf, Owned, indexed, known, to, unique
from models.base.visibility import Seen, through
from models.fulfilment.parcels import ParcelStatus


class TrackingEvent(Owned):
    """One report, never changed. dedupe_key: the carrier's event id, else a hash of the event.

    source: the number of the carrier that reported it, or the name of the feed. original_status:
    the word as it was reported. is_delay: a flag beside the status. is_correction: may leave a
    terminal status.
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
