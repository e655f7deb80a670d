"""What products need, and what locations and methods can handle, for clients."""

from decimal import Decimal
from typing import Any

import strawberry

from commands.master import handling
from execution.fields import related
from loaders.master import handling as loaders
from models.access.viewers import Scope
from models.master.channels import DeliveryMethod
from models.master.handling import MethodHandling as MethodHandlingRow
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.bulk import UpsertResult
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.graphql.scopes import Authenticated
from schema.graphql.values import made

described(
    loaders.MethodHandlingSort,
    "MethodHandlingSort",
    "Order of a list of what methods can handle.",
    METHOD="By method.",
    METHOD_DESC="By method, last first.",
)


@strawberry.type(description="What a product needs on its way.", directives=[Authenticated()])
class Handling:
    """The columns of models.master.handling.Needing."""

    is_high_value: bool = strawberry.field(description="Whether it must be guarded.")
    is_oversize: bool = strawberry.field(description="Whether it needs more than usual room.")
    keep_from_c: Decimal | None = strawberry.field(
        description="Coldest temperature that it bears, in degrees Celsius."
    )
    keep_to_c: Decimal | None = strawberry.field(description="Warmest temperature that it bears.")
    un_number: str | None = strawberry.field(description="UN number of dangerous goods.")
    hazard_class: str | None = strawberry.field(description="Class or division of dangerous goods.")


@strawberry.type(
    description="What a location or a method can handle beyond goods that need nothing.",
    directives=[Authenticated()],
)
class Capabilities:
    """The columns of models.master.handling.Carrying."""

    takes_high_value: bool = strawberry.field(description="Whether it guards goods of high value.")
    takes_oversize: bool = strawberry.field(description="Whether it has room for oversize goods.")
    keeps_from_c: Decimal | None = strawberry.field(
        description="Coldest temperature that goods meet, in degrees Celsius."
    )
    keeps_to_c: Decimal | None = strawberry.field(
        description="Warmest temperature that goods meet."
    )
    hazard_classes: list[str] = strawberry.field(
        description="Classes and divisions of dangerous goods that it takes."
    )


def parts(type_: Any, description: str) -> Any:
    """Declare an object of a row's columns of the same names, which is always there."""
    names = list(type_.__annotations__)
    return made(type_, dict(zip(names, names, strict=True)), description)


@node(
    MethodHandlingRow,
    loaders.by_id,
    Scope.MASTER_DATA_READ,
    "What a delivery method can handle; one that has none handles what needs nothing.",
)
class MethodHandling(Node):
    """A method."""

    method: DeliveryMethod = strawberry.field(description="The method.")
    handling: Capabilities = parts(Capabilities, "What it can handle.")
    events: Events = events()
    timeline: Timeline = timeline()


@strawberry.type(description="What happened to one method of a bulk call.")
class MethodHandlingUpsertResult(UpsertResult):
    """One result."""

    method_handling: MethodHandling | None = related(
        loaders.by_id, "What the method can handle.", key="method_handling_id"
    )


@strawberry.type(description="Outcome of `methodHandlingsUpsert`.")
class MethodHandlingsUpsertPayload(Payload):
    """The results, in the order of the input."""

    results: list[MethodHandlingUpsertResult] | None = strawberry.field(
        description="One result for each method; null when the whole call was refused."
    )


@strawberry.type
class HandlingQuery:
    """Root fields that read what methods can handle."""

    method_handlings: Connection[MethodHandling] | None = connection(
        loaders.every,
        "What delivery methods can handle.",
        key=None,
        sorts=loaders.MethodHandlingSort,
    )


@strawberry.type
class HandlingMutation:
    """Mutations of what methods can handle."""

    method_handlings_upsert: MethodHandlingsUpsertPayload = mutation(handling.upsert_all)
