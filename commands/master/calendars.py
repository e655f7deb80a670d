"""Calendars: written in bulk, each for the merchant, a location, a party or a carrier's service."""

from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from commands.master.parties.roles import HeldParty, check_role, held
from commands.master.receiving import Opening, check_openings, kept_hours
from commands.writing.transaction import Outcome, Writing, check_known
from commands.writing.upserts.items import UpsertColumns, UpsertEvents, item_of, results, upsert
from commands.writing.verbs import verb
from kit.errors import Code, Refusals
from kit.inputs import (
    Command,
    Country,
    Day,
    Each,
    Input,
    Name,
    Reference,
    Upsert,
    Zone,
    refuse_duplicates,
)
from kit.standards.public_holidays import with_own_holidays
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.master.calendars import CalendarCreated, CalendarUpdated
from models.master.calendars import Calendar
from models.master.locations import Location
from models.master.parties import Party, PartyRole

_EVENTS = UpsertEvents(CalendarCreated, CalendarUpdated)


def _wrong(text: str, code: Code = Code.INVALID) -> PydanticCustomError:
    return PydanticCustomError(code.value, "{text}", {"text": text})


class CalendarOwner(Input):
    """Whose a calendar is."""

    location_code: Reference | None = Field(None, description="Code of a location.")
    party_number: Reference | None = Field(None, description="Number of a party.")
    service: Reference | None = Field(
        None, description="A service of the carrier that the party is, as its parcels name it."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.location_code is None) == (self.party_number is None):
            text = "A calendar is of one location or one party; of the merchant without."
            raise _wrong(text)
        if self.service is not None and self.party_number is None:
            text = "A service is a carrier's: name its party."
            raise _wrong(text)
        return self


class PublicHolidays(Input):
    """Whose public holidays are not worked."""

    country: Country = Field(description="Country, ISO 3166-1 alpha-2.")
    subdivision: Reference | None = Field(
        None,
        description="State, province or region by its code of ISO 3166-2 without the country, for"
        " example BY; null for what the whole country keeps.",
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        subdivisions = with_own_holidays(self.country)
        if self.subdivision is not None and self.subdivision not in subdivisions:
            text = f"Subdivisions with holidays of their own: {', '.join(subdivisions)}."
            raise _wrong(text)
        return self


class Closure(Input):
    """Days on which nobody works."""

    from_on: Day = Field(description="The first of them.")
    to_on: Day = Field(description="The last of them, not before `fromOn`.")
    name: Name | None = Field(None, description="Why, for people.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to_on < self.from_on:
            text = "A closure ends on the day it begins, or later."
            raise _wrong(text, Code.INVALID_WINDOW)
        return self


class CalendarUpsert(Upsert):
    """When somebody works, known by its code."""

    code: Reference = Field(description="The merchant's own code; the key of the upsert.")
    name: Name = Field(description="Name for people.")
    owner: CalendarOwner | None = Field(
        None, description="Whose it is, who has one only; null for the merchant itself."
    )
    time_zone: Zone = Field(description="IANA time zone of its days, for example Europe/Berlin.")
    hours: list[Opening] = Field(
        [], max_length=100, description="Hours of each weekday; none means around the clock."
    )
    holidays: PublicHolidays | None = Field(
        None, description="Public holidays, as a whole, that are not worked; null for none."
    )
    closures: list[Closure] = Field(
        [], max_length=100, description="All further days that are not worked."
    )
    transit_days: int | None = Field(
        None,
        ge=0,
        le=366,
        description="Working days that goods are on their way to the location or party, or with"
        " the carrier or its service; null where that is not known.",
    )


class CalendarsUpsert(Command):
    """Up to 250 calendars."""

    calendars: Each[CalendarUpsert] = Field(description="The calendars; each code once.")


@verb(
    Act(Scope.MASTER_DATA_WRITE),
    "Create or change up to 250 calendars by code.",
)
async def upsert_all(writing: Writing, command: CalendarsUpsert) -> Outcome:
    """Write calendars by code.

    Refused: DUPLICATE when a code or an owner stands twice, TAKEN for the owner of another
    calendar; NOT_FOUND for a location or party, INVALID for a service of what is no carrier;
    INVALID_WINDOW for hours that overlap.
    """
    calendars = command.calendars
    owners = [it.owner or CalendarOwner.model_construct() for it in calendars]
    locations = await writing.by_key(
        Location, "code", filter(None, (it.location_code for it in owners))
    )
    named = {it.party_number for it in owners if it.party_number is not None}
    holding = await held(writing, {"number": named})
    parties: dict[str | None, HeldParty] = {it.number: it for it in holding}
    located = enumerate(it.location_code for it in owners)
    check_known(Location, locations, ((it, _path(at, "location_code")) for at, it in located))
    numbered = enumerate(it.party_number for it in owners)
    check_known(Party, parties, ((it, _path(at, "party_number")) for at, it in numbered))
    refuse_duplicates((it.code for it in calendars), ("calendars",), "code")
    whose = ((it.owner,) if "owner" in it.model_fields_set else None for it in calendars)
    refuse_duplicates(whose, ("calendars",), "owner")
    refusals = Refusals()
    for place, (one, owner) in enumerate(zip(calendars, owners, strict=True)):
        with refusals:
            check_openings(one.hours, ("calendars", place, "hours"))
        with refusals:
            if owner.service is not None:
                carrier = parties[owner.party_number]
                check_role(carrier, PartyRole.CARRIER, _path(place, "party_number"))
    refusals.end()
    items = [
        _columns(one, locations.get(owner.location_code), parties.get(owner.party_number))
        for one, owner in zip(calendars, owners, strict=True)
    ]
    path, own = ("calendars",), {"party_id": "owner"}
    written = await upsert(writing, Calendar, _EVENTS, "code", items, path, **own)
    return results("calendar_id", *written)


def _path(place: int, name: str) -> tuple[str | int, ...]:
    return "calendars", place, "owner", name


def _columns(one: CalendarUpsert, location: Location | None, party: Party | None) -> UpsertColumns:
    holidays = one.holidays
    return item_of(
        one,
        {
            "owner": {
                "location_id": location and location.id,
                "party_id": party and party.id,
                "service": one.owner and one.owner.service,
            },
            "holidays": {
                "holiday_country": holidays and holidays.country,
                "holiday_subdivision": holidays and holidays.subdivision,
            },
            "hours": {"hours": kept_hours(one.hours)},
            "closures": {"closures": [_kept(it) for it in one.closures]},
        },
    )


def _kept(closure: Closure) -> dict[str, Any]:
    return closure.model_dump(mode="json")
