"""Calendars: when the merchant, a location, a party or a carrier's service works."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from models.access.viewers import Actor
from models.base.tables import Owned, check, indexed, to, unique
from models.base.visibility import Seen, own


class Calendar(Owned):
    """When somebody works, known by its code; whose it is by location_id, party_id or neither.

    service: of a carrier, as parcels name it. hours: as `Address.receiving_hours`; none: around the
    clock. holiday_country, holiday_subdivision: whose public holidays are not worked (ISO 3166-1,
    3166-2 without the country). closures: {from_on, to_on: ISO days, both closed, name}.
    transit_days: working days that goods are on their way to it, or with it where it carries.
    """

    __tablename__ = "calendars"
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: own("party_id"),
        Actor.WAREHOUSE: own("location_id"),
        Actor.CARRIER: own("party_id"),
    }
    __table_args__ = (
        unique("code", "code"),
        UniqueConstraint(
            "merchant_id",
            "party_id",
            "location_id",
            "service",
            name="whose",
            postgresql_nulls_not_distinct=True,
        ),
        to("locations", "location_id"),
        to("parties", "party_id"),
        indexed("calendars", "location_id"),
        check("of_one", "num_nonnulls(location_id, party_id) <= 1"),
        check("service_of_a_party", "service IS NULL OR party_id IS NOT NULL"),
        check("holidays_whole", "holiday_subdivision IS NULL OR holiday_country IS NOT NULL"),
        check("transit_days_in_range", "transit_days BETWEEN 0 AND 366"),
    )

    code: Mapped[str]
    name: Mapped[str]
    location_id: Mapped[UUID | None]
    party_id: Mapped[UUID | None]
    service: Mapped[str | None]
    time_zone: Mapped[str]
    hours: Mapped[list[dict[str, Any]]]
    holiday_country: Mapped[str | None]
    holiday_subdivision: Mapped[str | None]
    closures: Mapped[list[dict[str, Any]]]
    transit_days: Mapped[int | None]
