"""What a delivery is packed into, down to lots and serial numbers."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from string import ascii_lowercase, ascii_uppercase
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Computed, Text, func, literal_column
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column

from kit.standards.gs1 import is_sscc
from models.access.viewers import OTHERS, Actor, Scope
from models.base.tables import OneOf, Owned, PartOf, Searched, check, indexed, known, to, unique
from models.base.visibility import Seen, own, through
from models.master.packagings import Packaged, count_in_packagings, packaged


class ParcelStatus(StrEnum):
    """Where a parcel is; recomputed from all of its tracking events."""

    PACKED = "PACKED"
    LABEL_CREATED = "LABEL_CREATED"
    PICKED_UP = "PICKED_UP"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    ATTEMPT_FAILED = "ATTEMPT_FAILED"
    READY_FOR_PICKUP = "READY_FOR_PICKUP"
    DELIVERED = "DELIVERED"
    RETURNED_TO_SENDER = "RETURNED_TO_SENDER"
    EXCEPTION = "EXCEPTION"
    LOST = "LOST"
    UNKNOWN = "UNKNOWN"
    VOIDED = "VOIDED"


WITH_CARRIER = frozenset(
    {
        ParcelStatus.PICKED_UP,
        ParcelStatus.IN_TRANSIT,
        ParcelStatus.OUT_FOR_DELIVERY,
        ParcelStatus.ATTEMPT_FAILED,
        ParcelStatus.READY_FOR_PICKUP,
        ParcelStatus.DELIVERED,
        ParcelStatus.RETURNED_TO_SENDER,
        ParcelStatus.LOST,
    }
)
"""Where a parcel has left by what its carrier says, whether its dispatch is told or not."""


class Parcel(Owned):
    """A transport unit. parent_id: the pallet that it stands on. packing: of its delivery."""

    __tablename__ = "parcels"
    __part_of__ = PartOf("DeliveryLine", "delivery_id", "delivery_id", "order_id")
    __searched__ = Searched(Scope.DELIVERIES_READ, is_it=lambda row, it: [is_sscc(row.sscc, it)])
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: through("Delivery", "delivery_id"),
        Actor.STOREFRONT: through("Delivery", "delivery_id"),
        Actor.WAREHOUSE: through("Delivery", "delivery_id"),
        Actor.CARRIER: own("carrier_id"),
    }
    __table_args__ = (
        unique("sscc", "sscc"),
        to("deliveries", "delivery_id"),
        to("parties", "carrier_id"),
        to("parcels", "parent_id"),
        indexed("parcels", "delivery_id"),
        indexed("parcels", "carrier_id"),
        indexed("parcels", "parent_id"),
        known("status", ParcelStatus),
        check("weight_positive", "weight_g > 0"),
        check("sscc_digits", "sscc ~ '^[0-9]{18}$'"),
        check("size_positive", "least(length_mm, width_mm, height_mm) > 0"),
    )

    delivery_id: Mapped[UUID]
    packing: Mapped[int]
    parcel_no: Mapped[int]
    sscc: Mapped[str | None]
    carrier_id: Mapped[UUID | None]
    service: Mapped[str | None]
    label_reference: Mapped[str | None]
    parent_id: Mapped[UUID | None]
    weight_g: Mapped[int | None]
    length_mm: Mapped[int | None]
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    status: Mapped[ParcelStatus] = mapped_column(OneOf(ParcelStatus))
    is_delayed: Mapped[bool] = mapped_column(default=False)
    status_at: Mapped[datetime]
    packed_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]


_WRITTEN, _COMPARED = f"{ascii_lowercase} ", ascii_uppercase
_AS_COMPARED = str.maketrans(ascii_lowercase, ascii_uppercase, " ")


def compared(number: str) -> str:
    """Return a tracking number as numbers are compared: without spaces, in capitals."""
    return number.translate(_AS_COMPARED)


def compared_in_sql(number: Any) -> ColumnElement[str]:
    """Return the same of a parameter, in SQL."""
    written, now = (literal_column(f"'{it}'::text", Text()) for it in (_WRITTEN, _COMPARED))
    return func.translate(number, written, now, type_=Text())


class TrackingNumber(Owned):
    """A carrier's number of a parcel; a second one never replaces the first (invariant P3).

    number_compared: as numbers are compared, in a column, for row-level security uses no index over
    a function that might tell what it is given. is_voided: whether its parcel is, so that of many
    voided ones none is read for those that count. Parcels that share a number are one consignment
    of one customer, unless one was at its end before (`commands.fulfilment.tracking.named`).
    """

    __tablename__ = "tracking_numbers"
    __searched__ = Searched(
        Scope.DELIVERIES_READ,
        is_it=lambda row, text: [row.is_called(text)],
        shows=("Parcel", "parcel_id"),
    )
    __seen__: ClassVar[Seen] = dict.fromkeys(OTHERS, through("Parcel", "parcel_id"))
    __table_args__ = (
        to("parcels", "parcel_id"),
        to("parties", "carrier_id"),
        unique("number", "number", "parcel_id"),
        indexed("tracking_numbers", "number_compared", "is_voided", "added_at"),
        indexed("tracking_numbers", "parcel_id"),
        indexed("tracking_numbers", "carrier_id"),
    )

    parcel_id: Mapped[UUID]
    carrier_id: Mapped[UUID | None]
    number: Mapped[str]
    number_compared: Mapped[str] = mapped_column(
        Computed(f"translate(number, '{_WRITTEN}'::text, '{_COMPARED}'::text)", persisted=True)
    )
    added_at: Mapped[datetime]
    is_voided: Mapped[bool] = mapped_column(default=False, server_default="false")

    @hybrid_method
    def is_called(self, number: str) -> bool:
        """Tell whether it is a number, spaces and case aside."""
        return self.number_compared == compared(number)

    @is_called.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _is_called(cls, number: Any) -> ColumnElement[bool]:
        return cls.number_compared == compared_in_sql(number)


class ParcelContent(Packaged, Owned):
    """How much of one delivery line lies in a parcel; P1: over all parcels what was shipped."""

    __tablename__ = "parcel_contents"
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: through("Parcel", "parcel_id"),
        Actor.STOREFRONT: through("DeliveryLine", "delivery_line_id"),
        Actor.WAREHOUSE: through("Parcel", "parcel_id"),
        Actor.CARRIER: through("Parcel", "parcel_id"),
    }
    __table_args__ = (
        to("parcels", "parcel_id"),
        to("delivery_lines", "delivery_line_id"),
        indexed("parcel_contents", "parcel_id"),
        indexed("parcel_contents", "delivery_line_id"),
        check("quantity_positive", "quantity > 0"),
        *packaged("parcel_contents"),
    )

    parcel_id: Mapped[UUID]
    delivery_line_id: Mapped[UUID]
    quantity: Mapped[Decimal]
    lot: Mapped[str | None]
    serial_numbers: Mapped[list[str]] = mapped_column(ARRAY(Text))

    packaged_quantity = count_in_packagings("quantity")


class ParcelLineage(Owned):
    """Which voided parcel a new one was repacked from (invariant P5)."""

    __tablename__ = "parcel_lineage"
    __seen__: ClassVar[Seen] = dict.fromkeys(OTHERS, through("Parcel", "parcel_id"))
    __table_args__ = (
        to("parcels", "parcel_id"),
        to("parcels", "repacked_from_id"),
        unique("pair", "parcel_id", "repacked_from_id"),
        indexed("parcel_lineage", "repacked_from_id"),
    )

    parcel_id: Mapped[UUID]
    repacked_from_id: Mapped[UUID]
