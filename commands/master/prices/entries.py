"""The prices in price lists: written in bulk, by list, product and quantity."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, TypeAlias
from uuid import UUID

from pydantic import Field
from sqlalchemy import ARRAY, Numeric, Uuid, and_, bindparam, column, func, select
from sqlalchemy.types import TypeEngine

from commands.master.packagings.counting import (
    Packagings,
    Quantified,
    check_used,
    packagings_of,
)
from commands.writing.rows import write_rows
from commands.writing.transaction import Outcome, Writing, missing
from commands.writing.upserts.items import UpsertColumns, item_of, locked_rows, results
from commands.writing.verbs import verb
from kit.db.statements import Statement
from kit.errors import Refusals
from kit.ids import new_id
from kit.inputs import (
    Command,
    Each,
    ExactAmount,
    QuantityOrZero,
    Reference,
    Upsert,
    refuse_duplicates,
)
from models.access.viewers import Scope
from models.base.acts import Act
from models.base.records import columns, record
from models.events.master.prices import PriceChange, PriceListRepriced
from models.master.catalog import Product, measure_of
from models.master.prices.tables import PriceList, PriceListEntry

PriceStep: TypeAlias = tuple[UUID, UUID, Decimal]
"""Price list, product, quantity from which a price counts."""
_STEP: Mapping[str, TypeEngine[Any]] = {
    "price_list_id": Uuid(),
    "product_id": Uuid(),
    "from_quantity": Numeric(),
}

_KNOWN_BY = ("price_list_code", "product_sku", "from_quantity", "packaging")
"""Fields that say which entry it is."""


class PriceListEntryUpsert(Upsert, Quantified):
    """One price, known by its list, its product and the quantity from which it counts.

    `packaging` goes with `fromQuantity`: left out, that is in the product's unit.
    """

    price_list_code: Reference = Field(description="Code of the price list.")
    product_sku: Reference = Field(description="SKU of the product.")
    from_quantity: QuantityOrZero = Field(
        Decimal(0),
        description="The line's quantity from which on it counts, in the product's unit or in"
        " `packaging`; 0 when left out.",
    )
    unit_price: ExactAmount = Field(description="Price of one unit, in the list's currency.")
    is_active: bool = Field(default=True, description="Whether it counts at all.")


class PriceListEntriesUpsert(Command):
    """Up to 250 prices, of any lists."""

    price_list_entries: Each[PriceListEntryUpsert] = Field(
        description="The prices; each list, product and quantity once."
    )


@verb(
    Act(Scope.MASTER_DATA_WRITE),
    "Create or change up to 250 prices by price list, product and quantity. What is ordered from"
    " then on costs that; orders that are placed keep their prices.",
)
async def upsert_all(writing: Writing, command: PriceListEntriesUpsert) -> Outcome:
    """Write prices under the locks of their lists.

    Refused: NOT_FOUND for a list or a product, SCALE_EXCEEDED for a quantity, DUPLICATE.
    """
    inputs = command.price_list_entries
    lists = await locked_rows(writing, PriceList, "code", {it.price_list_code for it in inputs})
    products = await writing.by_key(Product, "sku", {it.product_sku for it in inputs})
    packagings = await packagings_of(writing, [(it.product_sku, it) for it in inputs])
    counted = _counted(inputs, partial(_step, lists, products, packagings))
    steps = [step for step, _ in counted]
    refuse_duplicates(steps, ("price_list_entries",), "from_quantity")
    known = await _known(writing, steps)
    rows, statuses, new = [], [], list[dict[str, Any]]()
    changed: list[tuple[Any, dict[str, Any]]] = []
    for each, (step, price) in zip(inputs, counted, strict=True):
        old = known.get(step)
        if old is None:
            own = _row(writing, lists[each.price_list_code], products[each.product_sku], step)
            new.append({**own, **price.whole})
            status, key = "CREATED", new[-1]["id"]
        elif all(getattr(old, name) == value for name, value in price.changes.items()):
            status, key = "UNCHANGED", old.id
        else:
            changed.append((old, {"is_active": old.is_active, **price.changes}))
            status, key = "UPDATED", old.id
        rows.append(SimpleNamespace(id=key))
        statuses.append(status)
    await write_rows(writing, {PriceListEntry: new}, {PriceListEntry: changed})
    _tell(writing, lists, inputs, statuses, changed)
    return results("price_list_entry_id", rows, statuses)


PricedStep: TypeAlias = tuple[PriceStep, UpsertColumns]
"""What an entry is known by, and its other columns."""


def _counted(
    inputs: Sequence[PriceListEntryUpsert], step: Callable[[PriceListEntryUpsert, int], PricedStep]
) -> Sequence[PricedStep]:
    """Return the step of each entry. Refused: as `_step`, for all of them at once."""
    found, refusals = [], Refusals()
    for place, each in enumerate(inputs):
        with refusals:
            found.append(step(each, place))
    refusals.end()
    return found


def _step(
    lists: Mapping[str, PriceList],
    products: Mapping[str, Product],
    packagings: Packagings,
    item: PriceListEntryUpsert,
    place: int,
) -> PricedStep:
    """Return the step of an entry.

    Refused: NOT_FOUND, WRONG_STATE for an inactive packaging, and as `Packagings`.
    """
    path = ("price_list_entries", place)
    if item.price_list_code not in lists:
        raise missing(PriceList, (*path, "price_list_code"), item.price_list_code)
    if item.product_sku not in products:
        raise missing(Product, (*path, "product_sku"), item.product_sku)
    product = products[item.product_sku]
    quantity = packagings(product, item, "from_quantity", path)
    check_used(quantity.packaging, (*path, "packaging"))
    price = item_of(item, {name: {} for name in _KNOWN_BY}).also(quantity.columns)
    return (lists[item.price_list_code].id, product.id, quantity.amount), price


async def _known(writing: Writing, steps: Sequence[PriceStep]) -> dict[PriceStep, PriceListEntry]:
    """Return those of the entries that are there already."""
    values = dict(zip(_STEP, map(list, zip(*steps, strict=True)), strict=True))
    rows = await writing.session.rows(
        _entries(), {"merchant": writing.viewer.merchant_id, **values}
    )
    return {(it.price_list_id, it.product_id, it.from_quantity): it for it in rows}


@cache
def _entries() -> Statement:
    """Build the statement of `_known`."""
    steps = func.unnest(*(bindparam(name, type_=ARRAY(type_)) for name, type_ in _STEP.items()))
    named = (column(name, type_) for name, type_ in _STEP.items())
    wanted = steps.table_valued(*named, name="wanted").render_derived()
    same = and_(*(getattr(PriceListEntry, name) == wanted.c[name] for name in _STEP))
    rows = select(*columns(PriceListEntry)).select_from(wanted.join(PriceListEntry, same))
    own = PriceListEntry.merchant_id == bindparam("merchant", type_=Uuid())
    return Statement(rows.where(own), record(PriceListEntry))


def _row(writing: Writing, of: PriceList, product: Product, step: PriceStep) -> dict[str, Any]:
    own = {"merchant_id": writing.viewer.merchant_id, "id": new_id(), "currency": of.currency}
    return own | measure_of(product) | dict(zip(_STEP, step, strict=True))


def _tell(
    writing: Writing,
    lists: Mapping[str, PriceList],
    inputs: Sequence[PriceListEntryUpsert],
    statuses: Sequence[str],
    changed: Sequence[tuple[Any, Mapping[str, Any]]],
) -> None:
    """Tell what was done to each list. changed: entries that were there, with new columns."""
    prices: defaultdict[UUID, dict[UUID, PriceChange]] = defaultdict(dict)
    for old, new in changed:
        price = new.get("unit_price", old.unit_price)
        both = (_counting(old.unit_price, old.is_active), _counting(price, new["is_active"]))
        if both[0] != both[1]:
            prices[old.price_list_id][old.id] = PriceChange(*both)
    done = Counter((it.price_list_code, how) for it, how in zip(inputs, statuses, strict=True))
    for code, of in lists.items():
        created, updated = done[code, "CREATED"], done[code, "UPDATED"]
        if created or updated:
            repriced = PriceListRepriced(
                of.id, created=created, updated=updated, prices=prices.get(of.id, {})
            )
            writing.record(repriced)


def _counting(price: Decimal, is_active: bool) -> Decimal | None:  # noqa: FBT001 -- a column.
    return price if is_active else None
