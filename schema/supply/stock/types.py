"""Levels and movements of stock."""

from datetime import datetime
from decimal import Decimal

import strawberry

from admission.costs import Cost
from execution.fields import related
from loaders.master import catalog, locations
from loaders.supply import stock as loaders
from loaders.supply.stock import lists, then
from models.access.viewers import Scope
from models.master.catalog import Unit
from models.supply.stock import MovementKind, StockReason
from models.supply.stock import StockLevel as StockLevelRow
from models.supply.stock import StockMovement as StockMovementRow
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.connections import Connection, connection
from schema.graphql.nodes import Node, node
from schema.graphql.roots import wanted
from schema.graphql.scopes import Requires
from schema.master.catalog import Product
from schema.master.locations import Location


@node(
    StockMovementRow,
    loaders.movement_by_id,
    Scope.STOCK_READ,
    "One change of what is on hand. It stays as it is: what was wrong is adjusted by another one."
    " Who made it, the event `stock_level.adjusted` of its level tells.",
)
class StockMovement(Node):
    """A movement."""

    product: Product = related(catalog.by_id, "What moved.", key="product_id")
    location: Location | None = related(locations.by_id, "Where.", key="location_id")
    number: int = strawberry.field(
        description="Its place among the movements of its level, from 1 without holes."
    )
    kind: MovementKind = strawberry.field(description="What moved it.")
    reason: StockReason = strawberry.field(description="Why.")
    quantity: Decimal = strawberry.field(
        description="What it adds, in the product's unit; less than 0 for what goes."
    )
    on_hand: Decimal = strawberry.field(description="What is on hand after it.")
    note: str | None = strawberry.field(description="More about it, for people.")
    recorded_at: datetime = strawberry.field(
        description="When it was recorded; never before the one before it."
    )


@strawberry.type(
    description="What was on hand at an instant.", directives=[Requires(scope=Scope.STOCK_READ)]
)
class StockThen:
    """A record of loaders.supply.stock.then."""

    on_hand: Decimal = strawberry.field(description="How much, in the product's unit.")
    movement: StockMovement | None = related(
        loaders.movement_by_id,
        "The last movement until then; null where there was none.",
        key="movement_id",
    )


@node(
    StockLevelRow,
    loaders.by_id,
    Scope.STOCK_READ,
    "How much of a product lies at a location, in the product's unit.",
)
class StockLevel(Node):
    """A level."""

    product: Product = related(catalog.by_id, "What lies there.", key="product_id")
    location: Location | None = related(locations.by_id, "Where.", key="location_id")
    unit: Unit = strawberry.field(description="Unit of its quantities, the product's.")
    on_hand: Decimal = strawberry.field(description="How much lies there.")
    safety: Decimal = strawberry.field(description="How much of it is promised to nobody.")
    available: Decimal = strawberry.field(
        description="What may be promised: `onHand` less `safety`; less than 0 where that is more."
    )
    moved_at: datetime | None = strawberry.field(
        description="When its last movement was recorded; null for none."
    )
    as_of: StockThen | None = wanted(
        then.StockAsOf,
        then.StockWanted,
        then.StockAsOf.source,
        "What was on hand at an instant, as it had been recorded then: read of one movement.",
        Cost(weight=1, each=1),
    )
    movements: Connection[StockMovement] = connection(
        lists.of_level, "Its movements, the last first."
    )
    events: Events = events()
    timeline: Timeline = timeline()
