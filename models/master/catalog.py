"""Products: what is ordered, in which unit, at which scale."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKeyConstraint, Numeric, cast, func, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from kit.standards.units import converted
from models.access.viewers import Actor, Scope
from models.base.masks import NULL, Hidden
from models.base.tables import (
    OneOf,
    Owned,
    Searched,
    check,
    folded,
    found_by,
    indexed,
    known,
    to,
    unique,
)
from models.base.visibility import ALL, Seen
from models.master.handling import Needing, needing


class Unit(StrEnum):
    """Units of quantity; each value names its UN/ECE Recommendation 20 code in the schema."""

    PIECE = "PIECE"
    PACK = "PACK"
    PALLET = "PALLET"
    KILOGRAM = "KILOGRAM"
    GRAM = "GRAM"
    METRE = "METRE"
    SQUARE_METRE = "SQUARE_METRE"
    CUBIC_METRE = "CUBIC_METRE"
    LITRE = "LITRE"
    HOUR = "HOUR"


NAMES_OF_PACKAGINGS = frozenset({Unit.PACK, Unit.PALLET})
"""Units whose names packagings often have, too."""
UNIT_CODES: Mapping[Unit, str] = {
    Unit.PIECE: "C62",
    Unit.PACK: "XPK",
    Unit.PALLET: "XPX",
    Unit.KILOGRAM: "KGM",
    Unit.GRAM: "GRM",
    Unit.METRE: "MTR",
    Unit.SQUARE_METRE: "MTK",
    Unit.CUBIC_METRE: "MTQ",
    Unit.LITRE: "LTR",
    Unit.HOUR: "HUR",
}
"""Unit -> its code of `kit.standards.units`."""


class Product(Needing, Owned):
    """A sellable product, known by its SKU. scale: decimals that a quantity of it may have.

    list_price: of one unit in list_currency, for whom no price list says another one.
    variant_of_id: the product that it is a variant of, by its options (size, colour).
    """

    __tablename__ = "products"
    __searched__ = Searched(
        Scope.MASTER_DATA_READ, numbers=("sku",), names=("name",), contains=("name",)
    )
    __seen__: ClassVar[Seen] = dict.fromkeys((Actor.BUYER, Actor.STOREFRONT, Actor.WAREHOUSE), ALL)
    __hidden__: ClassVar[Hidden] = {
        Actor.WAREHOUSE: {"list_price": NULL, "list_currency": NULL},
    }
    __table_args__ = (
        unique("sku", "sku"),
        unique("measure", "id", "unit", "scale"),
        *found_by("products", "sku", "name"),
        *(indexed("products", "is_active", it, "id") for it in ("sku", "name_folded")),
        indexed("products", "gtin", among="own", postgresql_where=text("gtin IS NOT NULL")),
        to("products", "variant_of_id"),
        indexed("products", "variant_of_id", postgresql_where=text("variant_of_id IS NOT NULL")),
        *needing(),
        known("unit", Unit),
        check("scale_0_to_6", "scale BETWEEN 0 AND 6"),
        check(
            "list_price_whole",
            "num_nulls(list_price, list_currency) IN (0, 2) AND coalesce(list_price, 0) >= 0",
        ),
    )

    sku: Mapped[str]
    sku_folded: Mapped[str] = folded("sku")
    name: Mapped[str]
    name_folded: Mapped[str] = folded("name")
    unit: Mapped[Unit] = mapped_column(OneOf(Unit))
    scale: Mapped[int]
    gtin: Mapped[str | None]
    weight_g: Mapped[int | None]
    variant_of_id: Mapped[UUID | None]
    options: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    list_price: Mapped[Decimal | None]
    list_currency: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)

    @hybrid_property
    def step(self) -> Decimal:
        """The least quantity of it, in its unit."""
        return Decimal(1).scaleb(-self.scale)

    @step.inplace.expression
    @classmethod
    def _step(cls) -> ColumnElement[Decimal]:
        return func.power(cast(10, Numeric()), -cls.scale, type_=Numeric())

    def fits(self, quantity: Decimal) -> bool:
        """Tell whether the quantity has no more decimals than the unit's scale allows."""
        exponent = quantity.normalize().as_tuple().exponent
        return isinstance(exponent, int) and -exponent <= self.scale

    def counted(self, quantity: Decimal, unit: Unit) -> Decimal | None:
        """Return a quantity of another unit in the product's own, None where no factor is exact."""
        return self.counted_by_code(quantity, UNIT_CODES[unit])

    def counted_by_code(self, quantity: Decimal, code: str) -> Decimal | None:
        """Do the same for a code of a unit; None also for one that nobody knows."""
        return converted(quantity, code, UNIT_CODES[self.unit])


class OfProduct:
    """Columns of what tells quantities of a product: they keep the unit and scale of these.

    So those of the product are frozen once anything is told of it.
    """

    product_id: Mapped[UUID]
    unit: Mapped[Unit] = mapped_column(OneOf(Unit))
    scale: Mapped[int]


def to_product() -> ForeignKeyConstraint:
    """Point from what is `OfProduct` at its product."""
    return to("products", "product_id", unit="unit", scale="scale")


def measure_of(product: Product) -> dict[str, Any]:
    """Return the columns of `OfProduct`."""
    return {"product_id": product.id, "unit": product.unit, "scale": product.scale}
