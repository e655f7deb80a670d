"""Root fields of stock."""

import strawberry

from commands.supply.stock import adjust
from execution.fields import related
from loaders.supply import stock as loaders
from loaders.supply.stock import lists
from schema.graphql.bulk import UpsertResult
from schema.graphql.connections import Connection, connection
from schema.graphql.mutations import Payload, mutation
from schema.graphql.roots import one_by
from schema.supply.stock.types import StockLevel, StockMovement


@strawberry.type(description="What happened to one adjustment of a bulk call.")
class StockAdjustResult(UpsertResult):
    """One result."""

    stock_level: StockLevel | None = related(
        loaders.by_id, "The level, after all items; null when refused.", key="level_id"
    )
    movement: StockMovement | None = related(
        loaders.movement_by_id, "The movement; null when refused.", key="movement_id"
    )


@strawberry.type(description="Outcome of `stockAdjust`.")
class StockAdjustPayload(Payload):
    """The results, in the order of the input."""

    results: list[StockAdjustResult] | None = strawberry.field(
        description="One result for each adjustment; null when the whole call was refused."
    )


@strawberry.type(description="What happened to one safety stock of a bulk call.")
class SafetyStockSetResult(UpsertResult):
    """One result."""

    stock_level: StockLevel | None = related(
        loaders.by_id, "The level, after all items; null when refused.", key="level_id"
    )


@strawberry.type(description="Outcome of `safetyStockSet`.")
class SafetyStockSetPayload(Payload):
    """The results, in the order of the input."""

    results: list[SafetyStockSetResult] | None = strawberry.field(
        description="One result for each safety stock; null when the whole call was refused."
    )


@strawberry.type
class StockQuery:
    """Root fields that read stock."""

    stock_level: StockLevel | None = one_by("One level, by id.", StockLevel=loaders.by_id)
    stock_levels: Connection[StockLevel] | None = connection(
        lists.every,
        "How much lies where.",
        key=None,
        filters=lists.StockLevelFilter,
        sorts=lists.StockLevelSort,
    )
    stock_movements: Connection[StockMovement] | None = connection(
        lists.movements,
        "What changed what is on hand.",
        key=None,
        filters=lists.StockMovementFilter,
        sorts=lists.StockMovementSort,
    )


@strawberry.type
class StockMutation:
    """Mutations of stock."""

    stock_adjust: StockAdjustPayload = mutation(adjust.adjust)
    safety_stock_set: SafetyStockSetPayload = mutation(adjust.set_safety)
