"""Locations: written in bulk from the merchant's system of record."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.master.handling import Capabilities, handled
from commands.master.parties.roles import check_role, held
from commands.writing.transaction import Outcome, Writing, check_known
from commands.writing.upserts.inactive import open_work
from commands.writing.upserts.items import UpsertEvents, item_of, results, upsert
from commands.writing.verbs import verb
from kit.ids import Names
from kit.inputs import Command, Each, Gln, Name, Place, Reference, Upsert, Zone, refuse_duplicates
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.master.locations import LocationCreated, LocationUpdated
from models.master.locations import Location, LocationKind
from models.master.parties import Party, PartyRole

_EVENTS = UpsertEvents(LocationCreated, LocationUpdated)


class LocationUpsert(Upsert):
    """One warehouse, store or distributor, known by its code."""

    code: Reference = Field(description="The merchant's own code; the key of the upsert.")
    name: Name = Field(description="Name for people.")
    kind: LocationKind = Field(LocationKind.WAREHOUSE, description="What it is.")
    gln: Gln | None = Field(None, description="GS1 Global Location Number with its check digit.")
    place: Place | None = Field(None, description="Where it is.")
    time_zone: Zone = Field(description="IANA time zone of the place, for example Europe/Berlin.")
    provider_id: Annotated[UUID, Names("Party")] | None = Field(
        None,
        description="The party that runs it, with the role FULFILMENT_PROVIDER; none for the"
        " merchant itself.",
    )
    handling: Capabilities | None = Field(
        None, description="What it can handle, as a whole; null for nothing special."
    )
    is_active: bool = Field(
        default=True,
        description="Whether deliveries may be planned here or moved here; those that are here"
        " go on: see `openWork`.",
    )


class LocationsUpsert(Command):
    """Up to 250 locations."""

    locations: Each[LocationUpsert] = Field(description="The locations; each code once.")


@verb(
    Act(Scope.MASTER_DATA_WRITE),
    "Create or change up to 250 locations by code.",
)
async def upsert_all(writing: Writing, command: LocationsUpsert) -> Outcome:
    """Write locations by code.

    Refused: DUPLICATE when a code stands twice; NOT_FOUND for an unknown provider, INVALID
    for a party that is none.
    """
    providers = {it.provider_id for it in command.locations}
    known = {it.id: it for it in await held(writing, {"id": {*filter(None, providers)}})}
    paths = [
        (each.provider_id, ("locations", place, "provider_id"))
        for place, each in enumerate(command.locations)
    ]
    with writing.refusals:
        check_known(Party, known, paths)
    for key, path in paths:
        with writing.refusals:
            if key in known:
                check_role(known[key], PartyRole.FULFILMENT_PROVIDER, path)
    with writing.refusals:
        refuse_duplicates((it.code for it in command.locations), ("locations",), "code")
    writing.refusals.end()
    items = [
        item_of(it, {"handling": handled(it.handling, Capabilities)}) for it in command.locations
    ]
    rows, statuses = await upsert(writing, Location, _EVENTS, "code", items, ("locations",))
    return results(
        "location_id", rows, statuses, open_work=await open_work(writing, Location, rows)
    )
