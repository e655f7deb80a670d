"""Quantities as clients give them: in a product's unit, or counted in one of its packagings.

This is the one place where they become quantities of the unit; every verb asks it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from pydantic import Field
from sqlalchemy import ARRAY, Text, Uuid, and_, any_, bindparam, or_, select

from commands.master.catalog import check_scale
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Path, Refused
from kit.inputs import Input, Reference
from models.access.viewers import Actor, anyone
from models.base.records import columns, record
from models.base.visibility import seen_by
from models.master.catalog import Product
from models.master.packagings import Packaging

_MOST = 10**12
"""No quantity has more whole digits than twelve."""


class Quantified(Input):
    """Says quantities of a product: in its unit, or counted in one of its packagings."""

    packaging: Reference | None = Field(
        None,
        description="Code of a packaging of the product, for example CARTON, in which the"
        " quantities of this input are counted, by whole ones; when left out, they are in the"
        " product's unit.",
    )


CountedIn: TypeAlias = tuple[UUID | str | None, Quantified]
"""A product by id or SKU, None where nobody knows it; what names a packaging of it, or none."""


class Counted(NamedTuple):
    """A quantity in the product's unit, and in what it was counted."""

    amount: Decimal
    packaging: Packaging | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """Return the columns of `Packaged`."""
        return columns_of(self.packaging)


def columns_of(packaging: Packaging | None, prefix: str = "") -> dict[str, Any]:
    """Return the columns of `Packaged`, with a prefix."""
    of = (None, None) if packaging is None else (packaging.id, packaging.content)
    names = (f"{prefix}{it}" for it in ("packaging_id", "packaging_content"))
    return dict(zip(names, of, strict=True))


def check_used(packaging: Packaging | None, path: Path) -> None:
    """Refused: WRONG_STATE for a packaging in which nothing new is counted any more."""
    if packaging is not None and not packaging.is_active:
        raise Refused(Code.WRONG_STATE, f"{packaging.code} is not active.", path)


@dataclass(frozen=True)
class Packagings:
    """The packagings that inputs name. found: product's id or SKU, code -> packaging."""

    found: Mapping[tuple[Any, str], Packaging]

    def named(self, product: Any, item: Quantified) -> Packaging | None:
        """Return what an input counts in, None where it does not. product: id or SKU."""
        return None if item.packaging is None else self.found.get((product, item.packaging))

    def __call__(
        self, product: Product, item: Quantified, name: str = "quantity", path: Path = ()
    ) -> Counted:
        """Return a quantity that an input gives under a name. path: of the input.

        Refused: NOT_FOUND for a packaging that the product has not, SCALE_EXCEEDED for a part of
        one, or for more decimals than the product has, OUT_OF_RANGE.
        """
        amount = getattr(item, name)
        packaging = self.named(product.id, item)
        if item.packaging is not None and packaging is None:
            text = f"{product.sku} has no packaging {item.packaging}: see `Product.packagings`."
            raise Refused(Code.NOT_FOUND, text, (*path, "packaging"))
        return Counted(_in_units(product, packaging, amount, (*path, name)), packaging)


def _in_units(
    product: Product, packaging: Packaging | None, amount: Decimal, path: Path
) -> Decimal:
    """Return how much it is in the product's unit, exactly."""
    if packaging is None:
        check_scale(product, amount, path)
        return amount
    if amount % 1:
        text = f"{packaging.code} of {product.sku} are counted by whole ones."
        raise Refused(Code.SCALE_EXCEEDED, text, path)
    quantity = amount * packaging.content
    if quantity >= _MOST:
        raise Refused(Code.OUT_OF_RANGE, "That is too much.", path)
    return quantity


async def packagings_of(writing: Writing, named: Iterable[CountedIn]) -> Packagings:
    """Read the packagings that inputs name, by one statement; by none where they name none."""
    wanted = [(product, it.packaging) for product, it in named if it.packaging is not None]
    if not wanted:
        return Packagings({})
    values = {
        **writing.parameters,
        "ids": [it for it, _ in wanted if isinstance(it, UUID)],
        "skus": [it for it, _ in wanted if isinstance(it, str)],
        "codes": [code for _, code in wanted],
    }
    found: dict[tuple[Any, str], Packaging] = {}
    make = record(Packaging)._make
    for sku, *row in await writing.session.rows(_named(writing.viewer.actor), values):
        packaging = make(row)
        found[sku, packaging.code] = found[packaging.product_id, packaging.code] = packaging
    return Packagings(found)


@cache
def _named(actor: Actor) -> Statement:
    """Build the statement of `packagings_of`."""
    viewer = anyone(actor)
    product = or_(
        Product.id == any_(bindparam("ids", type_=ARRAY(Uuid()))),
        Product.sku == any_(bindparam("skus", type_=ARRAY(Text()))),
    )
    code = Packaging.code == any_(bindparam("codes", type_=ARRAY(Text())))
    rows = select(Product.sku, *columns(Packaging)).join_from(
        Product, Packaging, and_(Packaging.product_id == Product.id, code)
    )
    return Statement(rows.where(product, *seen_by(viewer, Product), *seen_by(viewer, Packaging)))
