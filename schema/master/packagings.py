"""Packagings for clients, and quantities that were counted in them."""

from decimal import Decimal
from uuid import UUID

import strawberry

from commands.master.packagings import upsert
from execution.fields import related
from loaders.master import catalog
from loaders.master import packagings as loaders
from models.access.viewers import Scope
from models.master.catalog import Unit
from models.master.packagings import Packaging as PackagingRow
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.bulk import UpsertResult
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.graphql.roots import one_by
from schema.graphql.scopes import Authenticated
from schema.graphql.values import made
from schema.master.catalog import Product


@strawberry.type(
    description="A quantity as it was counted: in packagings.",
    directives=[Authenticated()],
)
class Packaged:
    """How many of which packaging."""

    quantity: Decimal = strawberry.field(description="How many of them.")
    packaging_id: strawberry.Private[UUID]
    packaging: "Packaging | None" = related(
        loaders.by_id, "The packaging; null for who does not see it.", key="packaging_id"
    )


_PARTS = {"quantity": "packaged_quantity", "packaging_id": "packaging_id"}


def packaged(
    quantity: str, prefix: str = "", counted: str = "as it was counted in packagings"
) -> Packaged | None:
    """Declare how a row tells its quantity in the packaging that it was counted in.

    prefix: of the row's attributes. counted: in which packaging, for clients.
    """
    field: Packaged | None = made(
        Packaged,
        {it: f"{prefix}{of}" for it, of in _PARTS.items()},
        f"{quantity} {counted}; null where it was not, and where it has become no whole number of"
        " them.",
    )
    return field


@node(
    PackagingRow,
    loaders.by_id,
    Scope.MASTER_DATA_READ,
    "What a product is packed in: a carton of twelve, a pallet of 48 cartons.",
)
class Packaging(Node):
    """A packaging."""

    product: Product = related(catalog.by_id, "What it holds.", key="product_id")
    code: str = strawberry.field(
        description="The product's code of it, which inputs name as `packaging`."
    )
    name: str = strawberry.field(description="Name for people.")
    gtin: str | None = strawberry.field(description="GS1 Global Trade Item Number of its own.")
    content: Decimal = strawberry.field(description="How much it holds, in the product's unit.")
    unit: Unit = strawberry.field(description="Unit of its content, the product's.")
    packaged: Packaged | None = packaged("What it holds,")
    is_active: bool = strawberry.field(description="Whether anything new may be counted in it.")
    events: Events = events()
    timeline: Timeline = timeline()


@strawberry.type(description="What happened to one packaging of a bulk call.")
class PackagingUpsertResult(UpsertResult):
    """One result."""

    packaging: Packaging | None = related(loaders.by_id, "The packaging.", key="packaging_id")


@strawberry.type(description="Outcome of `packagingsUpsert`.")
class PackagingsUpsertPayload(Payload):
    """The results, in the order of the input."""

    results: list[PackagingUpsertResult] | None = strawberry.field(
        description="One result for each packaging; null when the whole call was refused."
    )


@strawberry.type
class PackagingsQuery:
    """Root fields that read packagings."""

    packaging: Packaging | None = one_by("One packaging, by id.", Packaging=loaders.by_id)


@strawberry.type
class PackagingsMutation:
    """Mutations of packagings."""

    packagings_upsert: PackagingsUpsertPayload = mutation(upsert.upsert_all)
