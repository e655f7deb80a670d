"""Locations for clients."""

import strawberry

from commands.master import locations
from execution.fields import related
from loaders.master import locations as loaders
from loaders.master import parties
from models.access.viewers import Scope
from models.master.locations import Location as LocationRow
from models.master.locations import LocationKind
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.bulk import OpenWork, UpsertResult, goes_on_with
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.graphql.roots import one_by
from schema.graphql.values import PostalAddress, address
from schema.master.handling import Capabilities, parts
from schema.master.parties import Party

described(LocationKind, "LocationKind", "What a location is.")
described(
    loaders.LocationSort,
    "LocationSort",
    "Order of a location list.",
    CODE="By code.",
    CODE_DESC="By code, last first.",
)


@node(LocationRow, loaders.by_id, Scope.MASTER_DATA_READ, "Where goods lie and deliveries start.")
class Location(Node):
    """A location."""

    code: str = strawberry.field(description="The merchant's own code.")
    name: str = strawberry.field(description="Name for people.")
    kind: LocationKind = strawberry.field(description="What it is.")
    gln: str | None = strawberry.field(description="GS1 Global Location Number.")
    place: PostalAddress | None = address("place", "Where it is.")
    time_zone: str = strawberry.field(description="IANA time zone of the place.")
    provider: Party | None = related(
        parties.by_id, "The party that runs it; null for the merchant itself.", key="provider_id"
    )
    is_active: bool = strawberry.field(description="Whether deliveries may start here.")
    handling: Capabilities = parts(Capabilities, "What it can handle.")
    events: Events = events()
    timeline: Timeline = timeline()


@strawberry.type(description="What happened to one location of a bulk call.")
class LocationUpsertResult(UpsertResult):
    """One result."""

    location: Location | None = related(loaders.by_id, "The location.", key="location_id")
    open_work: list[OpenWork] = goes_on_with("location")


@strawberry.type(description="Outcome of `locationsUpsert`.")
class LocationsUpsertPayload(Payload):
    """The results, in the order of the input."""

    results: list[LocationUpsertResult] | None = strawberry.field(
        description="One result for each location; null when the whole call was refused."
    )


@strawberry.type
class LocationsQuery:
    """Root fields that read locations."""

    location: Location | None = one_by(
        "One location, by id or code.", Location=loaders.by_id, code=loaders.by_code
    )
    locations: Connection[Location] | None = connection(
        loaders.every,
        "Locations.",
        key=None,
        filters=loaders.LocationFilter,
        sorts=loaders.LocationSort,
    )


@strawberry.type
class LocationsMutation:
    """Mutations of locations."""

    locations_upsert: LocationsUpsertPayload = mutation(locations.upsert_all)
