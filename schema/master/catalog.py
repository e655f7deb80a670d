"""Products for clients."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from admission.costs import Cost
from commands.master import catalog
from execution.fields import DECLARED, Listed, related
from loaders.master import catalog as loaders
from loaders.master import packagings as packaging_loaders
from loaders.master.prices import lists as price_loaders
from loaders.master.prices import own
from models.access.viewers import Scope
from models.master.catalog import Product as ProductRow
from models.master.catalog import Unit
from models.master.prices.precedence import PRECEDENCE
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.bulk import OpenWork, UpsertResult, goes_on_with
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.graphql.roots import one_by, wanted
from schema.graphql.scopes import Authenticated
from schema.graphql.values import Money, money
from schema.master.handling import Handling, parts

if TYPE_CHECKING:
    from schema.master.packagings import Packaging
    from schema.master.prices import PriceListEntry, ProductPrice

described(
    Unit,
    "Unit",
    "Unit of quantity, with its code of UN/ECE Recommendation 20.",
    PIECE="Piece (C62).",
    PACK="Pack (XPK).",
    PALLET="Pallet (XPX).",
    KILOGRAM="Kilogram (KGM).",
    GRAM="Gram (GRM).",
    METRE="Metre (MTR).",
    SQUARE_METRE="Square metre (MTK).",
    CUBIC_METRE="Cubic metre (MTQ).",
    LITRE="Litre (LTR).",
    HOUR="Hour (HUR).",
)
described(
    loaders.ProductSort,
    "ProductSort",
    "Order of a product list.",
    SKU="By SKU.",
    SKU_DESC="By SKU, last first.",
    NAME="By name, capitals and accents aside.",
    NAME_DESC="By name, last first.",
)


@strawberry.type(description="What a variant is in one respect.", directives=[Authenticated()])
class ProductOption:
    """The fields of commands.master.catalog.ProductOption."""

    name: str = strawberry.field(description="In which respect.")
    value: str = strawberry.field(description="What it is there.")


@node(ProductRow, loaders.by_id, Scope.MASTER_DATA_READ, "Something that can be ordered.")
class Product(Node):
    """A product."""

    sku: str = strawberry.field(description="The merchant's article number.")
    name: str = strawberry.field(description="Name for people.")
    unit: Unit = strawberry.field(description="Unit in which it is ordered.")
    scale: int = strawberry.field(description="Decimals that a quantity of it may have.")
    gtin: str | None = strawberry.field(description="GS1 Global Trade Item Number.")
    weight_g: int | None = strawberry.field(description="Weight of one unit in grams.")
    list_price: Money | None = money(
        "list_price",
        "Price of one unit for whom no price list says another one; null for warehouses.",
        currency="list_currency",
    )
    price: Annotated["ProductPrice", strawberry.lazy("schema.master.prices")] | None = wanted(
        own.PriceFor,
        own.PriceWanted,
        own.PriceFor.source,
        "What it costs who asks, as an order would that is placed now: a buyer's own company, a"
        " shop's guests, whom staff name. Null where no price is known, for warehouses, and where"
        f" nobody could order so: over such a channel, in such quantities. {PRECEDENCE}",
        Cost(weight=1, each=10),
    )
    is_active: bool = strawberry.field(description="Whether it may be ordered.")
    prices: Connection[Annotated["PriceListEntry", strawberry.lazy("schema.master.prices")]] = (
        connection(
            price_loaders.of_product,
            f"What price lists say that it costs. {PRECEDENCE}",
            filters=price_loaders.PriceListEntryFilter,
            sorts=price_loaders.PriceListEntrySort,
        )
    )
    variant_of: "Product | None" = related(
        loaders.by_id, "The product that it is a variant of.", key="variant_of_id"
    )
    variants: Connection[Annotated["Product", strawberry.lazy("schema.master.catalog")]] = (
        connection(
            loaders.variants,
            "Its variants.",
            filters=loaders.ProductFilter,
            sorts=loaders.ProductSort,
        )
    )
    handling: Handling = parts(Handling, "What it needs on its way.")
    packagings: list[Annotated["Packaging", strawberry.lazy("schema.master.packagings")]] = related(
        packaging_loaders.of_product, "What it is packed in, by code."
    )
    events: Events = events()
    timeline: Timeline = timeline()

    @strawberry.field(
        description="What tells it from other variants.",
        metadata={DECLARED: Listed(loaders.options)},
    )
    def options(self: Any) -> list[ProductOption]:
        return [ProductOption(**option) for option in self.options]


@strawberry.type(description="What happened to one product of a bulk call.")
class ProductUpsertResult(UpsertResult):
    """One result."""

    product: Product | None = related(loaders.by_id, "The product.", key="product_id")
    open_work: list[OpenWork] = goes_on_with("product")


@strawberry.type(description="Outcome of `productsUpsert`.")
class ProductsUpsertPayload(Payload):
    """The results, in the order of the input."""

    results: list[ProductUpsertResult] | None = strawberry.field(
        description="One result for each product; null when the whole call was refused."
    )


@strawberry.type
class CatalogQuery:
    """Root fields that read products."""

    product: Product | None = one_by(
        "One product, by id or SKU.", Product=loaders.by_id, sku=loaders.by_sku
    )
    products: Connection[Product] | None = connection(
        loaders.every,
        "Products.",
        key=None,
        filters=loaders.ProductFilter,
        sorts=loaders.ProductSort,
    )


@strawberry.type
class CatalogMutation:
    """Mutations of products."""

    products_upsert: ProductsUpsertPayload = mutation(catalog.upsert_all)
