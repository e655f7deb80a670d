"""Packagings: written in bulk, by product and code."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from commands.master.gtins import check_gtins
from commands.master.packagings.counting import Packagings, Quantified, columns_of
from commands.writing.transaction import Outcome, Writing, check_known
from commands.writing.upserts.frozen import check_frozen
from commands.writing.upserts.items import UpsertEvents, happened, item_of, put, results, status
from commands.writing.verbs import verb
from kit.errors import Code, Refusals, Refused
from kit.inputs import Command, Each, Gtin, Name, Quantity, Reference, Upsert, refuse_duplicates
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.master.packagings import PackagingCreated, PackagingUpdated
from models.master.catalog import Product, measure_of
from models.master.packagings import Packaging

_EVENTS = UpsertEvents(PackagingCreated, PackagingUpdated)
_COUNTED = ("product_sku", "quantity", "packaging")


class PackagingUpsert(Upsert, Quantified):
    """One packaging, known by its product and a code. `packaging`: what it is made up of.

    It goes with `quantity`: left out, that is in the product's unit.
    """

    product_sku: Reference = Field(description="SKU of the product that it holds.")
    code: Reference = Field(description="The product's code of it, for example CARTON or PALLET.")
    name: Name = Field(description="Name for people.")
    quantity: Quantity = Field(
        description="How much it holds: in the product's unit, or in `packaging`, as a pallet that"
        " holds 48 CARTON."
    )
    gtin: Gtin | None = Field(
        None, description="Its own GTIN, with its check digit; no product or packaging has it too."
    )
    is_active: bool = Field(
        default=True,
        description="Whether new orders, contracts and prices may count in it; what is there goes"
        " on.",
    )


class PackagingsUpsert(Command):
    """Up to 250 packagings."""

    packagings: Each[PackagingUpsert] = Field(
        description="The packagings, each product and code once; what one is made up of comes"
        " before it, or is there."
    )


@verb(
    Act(Scope.MASTER_DATA_WRITE),
    "Create or change up to 250 packagings by product and code. What a packaging holds stays, once"
    " anything is counted in it.",
)
async def upsert_all(writing: Writing, command: PackagingsUpsert) -> Outcome:
    """Write packagings.

    Refused: NOT_FOUND for a product, or what a packaging is made up of; DUPLICATE; IN_USE for other
    contents of what is used; TAKEN for a GTIN; SCALE_EXCEEDED and OUT_OF_RANGE for a quantity;
    INVALID for one that is made up of others and becomes a part.
    """
    inputs = command.packagings
    products = await writing.by_key(Product, "sku", {it.product_sku for it in inputs})
    named = enumerate(it.product_sku for it in inputs)
    paths = ((sku, ("packagings", place, "product_sku")) for place, sku in named)
    check_known(Product, products, paths)
    ids = {it.id for it in products.values()}
    rows = await writing.among(Packaging, "product_id", ids, "id", lock=True)
    known = {(it.product_id, it.code): it for it in rows}
    contents = _contents(products, known, inputs)
    refuse_duplicates(((it.product_sku, it.code) for it in inputs), ("packagings",), "code")
    before = [known.get((products[it.product_sku].id, it.code)) for it in inputs]
    changes = [(row, {"content": it}) for row, it in zip(before, contents, strict=True)]
    await check_frozen(writing, Packaging, changes, ("packagings",), content="quantity")
    numbers = [(row, it.gtin) for row, it in zip(before, inputs, strict=True)]
    await check_gtins(writing, numbers, ("packagings",))
    new = zip(inputs, before, contents, strict=True)
    made, statuses = _put_all(writing, products, known, new)
    await writing.session.flush()
    return results("packaging_id", made, statuses)


def _put_all(
    writing: Writing,
    products: Mapping[str, Product],
    known: dict[tuple[UUID, str], Packaging],
    new: Iterable[tuple[PackagingUpsert, Packaging | None, Decimal]],
) -> tuple[list[Packaging], list[str]]:
    """Write packagings, each with what it holds; return them and what was done to each."""
    made, statuses = [], []
    for one, old, content in new:
        product = products[one.product_sku]
        inner = None if one.packaging is None else known[product.id, one.packaging]
        holds = {"content": content, **columns_of(inner)}
        item = item_of(one, {name: {} for name in _COUNTED})
        row, changed = put(writing, Packaging, old, item.also(measure_of(product) | holds))
        known[product.id, one.code] = row
        made.append(row)
        statuses.append(status(writing, happened(_EVENTS, row, changed, is_new=old is None)))
    return made, statuses


def _contents(
    products: Mapping[str, Product],
    known: Mapping[tuple[UUID, str], Packaging],
    inputs: Sequence[PackagingUpsert],
) -> list[Decimal]:
    """Return what each holds in the product's unit, of what is there or comes before it.

    Refused: INVALID for one that is made up of itself, and as `Packagings`.
    """
    found, contents, refusals = dict(known), [], Refusals()
    for place, each in enumerate(inputs):
        product, path = products[each.product_sku], ("packagings", place)
        with refusals:
            if each.packaging == each.code:
                text = "A packaging is made up of others."
                raise Refused(Code.INVALID, text, (*path, "packaging"))
            content = Packagings(found)(product, each, path=path).amount
            found[product.id, each.code] = Packaging(code=each.code, content=content)
            contents.append(content)
    refusals.end()
    return contents
