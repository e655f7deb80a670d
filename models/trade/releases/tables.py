"""Releases and their schedule lines, and the places for which they are counted."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    Index,
    UniqueConstraint,
    case,
    cast,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
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
from models.trade.releases.words import (
    Commitment,
    DateMeaning,
    ReleaseFunction,
    ReleaseState,
    ReleaseType,
    ScheduleBucket,
    ScheduleKind,
)

LARGEST_INTEGER = 2_147_483_647
"""Of GraphQL."""
_WHOLE = "^[1-9][0-9]{0,9}$"


class CumulativeAccount(Owned):
    """A place for which a contract line's quantities are counted (Fortschrittszahlenkonto).

    ship_to_id, unloading_point: the place; without them everything that the line is released for
    without naming one.
    """

    __tablename__ = "cumulative_accounts"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("ContractLine", "contract_line_id")}
    __table_args__ = (
        to("contract_lines", "contract_line_id"),
        to("addresses", "ship_to_id"),
        indexed("cumulative_accounts", "ship_to_id"),
        UniqueConstraint(
            "merchant_id",
            "contract_line_id",
            "ship_to_id",
            "unloading_point",
            name="place",
            postgresql_nulls_not_distinct=True,
        ),
    )

    contract_line_id: Mapped[UUID]
    ship_to_id: Mapped[UUID | None]
    unloading_point: Mapped[str | None]


class AccountPeriod(Owned):
    """What an account counts from a day on: its cumulative quantities begin again (Nullstellung).

    opening, opening_received: what was issued in it before we counted, and what of that had
    arrived. received: what the customer says it has received in it, received_reference: the
    delivery note of the last receipt in that. counted_until: when the newest delivery of ours left
    whose note the customer named so; None where it named none. reconciled_received: what it said
    when its figure and ours were reconciled last; what had left up to reconciled_at may be in that,
    and what left later is not. surplus: what it had by what it said before that, beyond all that
    was issued (`cumulatives.surplus_quantity`). stated_at: as of when it said what it has received
    last, reconciled or not: what left later comes on top of that. None where it has said nothing,
    or said it before this was kept.
    """

    __tablename__ = "account_periods"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("CumulativeAccount", "account_id")}
    __table_args__ = (
        to("cumulative_accounts", "account_id"),
        unique("start", "account_id", "starts_on"),
        not_negative("opening", "opening_received", "received", "reconciled_received", "surplus"),
    )

    account_id: Mapped[UUID]
    starts_on: Mapped[date]
    opening: Mapped[Decimal]
    opening_received: Mapped[Decimal]
    received: Mapped[Decimal]
    received_reference: Mapped[str | None]
    counted_until: Mapped[datetime | None]
    reconciled_received: Mapped[Decimal]
    reconciled_at: Mapped[datetime | None]
    surplus: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    stated_at: Mapped[datetime | None]


class Release(Owned):
    """One schedule message for one contract line and place.

    number: the customer's own, which may begin again; releases are ordered by issued_at, then by
    received_at. cumulative_received: what the customer says it had received in all when it sent
    the release, in the contract unit. *_go_ahead: the cumulative quantities up to which the
    customer answers for what was made, and for material, until a day each. rest_of_forecast: what
    is forecast without a day, beyond its lines. calculated_at: of which instant the customer's
    figures are. planner: a name or code of the customer's. counted_from: the day from which it
    counts, as it was sent. tells_received: whether the customer said what it had received;
    counted_until: as of `AccountPeriod`, by this release. state_reason: why it was rejected or
    withdrawn. answered_at: when the customer was last told what of it cannot be met. replaced: what
    it changed when it came into force, None where that was before this was kept. left_before: what
    had left for its account by then in its period, beside what was issued before we counted, of one
    whose quantities are without what was on its way: that is a line of code IN_TRANSIT; None else.
    """

    __tablename__ = "releases"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("Contract", "contract_id")}
    __table_args__ = (
        to("contracts", "contract_id"),
        to("contract_lines", "contract_line_id"),
        to("cumulative_accounts", "account_id"),
        to("account_periods", "period_id"),
        indexed("releases", "period_id"),
        *(
            indexed("releases", of, order, "id")
            for of in ("contract_id", "contract_line_id", "type")
            for order in ("state", "received_at")
        ),
        indexed("releases", "account_id"),
        Index(
            "uq_releases_one_active",
            "merchant_id",
            "account_id",
            "type",
            unique=True,
            postgresql_where=text("state = 'ACTIVE'"),
        ),
        Index(
            "uq_releases_one_received",
            "merchant_id",
            "account_id",
            "type",
            unique=True,
            postgresql_where=text("state = 'RECEIVED'"),
        ),
        indexed("releases", "state", "id"),
        indexed("releases", "state", "received_at", "id"),
        indexed("releases", "received_at", "id"),
        known("type", ReleaseType),
        known("function", ReleaseFunction),
        known("state", ReleaseState),
        not_negative(
            *("cumulative_received", "production_go_ahead", "material_go_ahead"),
            *("rest_of_forecast", "left_before"),
        ),
        check("horizon_ordered", "horizon_start <= horizon_end"),
    )

    contract_id: Mapped[UUID]
    contract_line_id: Mapped[UUID]
    account_id: Mapped[UUID]
    period_id: Mapped[UUID]
    type: Mapped[ReleaseType] = mapped_column(OneOf(ReleaseType))
    number: Mapped[str]
    issued_at: Mapped[datetime]
    function: Mapped[ReleaseFunction] = mapped_column(OneOf(ReleaseFunction))
    state: Mapped[ReleaseState] = mapped_column(OneOf(ReleaseState))
    horizon_start: Mapped[datetime | None]
    horizon_end: Mapped[datetime | None]
    calculated_at: Mapped[datetime | None]
    cumulative_received: Mapped[Decimal]
    last_receipt_reference: Mapped[str | None]
    point_of_use: Mapped[str | None]
    engineering_revision: Mapped[str | None]
    packaging_instruction: Mapped[str | None]
    planner: Mapped[str | None]
    production_go_ahead: Mapped[Decimal | None]
    production_go_ahead_until: Mapped[date | None]
    material_go_ahead: Mapped[Decimal | None]
    material_go_ahead_until: Mapped[date | None]
    rest_of_forecast: Mapped[Decimal | None]
    counted_from: Mapped[date | None]
    counted_until: Mapped[datetime | None]
    tells_received: Mapped[bool]
    received_at: Mapped[datetime]
    state_reason: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    replaced: Mapped[dict[str, Any] | None]
    left_before: Mapped[Decimal | None]

    @property
    def stated_as_of(self) -> datetime:
        """Of when it is: no later than it was received."""
        return min(self.calculated_at or self.issued_at, self.received_at)

    @hybrid_property
    def release_no(self) -> int | None:
        """The number as an integer, where it is one that GraphQL can tell."""
        digits = self.number
        is_whole = digits.isascii() and digits.isdigit() and digits[0] != "0"
        return int(digits) if is_whole and int(digits) <= LARGEST_INTEGER else None

    @release_no.inplace.expression
    @classmethod
    def _release_no(cls) -> ColumnElement[int | None]:
        whole = cast(cls.number, BigInteger)
        fitting = case((whole <= LARGEST_INTEGER, whole))
        return case((cls.number.regexp_match(_WHOLE), fitting))


class LastReceipt(Owned):
    """A receipt that a customer had counted in when it sent a release, of several the newest ones.

    delivery_note: number of our delivery as the customer writes it, delivery_id: that, None for one
    that we never wrote, or that may be one of several.
    quantity: in the product's unit.
    """

    __tablename__ = "last_receipts"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("Release", "release_id")}
    __table_args__ = (
        to("releases", "release_id"),
        to("deliveries", "delivery_id"),
        indexed("last_receipts", "release_id"),
        indexed("last_receipts", "delivery_id"),
        not_negative("quantity"),
    )

    release_id: Mapped[UUID]
    delivery_note: Mapped[str]
    quantity: Mapped[Decimal | None]
    received_on: Mapped[date | None]
    dispatched_on: Mapped[date | None]
    delivery_id: Mapped[UUID | None]

    @hybrid_property
    def is_ours(self) -> bool:
        """Whether it is the number of a delivery of ours."""
        return self.delivery_id is not None

    @is_ours.inplace.expression
    @classmethod
    def _is_ours(cls) -> ColumnElement[bool]:
        return cls.delivery_id.is_not(None)


class ScheduleLine(Packaged, Owned):
    """One quantity at one time of a release; lines are supplied in the order of line_no, from 1.

    0 is what was on its way and was known only when what was issued before we counted was told.

    window: as it was sent, its days those of date_meaning. transit_days: between shipment and
    arrival. ships_on, arrives_on: when it is to leave and arrive, by the calendars of then.
    wanted_on: the first day of its window as of arrival, None where that is arrives_on.
    rest_ships_on, rest_arrives_on: both of what is left of a bucket that begins one day later, two,
    and so on; None where calendars play no part, or none is ever left.
    pattern: weekdays or parts of a flexible bucket, and code: of the line, both as sent.
    """

    __tablename__ = "schedule_lines"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("Release", "release_id")}
    __table_args__ = (
        to("releases", "release_id"),
        unique("line_no", "release_id", "line_no"),
        known("commitment", Commitment),
        known("kind", ScheduleKind),
        known("bucket", ScheduleBucket),
        known("date_meaning", DateMeaning),
        check("transit_days_in_range", "transit_days BETWEEN 0 AND 366"),
        not_negative("quantity"),
        whole_window(),
        *packaged("schedule_lines"),
    )

    release_id: Mapped[UUID]
    line_no: Mapped[int]
    kind: Mapped[ScheduleKind] = mapped_column(OneOf(ScheduleKind))
    bucket: Mapped[ScheduleBucket] = mapped_column(OneOf(ScheduleBucket))
    pattern: Mapped[str | None]
    date_meaning: Mapped[DateMeaning] = mapped_column(OneOf(DateMeaning))
    transit_days: Mapped[int]
    ships_on: Mapped[date]
    arrives_on: Mapped[date]
    wanted_on: Mapped[date | None]
    rest_ships_on: Mapped[list[date] | None] = mapped_column(ARRAY(Date))
    rest_arrives_on: Mapped[list[date] | None] = mapped_column(ARRAY(Date))
    code: Mapped[str | None]
    window_earliest: Mapped[datetime]
    window_latest: Mapped[datetime]
    window_zone: Mapped[str]
    quantity: Mapped[Decimal]
    commitment: Mapped[Commitment] = mapped_column(OneOf(Commitment))

    packaged_quantity = count_in_packagings("quantity")
