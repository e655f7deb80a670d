"""What the journal tells of stock."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from models.base.events import Event, event
from models.base.payloads import IdOf
from models.supply.stock import StockLevel, StockReason


@event("stock_level.adjusted", StockLevel)
class StockLevelAdjusted(Event):
    """What is on hand was adjusted."""

    movement_id: Annotated[UUID, IdOf("StockMovement"), "The movement."]
    reason: Annotated[StockReason, "Why."]
    quantity: Annotated[
        Decimal, "What was added, in the product's unit; less than 0 for what went."
    ]


@event("stock_level.safety_set", StockLevel)
class StockLevelSafetySet(Event):
    """It was said how much is promised to nobody."""

    quantity: Annotated[Decimal, "How much that is, in the product's unit."]
