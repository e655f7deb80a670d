"""Stock: what lies where, and the movements of which that is the sum.

Movements are the truth. Each says how much there is after it, so that a level at any instant is
one row: that of the last movement before. A level is the last of its movements, kept beside them
under one lock (docs/decisions/0074-stock-ledger.md).
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal_column, not_, or_
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor
from models.base.acts import AllRows
from models.base.tables import (
    Counter,
    OneOf,
    Owned,
    check,
    indexed,
    known,
    not_negative,
    to,
    unique,
)
from models.base.visibility import Seen, own
from models.master.catalog import OfProduct, StockKeeping, to_product


class MovementKind(StrEnum):
    """What moved stock."""

    ADJUST = "ADJUST"


class StockReason(StrEnum):
    """Why stock was adjusted; each says whether goods come or go."""

    OPENING = "OPENING"
    ARRIVED = "ARRIVED"
    FOUND = "FOUND"
    LEFT = "LEFT"
    LOST = "LOST"
    BROKEN = "BROKEN"
    EXPIRED = "EXPIRED"
    USED = "USED"

    @property
    def adds(self) -> bool:
        """Whether goods come."""
        return self in {StockReason.OPENING, StockReason.ARRIVED, StockReason.FOUND}

    def signed(self, quantity: Decimal) -> Decimal:
        """Return what a quantity adds to what is on hand, less than 0 where goods go."""
        return quantity if self.adds else -quantity


class StockLevel(OfProduct, Owned):
    """How much of a product lies at a location, in its unit.

    on_hand, last_number, moved_at: what its last movement says; 0, 0 and None without any. safety:
    of it, what is promised to nobody. stock_keeping: the product's, which stays so.
    """

    __tablename__ = "stock_levels"
    __seen__: ClassVar[Seen] = {Actor.WAREHOUSE: own("location_id")}
    __table_args__ = (
        to_product(stock_keeping="stock_keeping"),
        to("locations", "location_id"),
        unique("place", "product_id", "location_id"),
        unique("of_movements", "id", "product_id", "location_id"),
        indexed("stock_levels", "product_id", "id"),
        indexed("stock_levels", "location_id", "product_id", "id"),
        not_negative("on_hand", "safety", "last_number"),
        check("tracked", "stock_keeping = 'TRACKED'"),
        check("moved_whole", "(last_number = 0) = (moved_at IS NULL)"),
    )

    location_id: Mapped[UUID]
    stock_keeping: Mapped[StockKeeping] = mapped_column(OneOf(StockKeeping))
    on_hand: Mapped[Counter]
    safety: Mapped[Counter]
    last_number: Mapped[int]
    moved_at: Mapped[datetime | None]

    @hybrid_property
    def available(self) -> Decimal:
        """What may be promised; less than 0 where less lies there than is to stay."""
        return self.on_hand - self.safety


class StockMovement(Owned):
    """One change of what is on hand at a level, which is never changed itself.

    number: of the level's movements, without holes. on_hand: what is there after it. quantity:
    what it adds, less than 0 for what goes. recorded_at: never before the movement before.
    """

    __tablename__ = "stock_movements"
    __seen__: ClassVar[Seen] = {Actor.WAREHOUSE: own("location_id")}
    __table_args__ = (
        to("stock_levels", "level_id", product_id="product_id", location_id="location_id"),
        unique("number", "level_id", "number"),
        indexed("stock_movements", "level_id", "recorded_at", "number"),
        indexed("stock_movements", "recorded_at", "id"),
        indexed("stock_movements", "location_id", "recorded_at", "id"),
        indexed("stock_movements", "product_id", "recorded_at", "id"),
        known("kind", MovementKind),
        known("reason", StockReason),
        check("number_positive", "number > 0"),
        check("moves", "quantity <> 0"),
        check("on_hand_not_negative", "on_hand >= 0"),
    )

    level_id: Mapped[UUID]
    product_id: Mapped[UUID]
    location_id: Mapped[UUID]
    number: Mapped[int]
    kind: Mapped[MovementKind] = mapped_column(OneOf(MovementKind))
    reason: Mapped[StockReason] = mapped_column(OneOf(StockReason))
    quantity: Mapped[Decimal]
    on_hand: Mapped[Decimal]
    note: Mapped[str | None]
    recorded_at: Mapped[datetime]


_NONE: ColumnElement[Any] = literal_column("0")
_ONE: ColumnElement[Any] = literal_column("1")


def _follows(rows: AllRows, movement: Any) -> ColumnElement[bool]:
    """Tell whether a movement is the first, or adds to what the one before it has left."""
    is_first = and_(movement.number == _ONE, movement.on_hand == movement.quantity)
    return or_(
        is_first,
        rows.some(
            StockMovement,
            where=lambda before: and_(
                before.level_id == movement.level_id,
                before.number == movement.number - _ONE,
                before.on_hand + movement.quantity == movement.on_hand,
                before.recorded_at <= movement.recorded_at,
            ),
        ),
    )


def differs(rows: AllRows, level: Any) -> ColumnElement[bool]:
    """Tell whether a level is something else than its movements say (S4). level: its table."""

    def is_last(movement: Any) -> ColumnElement[bool]:
        return and_(
            movement.level_id == level.id,
            movement.number == level.last_number,
            movement.on_hand == level.on_hand,
            movement.recorded_at == level.moved_at,
        )

    def is_odd(movement: Any) -> ColumnElement[bool]:
        is_beyond = movement.number > level.last_number
        return and_(movement.level_id == level.id, or_(is_beyond, not_(_follows(rows, movement))))

    is_empty = and_(level.last_number == _NONE, level.on_hand == _NONE)
    is_whole = or_(is_empty, rows.some(StockMovement, where=is_last))
    return or_(not_(is_whole), rows.some(StockMovement, where=is_odd))
