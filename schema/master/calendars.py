"""Calendars for clients."""

from datetime import date
from typing import Any

import strawberry

from commands.master import calendars
from execution.fields import DECLARED, Listed, related
from loaders.master import calendars as loaders
from loaders.master import locations, parties
from models.access.viewers import Scope
from models.master.calendars import Calendar as CalendarRow
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.bulk import UpsertResult
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.graphql.roots import one_by
from schema.graphql.scalars import Country
from schema.graphql.scopes import Authenticated
from schema.graphql.values import made
from schema.master.locations import Location
from schema.master.parties import Party
from schema.master.receiving import Opening

described(
    loaders.CalendarSort,
    "CalendarSort",
    "Order of a list of calendars.",
    CODE="By code.",
    CODE_DESC="By code, last first.",
)


@strawberry.type(description="Whose public holidays are not worked.", directives=[Authenticated()])
class PublicHolidays:
    """Country and subdivision."""

    country: Country = strawberry.field(description="Country.")
    subdivision: str | None = strawberry.field(
        description="State, province or region by its code of ISO 3166-2 without the country."
    )


@strawberry.type(description="Days on which nobody works.", directives=[Authenticated()])
class Closure:
    """One object of `Calendar.closures`."""

    from_on: date = strawberry.field(description="The first of them.")
    to_on: date = strawberry.field(description="The last of them.")
    name: str | None = strawberry.field(description="Why, for people.")


@node(
    CalendarRow,
    loaders.by_id,
    Scope.MASTER_DATA_READ,
    "When the merchant, a location, a party or a carrier's service works.",
)
class Calendar(Node):
    """A calendar."""

    code: str = strawberry.field(description="The merchant's own code.")
    name: str = strawberry.field(description="Name for people.")
    location: Location | None = related(
        locations.by_id, "The location whose it is; null for another's.", key="location_id"
    )
    party: Party | None = related(
        parties.by_id, "The party whose it is; null for another's.", key="party_id"
    )
    service: str | None = strawberry.field(
        description="The service of the party, a carrier, whose it is; null for all of them."
    )
    time_zone: str = strawberry.field(description="IANA time zone of its days.")
    holidays: PublicHolidays | None = made(
        PublicHolidays,
        {"country": "holiday_country", "subdivision": "holiday_subdivision"},
        "Whose public holidays are not worked; null for none.",
    )
    transit_days: int | None = strawberry.field(
        description="Working days that goods are on their way to the location or party, or with"
        " the carrier or its service; null where that is not known. Shipment and arrival of what"
        " is scheduled lie so far apart, and planned deliveries leave so long before."
    )
    events: Events = events()
    timeline: Timeline = timeline()

    @strawberry.field(
        description="Hours of each weekday; empty means around the clock.",
        metadata={DECLARED: Listed(loaders.hours)},
    )
    def hours(self: Any) -> list[Opening]:
        return [Opening(**opening) for opening in self.hours]

    @strawberry.field(
        description="Further days that are not worked.",
        metadata={DECLARED: Listed(loaders.closures)},
    )
    def closures(self: Any) -> list[Closure]:
        return [
            Closure(
                from_on=date.fromisoformat(closure["from_on"]),
                to_on=date.fromisoformat(closure["to_on"]),
                name=closure["name"],
            )
            for closure in self.closures
        ]


@strawberry.type(description="What happened to one calendar of a bulk call.")
class CalendarUpsertResult(UpsertResult):
    """One result."""

    calendar: Calendar | None = related(loaders.by_id, "The calendar.", key="calendar_id")


@strawberry.type(description="Outcome of `calendarsUpsert`.")
class CalendarsUpsertPayload(Payload):
    """The results, in the order of the input."""

    results: list[CalendarUpsertResult] | None = strawberry.field(
        description="One result for each calendar; null when the whole call was refused."
    )


@strawberry.type
class CalendarsQuery:
    """Root fields that read calendars."""

    calendar: Calendar | None = one_by(
        "One calendar, by id or code.", Calendar=loaders.by_id, code=loaders.by_code
    )
    calendars: Connection[Calendar] | None = connection(
        loaders.every,
        "Calendars.",
        key=None,
        filters=loaders.CalendarFilter,
        sorts=loaders.CalendarSort,
    )


@strawberry.type
class CalendarsMutation:
    """Mutations of calendars."""

    calendars_upsert: CalendarsUpsertPayload = mutation(calendars.upsert_all)
