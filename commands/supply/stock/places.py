"""The places that items of a call name: a product at a location, locked and counted on.

Items are taken one after the other, each against what those before it leave, so that what fits
alone and not together is refused (S4).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import ARRAY, Uuid, and_, bindparam, column, func, select

from commands.master.packagings.counting import Packagings, Quantified, packagings_of
from commands.writing.rows import write_rows
from commands.writing.transaction import Outcome, Writing, missing
from kit.db.statements import Statement
from kit.errors import Code, Refusals, Refused
from kit.ids import new_id
from kit.inputs import Reference
from models.access.viewers import Actor, anyone
from models.base.records import columns, record
from models.base.visibility import seen_by
from models.master.catalog import Product, StockKeeping, measure_of
from models.master.locations import Location
from models.supply.stock import StockLevel, StockMovement

_NONE = Decimal(0)


class AtPlace(Quantified):
    """Names a product at a location."""

    product_sku: Reference = Field(description="SKU of the product, whose stock is TRACKED.")
    location_code: Reference = Field(description="Code of the location where it lies.")


ItemT = TypeVar("ItemT", bound=AtPlace)


@dataclass
class Shelf:
    """How things stand at a place, as items before have left it. was: its locked level, or None."""

    product: Any
    location: Any
    was: Any
    on_hand: Decimal = _NONE
    safety: Decimal = _NONE
    last_number: int = 0
    moved_at: datetime | None = None
    id: UUID = field(default_factory=new_id)

    @property
    def key(self) -> tuple[UUID, UUID]:
        """Return by what places are locked."""
        return self.product.id, self.location.id

    @property
    def figures(self) -> dict[str, Any]:
        """Return the columns of the level that items change."""
        names = ("on_hand", "safety", "last_number", "moved_at")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Shelves:
    """What items name, and the levels under their locks. moved: movements to be written.

    changed: the places that are written.
    """

    writing: Writing
    products: Mapping[str, Any]
    locations: Mapping[str, Any]
    packagings: Packagings
    standing: dict[tuple[UUID, UUID], Shelf]
    moved: list[dict[str, Any]] = field(default_factory=list)
    changed: dict[tuple[UUID, UUID], Shelf] = field(default_factory=dict)

    def at(self, item: AtPlace) -> Shelf:
        """Return how things stand where an item says. Refused: NOT_FOUND, WRONG_STATE."""
        refusals = Refusals()
        product: Any = self.products.get(item.product_sku)
        location: Any = self.locations.get(item.location_code)
        with refusals:
            if product is None:
                raise missing(Product, ("product_sku",), item.product_sku)
            if product.stock_keeping is not StockKeeping.TRACKED:
                text = f"No stock is kept of {product.sku}: see `stockKeeping` of `productsUpsert`."
                raise Refused(Code.WRONG_STATE, text, ("product_sku",))
        with refusals:
            if location is None:
                raise missing(Location, ("location_code",), item.location_code)
        refusals.end()
        key = (product.id, location.id)
        return self.standing.setdefault(key, Shelf(product, location, None))

    def counted(self, standing: Shelf, item: AtPlace) -> Decimal:
        """Return an item's quantity in the product's unit. Refused: as `Packagings`."""
        return self.packagings(standing.product, item).amount

    def has(self, standing: Shelf) -> bool:
        """Tell whether a place has a level, or will have one."""
        return standing.was is not None or standing.key in self.changed

    def change(self, standing: Shelf) -> str:
        """Note that a place is to be written; return whether its level is CREATED or UPDATED."""
        status = "UPDATED" if self.has(standing) else "CREATED"
        self.changed[standing.key] = standing
        return status

    async def write(self) -> None:
        """Write levels and movements by one statement, in the order of locks."""
        every = [self.changed[key] for key in sorted(self.changed)]
        new = [self._new(it) for it in every if it.was is None]
        old = [(it.was, it.figures) for it in every if it.was is not None]
        await write_rows(
            self.writing, {StockLevel: new, StockMovement: self.moved}, {StockLevel: old}
        )

    def _new(self, standing: Shelf) -> dict[str, Any]:
        own = {"merchant_id": self.writing.viewer.merchant_id, "id": standing.id}
        of = {"location_id": standing.location.id, "stock_keeping": StockKeeping.TRACKED}
        return {**own, **measure_of(standing.product), **of, **standing.figures}


async def lock_places(writing: Writing, items: Sequence[AtPlace]) -> Shelves:
    """Read what items name, and lock the levels that are there, by product and location.

    A level that another transaction makes meanwhile is found by the next attempt.
    """
    products = await writing.by_key(Product, "sku", (it.product_sku for it in items))
    locations = await writing.by_key(Location, "code", (it.location_code for it in items))
    packagings = await packagings_of(writing, ((it.product_sku, it) for it in items))
    named = [(products.get(it.product_sku), locations.get(it.location_code)) for it in items]
    wanted = sorted({(one.id, at.id) for one, at in named if one and at})
    places = Shelves(writing, products, locations, packagings, {})
    if not wanted:
        return places
    by_id = {it.id: it for it in (*products.values(), *locations.values())}
    values = {**writing.parameters, "products": [], "locations": []}
    for product_id, location_id in wanted:
        values["products"].append(product_id)
        values["locations"].append(location_id)
    rows = await writing.session.rows(_locked(writing.viewer.actor), values)
    writing.extent.touch(len(rows))
    for row in rows:
        figures = (row.on_hand, row.safety, row.last_number, row.moved_at, row.id)
        of = (by_id[row.product_id], by_id[row.location_id])
        places.standing[row.product_id, row.location_id] = Shelf(*of, row, *figures)
    return places


@cache
def _locked(actor: Actor) -> Statement:
    """Build the statement that locks levels in ascending order (S4)."""
    wanted = [bindparam(name, type_=ARRAY(Uuid())) for name in ("products", "locations")]
    of_pair = (column("product_id", Uuid()), column("location_id", Uuid()))
    named = func.unnest(*wanted).table_valued(*of_pair, name="named").render_derived()
    is_named = and_(
        StockLevel.product_id == named.c.product_id, StockLevel.location_id == named.c.location_id
    )
    rows = select(*columns(StockLevel)).join_from(StockLevel, named, is_named)
    rows = rows.where(*seen_by(anyone(actor), StockLevel))
    rows = rows.order_by(StockLevel.product_id, StockLevel.location_id)
    return Statement(rows.with_for_update(of=StockLevel), record(StockLevel))


async def done_at_each(
    writing: Writing,
    name: str,
    items: Sequence[ItemT],
    act: Callable[[Shelves, Shelf, ItemT], Mapping[str, Any]],
) -> Outcome:
    """Do something at the place of each item, and write what has become of them.

    name: the input's field that has the items. act: returns what is known of an item, beside its
    level, among it its status; refused: an item alone.
    """
    places = await lock_places(writing, items)
    results = list[dict[str, Any]]()
    for place, item in enumerate(items):
        try:
            standing = places.at(item)
            found = {"level_id": standing.id, **act(places, standing, item), "problems": []}
        except Refused as refused:
            problems = [it.below((name, place)) for it in refused.problems]
            found = {"level_id": None, "status": "REFUSED", "problems": problems}
        results.append(found)
    await places.write()
    return {"results": results}
