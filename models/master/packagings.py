"""Packagings: a carton of twelve, a pallet of 48 cartons; what holds how much of a product."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Index, case, func, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor
from models.base.tables import Owned, check, indexed, to, unique
from models.base.visibility import ALL, Seen
from models.master.catalog import OfProduct, to_product


class Packaged:
    """Columns of a quantity that was counted in packagings, and is kept in the product's unit.

    packaging_content: how much one of them holds, which is frozen thereby. Both are None for what
    was given in the product's unit.
    """

    packaging_id: Mapped[UUID | None]
    packaging_content: Mapped[Decimal | None]


def packaged(table: str, prefix: str = "") -> Sequence[Any]:
    """Return the constraints of a table that is `Packaged`, or has such columns with a prefix."""
    key, content = f"{prefix}packaging_id", f"{prefix}packaging_content"
    return (
        to("packagings", key, **{content: "content"}),
        check(f"{prefix}packaging_whole", f"num_nulls({key}, {content}) IN (0, 2)"),
        indexed(table, key, postgresql_where=text(f"{key} IS NOT NULL")),
    )


Count: TypeAlias = "hybrid_property[Decimal | None]"


def count_in_packagings(of: str, content_of: str = "packaging_content") -> Count:
    """Return how many of its packaging a row's quantity is; None where it is no whole number.

    of: the column with the quantity, in the product's unit. content_of: with what one holds.
    """

    def count(row: Any) -> Decimal | None:
        quantity, content = getattr(row, of), getattr(row, content_of)
        if content is None or quantity is None or quantity % content:
            return None
        return Decimal(quantity // content)

    def expression(table: Any) -> ColumnElement[Decimal | None]:
        return in_packagings(getattr(table, of), getattr(table, content_of))

    return hybrid_property(count, expr=expression)


def in_packagings(quantity: Any, content: Any) -> ColumnElement[Decimal | None]:
    """Return in SQL how many packagings a quantity is; NULL where it is no whole number of them."""
    return case((quantity % content == 0, func.div(quantity, content, type_=content.type)))


class Packaging(OfProduct, Packaged, Owned):
    """What a product is packed in, known by a code of the product's, "CARTON".

    content: how much it holds, in the product's unit. packaging_id: of those that it holds, a
    carton's of a pallet; None where it holds what has no packaging of its own.
    """

    __tablename__ = "packagings"
    __seen__: ClassVar[Seen] = dict.fromkeys((Actor.BUYER, Actor.STOREFRONT, Actor.WAREHOUSE), ALL)
    __table_args__ = (
        to_product(),
        unique("code", "product_id", "code"),
        unique("content", "id", "content"),
        Index("uq_packagings_gtin", "merchant_id", text("lpad(gtin, 14, '0'::text)"), unique=True),
        indexed("packagings", "gtin"),
        check("content_positive", "content > 0"),
        *packaged("packagings"),
    )

    code: Mapped[str]
    name: Mapped[str]
    gtin: Mapped[str | None]
    content: Mapped[Decimal]
    is_active: Mapped[bool] = mapped_column(default=True)

    packaged_quantity = count_in_packagings("content")
