"""Adjusting what is on hand, with a reason, and saying what of it is promised to nobody."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import Field

from commands.master.catalog import check_scale
from commands.supply.stock.places import AtPlace, Shelf, Shelves, done_at_each
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from kit.ids import new_id
from kit.inputs import Command, Each, Note, Quantity, QuantityOrZero, refuse_duplicates
from kit.standards.money import plain
from models.access.viewers import Scope
from models.base.acts import Act
from models.base.guards import guards
from models.events.supply.stock import StockLevelAdjusted, StockLevelSafetySet
from models.supply.codes import SupplyCode
from models.supply.stock import MovementKind, StockReason

_MOST = 10**12
"""Nowhere lies more of a product."""


class StockAdjustment(AtPlace):
    """One adjustment of what is on hand."""

    reason: StockReason = Field(
        description="Why; OPENING, ARRIVED and FOUND add to what is on hand, the others take away."
    )
    quantity: Quantity = Field(description="How much comes or goes.")
    expected_on_hand: QuantityOrZero | None = Field(
        None,
        description="What is on hand before it, in the product's unit, as it was read; what differs"
        " is refused as STALE.",
    )
    note: Note | None = Field(None, description="More about it, for people.")


class StockAdjust(Command):
    """Up to 250 adjustments."""

    adjustments: Each[StockAdjustment] = Field(
        description="The adjustments, done in this order, each with what those before it leave."
    )


class SafetyStock(AtPlace):
    """How much of a product at a location is promised to nobody."""

    quantity: QuantityOrZero = Field(description="How much; 0 for nothing.")


class SafetyStockSet(Command):
    """Safety stocks of up to 250 places."""

    safety_stocks: Each[SafetyStock] = Field(
        description="The safety stocks; each product at each location once."
    )


@verb(
    Act(Scope.STOCK_WRITE),
    "Adjust what is on hand of up to 250 products at locations, each with its reason; one that is"
    " refused stops no other.",
)
async def adjust(writing: Writing, command: StockAdjust) -> Outcome:
    """Adjust levels one after the other.

    Refused: of an item NOT_FOUND for product, location or packaging; WRONG_STATE for a product of
    which no stock is kept; STALE where something else is on hand than was expected (S2);
    OUT_OF_RANGE for more than is there (S1), or more than fits; SCALE_EXCEEDED.
    """
    return await done_at_each(writing, "adjustments", command.adjustments, _adjust)


def _adjust(places: Shelves, level: Shelf, item: StockAdjustment) -> Mapping[str, Any]:
    added = item.reason.signed(places.counted(level, item))
    check_expected(level, item.expected_on_hand)
    check_left(level, added)
    writing = places.writing
    level.on_hand += added
    level.last_number += 1
    level.moved_at = max(writing.now, level.moved_at or writing.now)
    movement = {
        "merchant_id": writing.viewer.merchant_id,
        "id": new_id(),
        "level_id": level.id,
        "product_id": level.product.id,
        "location_id": level.location.id,
        "number": level.last_number,
        "kind": MovementKind.ADJUST,
        "reason": item.reason,
        "quantity": added,
        "on_hand": level.on_hand,
        "note": item.note,
        "recorded_at": level.moved_at,
    }
    places.moved.append(movement)
    movement_id = movement["id"]
    event = StockLevelAdjusted(
        level.id, movement_id=movement_id, reason=item.reason, quantity=added
    )
    writing.record(event)
    return {"movement_id": movement_id, "status": places.change(level)}


@guards("S2", verb="stockAdjust")
def check_expected(level: Shelf, expected: Decimal | None) -> None:
    """Refused: STALE where something else is on hand than somebody has read, SCALE_EXCEEDED."""
    if expected is None:
        return
    check_scale(level.product, expected, ("expected_on_hand",))
    if expected != level.on_hand:
        text = f"{plain(level.on_hand)} of {level.product.sku} are on hand, not {plain(expected)}."
        raise Refused(SupplyCode.STALE, text, ("expected_on_hand",))


@guards("S1", verb="stockAdjust")
def check_left(level: Shelf, added: Decimal) -> None:
    """Refused: OUT_OF_RANGE where more would go than is there, or more be there than fits."""
    if not 0 <= level.on_hand + added < _MOST:
        text = f"{plain(level.on_hand)} of {level.product.sku} are on hand."
        raise Refused(Code.OUT_OF_RANGE, text, ("quantity",))


@verb(
    Act(Scope.STOCK_WRITE),
    "Say how much of up to 250 products at locations is promised to nobody: it is on hand, and not"
    " available.",
)
async def set_safety(writing: Writing, command: SafetyStockSet) -> Outcome:
    """Set safety stocks.

    Refused: of an item DUPLICATE; NOT_FOUND for product, location or packaging; WRONG_STATE for a
    product of which no stock is kept; SCALE_EXCEEDED and OUT_OF_RANGE for the quantity.
    """
    places = ((it.product_sku, it.location_code) for it in command.safety_stocks)
    refuse_duplicates(places, ("safety_stocks",), "product_sku")
    return await done_at_each(writing, "safety_stocks", command.safety_stocks, _set_safety)


def _set_safety(places: Shelves, level: Shelf, item: SafetyStock) -> Mapping[str, Any]:
    quantity = places.counted(level, item)
    if places.has(level) and level.safety == quantity:
        return {"status": "UNCHANGED"}
    level.safety = quantity
    places.writing.record(StockLevelSafetySet(level.id, quantity=quantity))
    return {"status": places.change(level)}
