"""Lists of stock: levels and movements, with filters and orders of sorting."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Numeric, literal_column, or_, type_coerce

from kit.ids import Names
from kit.inputs import Input, Instant, QuantityOrZero
from loaders.reading.acts import everything
from loaders.reading.filters import one_of
from loaders.reading.leading import Leads
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Reader
from models.supply.stock import StockLevel, StockMovement, StockReason, differs


class StockLevelSort(Enum):
    """Orders of a list of levels."""

    PRODUCT = "PRODUCT"
    PRODUCT_DESC = "PRODUCT_DESC"
    ON_HAND = "ON_HAND"
    ON_HAND_DESC = "ON_HAND_DESC"
    AVAILABLE = "AVAILABLE"
    AVAILABLE_DESC = "AVAILABLE_DESC"


class StockLevelFilter(Input):
    """Which levels to list."""

    product_id: Annotated[UUID, Names("Product")] | None = Field(
        None, description="Is of this product."
    )
    location_id: Annotated[UUID, Names("Location")] | None = Field(
        None, description="Is at this location."
    )
    available_to: QuantityOrZero | None = Field(
        None, description="No more than this is available, in the product's unit."
    )
    is_on_hand: bool | None = Field(None, description="Something lies there, or nothing.")
    differs: bool | None = Field(
        None,
        description="Is something else than its movements say, or not; reads all movements. None"
        " does, unless rows were written past this API.",
    )


class StockMovementSort(Enum):
    """Orders of a list of movements."""

    RECORDED_AT_DESC = "RECORDED_AT_DESC"
    RECORDED_AT = "RECORDED_AT"


class StockMovementFilter(Input):
    """Which movements to list."""

    product_id: Annotated[UUID, Names("Product")] | None = Field(
        None, description="Is of this product."
    )
    location_id: Annotated[UUID, Names("Location")] | None = Field(
        None, description="Is at this location."
    )
    reasons: tuple[StockReason, ...] | None = Field(None, description="Reason is one of these.")
    recorded_from: Instant | None = Field(None, description="Recorded at this instant or later.")
    recorded_to: Instant | None = Field(None, description="Recorded before this instant.")


_NONE: ColumnElement[Any] = literal_column("0")


def _matching(
    reader: Reader, level: Any, wanted: StockLevelFilter
) -> Iterable[ColumnElement[bool]]:
    for name in ("product_id", "location_id"):
        if (value := getattr(wanted, name)) is not None:
            yield getattr(level, name) == value
    if wanted.available_to is not None:
        yield level.available <= type_coerce(wanted.available_to, Numeric())
    if wanted.is_on_hand is not None:
        yield level.on_hand > _NONE if wanted.is_on_hand else level.on_hand == _NONE
    if wanted.differs is not None:
        # It names the time, so that it is read anew: what is looked for has told no journal.
        is_odd = or_(differs(everything(reader), level), reader.at.is_(None))
        yield is_odd if wanted.differs else ~is_odd


def _matching_movements(
    _reader: Reader, movement: Any, wanted: StockMovementFilter
) -> Iterable[ColumnElement[bool]]:
    for name in ("product_id", "location_id"):
        if (value := getattr(wanted, name)) is not None:
            yield getattr(movement, name) == value
    if wanted.reasons is not None:
        yield one_of(movement.reason, wanted.reasons)
    if wanted.recorded_from is not None:
        yield movement.recorded_at >= wanted.recorded_from
    if wanted.recorded_to is not None:
        yield movement.recorded_at < wanted.recorded_to


_SORTS: dict[Enum | None, Sorted] = {
    StockLevelSort.PRODUCT: Sorted("product_id"),
    StockLevelSort.PRODUCT_DESC: Sorted("product_id", descending=True),
    StockLevelSort.ON_HAND: Sorted("on_hand"),
    StockLevelSort.ON_HAND_DESC: Sorted("on_hand", descending=True),
    StockLevelSort.AVAILABLE: Sorted("available"),
    StockLevelSort.AVAILABLE_DESC: Sorted("available", descending=True),
}
_BY_TIME: dict[Enum | None, Sorted] = {
    StockMovementSort.RECORDED_AT_DESC: Sorted("recorded_at", descending=True),
    StockMovementSort.RECORDED_AT: Sorted("recorded_at"),
}
every = Paged(StockLevel, _SORTS, matching=_matching, leads=Leads({"location_id": "location_id"}))
of_product = Paged(StockLevel, _SORTS, of="product_id", matching=_matching)
at_location = Paged(StockLevel, _SORTS, of="location_id", matching=_matching)
movements = Paged(
    StockMovement,
    _BY_TIME,
    matching=_matching_movements,
    leads=Leads({"location_id": "location_id", "product_id": "product_id"}),
)
_BY_NUMBER: dict[Enum | None, Sorted] = {None: Sorted("number", descending=True)}
of_level = Paged(StockMovement, _BY_NUMBER, of="level_id")
