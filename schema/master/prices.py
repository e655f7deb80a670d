"""Price lists for clients."""

from datetime import date
from decimal import Decimal

import strawberry

from commands.master.prices import entries, lists
from execution.fields import related
from loaders.master import catalog, channels, parties
from loaders.master.prices import lists as loaders
from models.access.viewers import Scope
from models.master.catalog import Unit
from models.master.prices.precedence import PRECEDENCE, PriceSource
from models.master.prices.tables import PriceList as PriceListRow
from models.master.prices.tables import PriceListEntry as PriceListEntryRow
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.bulk import UpsertResult
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.graphql.roots import one_by
from schema.graphql.scalars import Currency
from schema.graphql.scopes import Requires
from schema.graphql.values import Money, money
from schema.master.catalog import Product
from schema.master.channels import Channel
from schema.master.packagings import Packaged, packaged
from schema.master.parties import Party

described(
    loaders.PriceListSort,
    "PriceListSort",
    "Order of a list of price lists.",
    CODE="By code.",
    CODE_DESC="By code, last first.",
)
described(
    loaders.PriceListEntrySort,
    "PriceListEntrySort",
    "Order of a list of prices.",
    PRODUCT="By product, in the order in which products were made.",
    PRODUCT_DESC="By product, the newest first.",
    UNIT_PRICE="By price, lowest first.",
    UNIT_PRICE_DESC="By price, highest first.",
)
described(
    PriceSource,
    "PriceSource",
    "Where a price comes from, first those that go before the others.",
    PARTY="A price list of the party's own.",
    GROUP="A price list of the party's group.",
    CHANNEL="A price list of the channel.",
    LIST_PRICE="The product itself: `listPrice`.",
)


@node(
    PriceListEntryRow,
    loaders.entry_by_id,
    Scope.MASTER_DATA_READ,
    "What one unit of a product costs from a quantity on.",
)
class PriceListEntry(Node):
    """A price."""

    price_list: "PriceList" = related(loaders.by_id, "The price list.", key="price_list_id")
    product: Product = related(catalog.by_id, "The product.", key="product_id")
    from_quantity: Decimal = strawberry.field(
        description="The line's quantity from which on it counts, in the product's unit."
    )
    packaged: Packaged | None = packaged("From which quantity on it counts,")
    unit_price: Money = money("unit_price", "Price of one unit.")
    is_active: bool = strawberry.field(description="Whether it counts at all.")


@node(
    PriceListRow,
    loaders.by_id,
    Scope.MASTER_DATA_READ,
    "What products cost a party, a group of parties, or whoever orders over a channel, who see it"
    f" before it begins. {PRECEDENCE}",
)
class PriceList(Node):
    """A price list."""

    code: str = strawberry.field(description="The merchant's own code.")
    name: str = strawberry.field(description="Name for people.")
    currency: Currency = strawberry.field(description="Currency of its prices.")
    party: Party | None = related(
        parties.by_id, "The party that pays them; null for a group or a channel.", key="party_id"
    )
    party_group: str | None = strawberry.field(
        description="The `priceGroup` of the parties that pay them; null for a party or a channel."
    )
    channel: Channel | None = related(
        channels.by_id,
        "The channel over which they are paid; null for a party or a group.",
        key="channel_id",
    )
    valid_from: date = strawberry.field(
        description="First day of validity, as the merchant counts days."
    )
    valid_to: date | None = strawberry.field(
        description="Last day of validity, included; null for no end."
    )
    entries: Connection[PriceListEntry] = connection(
        loaders.entries,
        "Its prices.",
        filters=loaders.PriceListEntryFilter,
        sorts=loaders.PriceListEntrySort,
    )
    events: Events = events()
    timeline: Timeline = timeline()


@strawberry.type(
    description="What a product costs, and for how much of it that was asked.",
    directives=[Requires(scope=Scope.MASTER_DATA_READ)],
)
class ProductPrice:
    """A record of loaders.master.prices.own."""

    unit_price: Money = money("unit_price", "Price of one unit, before taxes and discounts.")
    source: PriceSource = strawberry.field(description="Where it comes from.")
    price_list_entry: PriceListEntry | None = related(
        loaders.entry_by_id,
        "The price in a price list; null where it is the list price.",
        key="price_list_entry_id",
    )
    quantity: Decimal = strawberry.field(
        description="How much was asked for, in the product's unit, as an order's line would keep"
        " it."
    )
    unit: Unit = strawberry.field(description="Unit of the quantity, the product's.")
    scale: int = strawberry.field(description="Decimals that a quantity of it may have.")
    packaged: Packaged | None = packaged("How much was asked for,")


@strawberry.type(description="What happened to one price list of a bulk call.")
class PriceListUpsertResult(UpsertResult):
    """One result."""

    price_list: PriceList | None = related(loaders.by_id, "The price list.", key="price_list_id")


@strawberry.type(description="Outcome of `priceListsUpsert`.")
class PriceListsUpsertPayload(Payload):
    """The results, in the order of the input."""

    results: list[PriceListUpsertResult] | None = strawberry.field(
        description="One result for each price list; null when the whole call was refused."
    )


@strawberry.type(description="What happened to one price of a bulk call.")
class PriceListEntryUpsertResult(UpsertResult):
    """One result."""

    price_list_entry: PriceListEntry | None = related(
        loaders.entry_by_id, "The price.", key="price_list_entry_id"
    )


@strawberry.type(description="Outcome of `priceListEntriesUpsert`.")
class PriceListEntriesUpsertPayload(Payload):
    """The results, in the order of the input."""

    results: list[PriceListEntryUpsertResult] | None = strawberry.field(
        description="One result for each price; null when the whole call was refused."
    )


@strawberry.type
class PricesQuery:
    """Root fields that read price lists."""

    price_list: PriceList | None = one_by(
        "One price list, by id or code.", PriceList=loaders.by_id, code=loaders.by_code
    )
    price_lists: Connection[PriceList] | None = connection(
        loaders.every,
        "Price lists.",
        key=None,
        filters=loaders.PriceListFilter,
        sorts=loaders.PriceListSort,
    )


@strawberry.type
class PricesMutation:
    """Mutations of price lists."""

    price_lists_upsert: PriceListsUpsertPayload = mutation(lists.upsert_all)
    price_list_entries_upsert: PriceListEntriesUpsertPayload = mutation(entries.upsert_all)
