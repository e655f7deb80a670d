"""What a contract guarantees of its supply, and what is due where that is not kept."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor
from models.base.tables import OneOf, Owned, check, indexed, known, to
from models.base.visibility import Seen, through
from models.master.packagings import Packaged, count_in_packagings, packaged


class SupplyPeriod(StrEnum):
    """The calendar period, at the contract's zone, for which a quantity is guaranteed."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


class SupplyExcuse(StrEnum):
    """Why goods come later than guaranteed; the contract says which of it excuses."""

    FORCE_MAJEURE = "FORCE_MAJEURE"
    CUSTOMER_REQUEST = "CUSTOMER_REQUEST"
    CUSTOMER_NOT_READY = "CUSTOMER_NOT_READY"
    CUSTOMER_UNPAID = "CUSTOMER_UNPAID"
    CUSTOMS = "CUSTOMS"
    STRIKE = "STRIKE"


_EXCUSES = ", ".join(f"'{it.value}'" for it in SupplyExcuse)


class Guarantee(Packaged, Owned):
    """What is agreed of a contract line's supply; never changed: an amendment is another row.

    A call-off is supplied lead_time_days after its day, and not before the day for which it is
    wanted. quantity: up to which that holds of what is wanted in one period, without them of all.
    penalty_*: what is due of what comes more than grace_days late: percent of its net for each
    further day, an amount for each of these days, and one for each unit; at most cap_percent of
    its net. excuses: for which nothing is due. time_zone: whose days count, the contract's of then.
    """

    __tablename__ = "guarantees"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("Contract", "contract_id")}
    __table_args__ = (
        to("contracts", "contract_id"),
        indexed("guarantees", "contract_id"),
        known("period", SupplyPeriod),
        check("excuses_known", f"excuses <@ ARRAY[{_EXCUSES}]"),
        check("quantity_of_period", "num_nulls(quantity, period) IN (0, 2) AND quantity > 0"),
        check("days_not_negative", "least(lead_time_days, grace_days) >= 0"),
        check(
            "penalty_in_range",
            "least(penalty_per_unit, penalty_per_day) >= 0"
            " AND penalty_percent_per_day BETWEEN 0 AND 100"
            " AND penalty_cap_percent BETWEEN 0 AND 100",
        ),
        *packaged("guarantees"),
    )

    contract_id: Mapped[UUID]
    lead_time_days: Mapped[int]
    quantity: Mapped[Decimal | None]
    period: Mapped[SupplyPeriod | None] = mapped_column(OneOf(SupplyPeriod))
    grace_days: Mapped[int]
    penalty_percent_per_day: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    penalty_per_day: Mapped[Decimal | None]
    penalty_per_unit: Mapped[Decimal | None]
    penalty_cap_percent: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    currency: Mapped[str]
    time_zone: Mapped[str]
    excuses: Mapped[list[SupplyExcuse]] = mapped_column(ARRAY(OneOf(SupplyExcuse)))
    agreed_at: Mapped[datetime]

    packaged_quantity = count_in_packagings("quantity")

    def day(self, instant: datetime) -> date:
        """Return the calendar day of an instant at its time zone."""
        return instant.astimezone(ZoneInfo(self.time_zone)).date()
