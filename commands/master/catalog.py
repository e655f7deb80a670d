"""Products: written in bulk from the merchant's system of record."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from commands.master.gtins import GTIN_LINE, check_gtins
from commands.master.handling import ProductHandling, handled
from commands.writing.counters import stand_in_line
from commands.writing.transaction import Outcome, Writing, missing
from commands.writing.upserts.inactive import open_work
from commands.writing.upserts.items import UpsertColumns, UpsertEvents, item_of, results, upsert
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refusals, Refused
from kit.ids import new_id
from kit.inputs import (
    Command,
    Each,
    Gtin,
    Input,
    Money,
    Name,
    Reference,
    Short,
    Upsert,
    refuse_duplicates,
)
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.master.catalog import ProductCreated, ProductUpdated
from models.master.catalog import Product, Unit

_EVENTS = UpsertEvents(ProductCreated, ProductUpdated)
_MOST_OPTIONS = 10


class ProductOption(Input):
    """What a variant is in one respect."""

    name: Short = Field(description="In which respect, for example size.")
    value: Reference = Field(description="What it is there, for example XL.")


class ProductUpsert(Upsert):
    """One product, known by its SKU."""

    sku: Reference = Field(description="The merchant's article number; the key of the upsert.")
    name: Name = Field(description="Name for people.")
    unit: Unit = Field(Unit.PIECE, description="Unit in which it is ordered.")
    scale: int = Field(
        0, ge=0, le=6, description="Decimals that a quantity may have; 0 for whole pieces."
    )
    gtin: Gtin | None = Field(None, description="GTIN-8, -12, -13 or -14 with its check digit.")
    weight_g: int | None = Field(None, gt=0, le=100_000_000, description="Weight of one unit, g.")
    list_price: Money | None = Field(
        None, description="Price of one unit for whom no price list says another one."
    )
    variant_of_sku: Reference | None = Field(
        None,
        description="SKU of the product that it is a variant of, which is there and no variant"
        " itself.",
    )
    options: list[ProductOption] = Field(
        [], max_length=_MOST_OPTIONS, description="What tells variants apart, each name once."
    )
    handling: ProductHandling | None = Field(
        None, description="What it needs on its way, as a whole; null for nothing special."
    )
    is_active: bool = Field(
        default=True,
        description="Whether it may be ordered or agreed on anew; what is ordered and agreed goes"
        " on, call-offs too: see `openWork`.",
    )


class ProductsUpsert(Command):
    """Up to 250 products."""

    products: Each[ProductUpsert] = Field(description="The products; each SKU once.")


@verb(
    Act(Scope.MASTER_DATA_WRITE),
    "Create or change up to 250 products by SKU. Unit and scale of a product that anything is told"
    " of stay: another unit is another product, or a packaging of it.",
)
async def upsert_all(writing: Writing, command: ProductsUpsert) -> Outcome:
    """Write products by SKU.

    Refused: DUPLICATE when a SKU stands twice, IN_USE for another unit or scale of what is used,
    TAKEN for the GTIN of another product or of a packaging, NOT_FOUND for the product of which one
    is a variant, INVALID for one that is a variant itself, or of itself.
    """
    parents = await _parents(writing, command.products)
    with writing.refusals:
        refuse_duplicates((it.sku for it in command.products), ("products",), "sku")
    known = await writing.by_key(Product, "sku", (it.sku for it in command.products if it.gtin))
    numbers = [(known.get(it.sku), it.gtin) for it in command.products]
    with writing.refusals:
        await check_gtins(writing, numbers, ("products",))
    for place, each in enumerate(command.products):
        with writing.refusals:
            options = ("products", place, "options")
            refuse_duplicates((of.name for of in each.options), options, "name")
    writing.refusals.end()
    items = [_columns(it, parents) for it in command.products]
    rows, statuses = await upsert(writing, Product, _EVENTS, "sku", items, ("products",))
    return results("product_id", rows, statuses, open_work=await open_work(writing, Product, rows))


async def _parents(writing: Writing, inputs: Sequence[ProductUpsert]) -> Mapping[str | None, UUID]:
    """Return SKU -> id of the products that variants are of, also of those that come with them.

    Who writes variants waits for who does so already: of two at once the second finds the first.
    Refused: NOT_FOUND, INVALID for one that is a variant itself, or becomes one.
    """
    variants = {it.sku for it in inputs if it.variant_of_sku is not None}
    if not variants:
        return {}
    await stand_in_line(writing, GTIN_LINE)
    named = {it.variant_of_sku for it in inputs if it.variant_of_sku is not None}
    found = await writing.by_key(Product, "sku", named | variants)
    own = [row.id for sku, row in found.items() if sku in variants]
    parents = {it.variant_of_id for it in await writing.records(Product, "variant_of_id", own)}
    coming = {it.sku: new_id() for it in inputs if it.sku in named - found.keys()}
    refusals = Refusals()
    for place, each in enumerate(inputs):
        path, sku = ("products", place, "variant_of_sku"), each.variant_of_sku
        with refusals:
            if sku is None:
                continue
            if sku not in found.keys() | coming:
                raise missing(Product, path, sku)
            if sku in variants or (sku in found and found[sku].variant_of_id is not None):
                raise Refused(Code.INVALID, f"{sku} is a variant itself.", path)
            if each.sku in found and found[each.sku].id in parents:
                raise Refused(Code.INVALID, f"{each.sku} has variants itself.", path)
    refusals.end()
    return {sku: row.id for sku, row in found.items()} | coming


def _columns(item: ProductUpsert, parents: Mapping[str | None, UUID]) -> UpsertColumns:
    price = item.list_price
    of_price = {
        "list_price": price and price.amount,
        "list_currency": price and price.currency,
    }
    as_columns = {
        "handling": handled(item.handling, ProductHandling),
        "variant_of_sku": {"variant_of_id": parents.get(item.variant_of_sku)},
        "list_price": of_price,
    }
    made = item_of(item, as_columns)._replace(is_later=item.variant_of_sku is not None)
    if item.sku not in parents:
        return made
    # One that variants name has its id already.
    return made._replace(whole={**made.whole, "id": parents[item.sku]})


def check_active(product: Product, path: Path) -> None:
    """Refused: WRONG_STATE for what is neither ordered nor agreed on any more."""
    if not product.is_active:
        raise Refused(Code.WRONG_STATE, f"{product.sku} is not active.", path)


def check_scale(product: Product, quantity: Decimal, path: Path) -> None:
    """Refused: SCALE_EXCEEDED when the quantity has more decimals than the product's unit."""
    if not product.fits(quantity):
        text = f"{product.sku} has {product.scale} decimals in {product.unit.value}."
        raise Refused(Code.SCALE_EXCEEDED, text, path)
