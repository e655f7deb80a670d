"""Releases and their schedule lines (forecast and just-in-time), and what of them is still open."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor
from models.base.tables import (
    OneOf,
    Owned,
    check,
    indexed,
    known,
    not_negative,
    to,
    unique,
    whole_window,
)
from models.base.visibility import Seen, through
from models.master.packagings import Packaged, count_in_packagings, packaged


class ReleaseType(StrEnum):
    """DELFOR (forecast) or DELJIT (just in time)."""

    FORECAST = "FORECAST"
    JIT = "JIT"


class ReleaseFunction(StrEnum):
    """Whether a release is the whole schedule or changes single lines (EDIFACT 1225)."""

    REPLACE = "REPLACE"
    UPDATE = "UPDATE"


class ReleaseState(StrEnum):
    """Where a release stands."""

    RECEIVED = "RECEIVED"
    ACTIVE = "ACTIVE"
    SUPERSEDED = "SUPERSEDED"
    REJECTED = "REJECTED"


class Commitment(StrEnum):
    """How binding a schedule line is (EDIFACT 4017: 1 to 4)."""

    FIRM = "FIRM"
    MAKE_AND_MATERIAL = "MAKE_AND_MATERIAL"
    MATERIAL = "MATERIAL"
    FORECAST = "FORECAST"


class ScheduleStatus(StrEnum):
    """How far a schedule line has come; derived from cumulatives, never stored."""

    OPEN = "OPEN"
    PARTIALLY_DELIVERED = "PARTIALLY_DELIVERED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"
    OVERDUE = "OVERDUE"


class Release(Owned):
    """One schedule message for one contract line.

    release_no rises per line and type (K7). cumulative_received: what the customer says it had
    received in all when it sent the release, in the contract unit.
    """

    __tablename__ = "releases"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("Contract", "contract_id")}
    __table_args__ = (
        to("contracts", "contract_id"),
        to("contract_lines", "contract_line_id"),
        indexed("releases", "contract_id"),
        unique("release_no", "contract_line_id", "type", "release_no"),
        Index(
            "uq_releases_one_active",
            "merchant_id",
            "contract_line_id",
            "type",
            unique=True,
            postgresql_where=text("state = 'ACTIVE'"),
        ),
        known("type", ReleaseType),
        known("function", ReleaseFunction),
        known("state", ReleaseState),
        check("release_no_positive", "release_no > 0"),
        not_negative("cumulative_received"),
        check("horizon_ordered", "horizon_start <= horizon_end"),
    )

    contract_id: Mapped[UUID]
    contract_line_id: Mapped[UUID]
    type: Mapped[ReleaseType] = mapped_column(OneOf(ReleaseType))
    release_no: Mapped[int]
    function: Mapped[ReleaseFunction] = mapped_column(OneOf(ReleaseFunction))
    state: Mapped[ReleaseState] = mapped_column(OneOf(ReleaseState))
    horizon_start: Mapped[datetime | None]
    horizon_end: Mapped[datetime | None]
    cumulative_received: Mapped[Decimal]
    last_receipt_reference: Mapped[str | None]
    received_at: Mapped[datetime]


class ScheduleLine(Packaged, Owned):
    """One quantity at one time of a release."""

    __tablename__ = "schedule_lines"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("Release", "release_id")}
    __table_args__ = (
        to("releases", "release_id"),
        unique("line_no", "release_id", "line_no"),
        known("commitment", Commitment),
        not_negative("quantity"),
        whole_window(),
        *packaged("schedule_lines"),
    )

    release_id: Mapped[UUID]
    line_no: Mapped[int]
    window_earliest: Mapped[datetime]
    window_latest: Mapped[datetime]
    window_zone: Mapped[str]
    quantity: Mapped[Decimal]
    commitment: Mapped[Commitment] = mapped_column(OneOf(Commitment))

    packaged_quantity = count_in_packagings("quantity")


def released_quantities(quantities: Sequence[Decimal], received: Decimal) -> list[Decimal]:
    """Return the cumulative quantity up to which each schedule line asks, in date order."""
    return list(accumulate(quantities, initial=received))[1:]


def open_quantities(
    quantities: Sequence[Decimal], received: Decimal, issued: Decimal
) -> list[Decimal]:
    """Return what is still to ship of each schedule line, the lines in date order.

    quantities: of the lines; received: the customer's cumulative; issued: ours, in one unit.
    The rule is SAP's ("Calculating Open Quantities"), domain section 2: the i-th line is released
    up to received + the sum of the first i quantities.
    """
    released = released_quantities(quantities, received)
    return [
        max(Decimal(0), min(quantity, upto - issued))
        for quantity, upto in zip(quantities, released, strict=True)
    ]
