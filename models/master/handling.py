"""Handling: what products need on their way, and what locations and methods can do."""

from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ARRAY, ColumnElement, Numeric, Text, and_, any_, not_, or_
from sqlalchemy.orm import Mapped, mapped_column

from kit.standards.un import HAZARD_CLASSES
from models.access.viewers import Actor
from models.base.tables import OneOf, Owned, check, known, unique
from models.base.visibility import ALL, Seen
from models.master.channels import DeliveryMethod

_CLASSES = ", ".join(f"'{it}'" for it in HAZARD_CLASSES)


class Need(StrEnum):
    """What a product may need."""

    TEMPERATURE = "TEMPERATURE"
    DANGEROUS_GOODS = "DANGEROUS_GOODS"
    HIGH_VALUE = "HIGH_VALUE"
    OVERSIZE = "OVERSIZE"


class Needing:
    """Columns of what needs handling. Temperatures in degrees Celsius, both ends included."""

    keep_from_c: Mapped[Decimal | None] = mapped_column(Numeric(5, 1))
    keep_to_c: Mapped[Decimal | None] = mapped_column(Numeric(5, 1))
    un_number: Mapped[str | None]
    hazard_class: Mapped[str | None]
    is_high_value: Mapped[bool] = mapped_column(default=False, server_default="false")
    is_oversize: Mapped[bool] = mapped_column(default=False, server_default="false")


class Carrying:
    """Columns of what can handle goods. keeps: temperatures that it does not leave."""

    keeps_from_c: Mapped[Decimal | None] = mapped_column(Numeric(5, 1))
    keeps_to_c: Mapped[Decimal | None] = mapped_column(Numeric(5, 1))
    hazard_classes: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=list, server_default="{}"
    )
    takes_high_value: Mapped[bool] = mapped_column(default=False, server_default="false")
    takes_oversize: Mapped[bool] = mapped_column(default=False, server_default="false")


def needing() -> tuple[Any, ...]:
    """Return the constraints of a table that is `Needing`."""
    return (
        check(
            "keep_whole", "num_nulls(keep_from_c, keep_to_c) IN (0, 2) AND keep_from_c <= keep_to_c"
        ),
        check("dangerous_goods_whole", "num_nulls(un_number, hazard_class) IN (0, 2)"),
        check("hazard_class_known", f"hazard_class IN ({_CLASSES})"),
    )


def carrying() -> tuple[Any, ...]:
    """Return the constraints of a table that is `Carrying`."""
    return (
        check(
            "keeps_whole",
            "num_nulls(keeps_from_c, keeps_to_c) IN (0, 2) AND keeps_from_c <= keeps_to_c",
        ),
        check("hazard_classes_known", f"hazard_classes <@ ARRAY[{_CLASSES}]"),
    )


def lacking(product: Any, carrier: Any | None) -> list[Need]:
    """Return what a product needs and a location or method cannot do; None can do nothing."""
    keeps = (
        carrier is not None
        and carrier.keeps_from_c is not None
        and product.keep_from_c is not None
        and product.keep_from_c <= carrier.keeps_from_c
        and carrier.keeps_to_c <= product.keep_to_c
    )
    met = {
        Need.TEMPERATURE: product.keep_from_c is None or keeps,
        Need.DANGEROUS_GOODS: product.hazard_class is None
        or (carrier is not None and product.hazard_class in carrier.hazard_classes),
        Need.HIGH_VALUE: not product.is_high_value
        or (carrier is not None and carrier.takes_high_value),
        Need.OVERSIZE: not product.is_oversize or (carrier is not None and carrier.takes_oversize),
    }
    return [need for need, is_met in met.items() if not is_met]


def carries(product: Any, carrier: Any) -> ColumnElement[bool]:
    """Tell of two tables what `lacking` tells of two rows: that nothing is."""
    return and_(
        or_(
            product.keep_from_c.is_(None),
            and_(
                product.keep_from_c <= carrier.keeps_from_c, carrier.keeps_to_c <= product.keep_to_c
            ),
        ),
        or_(product.hazard_class.is_(None), product.hazard_class == any_(carrier.hazard_classes)),
        or_(not_(product.is_high_value), carrier.takes_high_value),
        or_(not_(product.is_oversize), carrier.takes_oversize),
    )


def is_special(product: Any) -> ColumnElement[bool]:
    """Tell of a table whether a product needs anything."""
    return or_(
        product.keep_from_c.is_not(None),
        product.hazard_class.is_not(None),
        product.is_high_value,
        product.is_oversize,
    )


class MethodHandling(Carrying, Owned):
    """What a delivery method can handle; one that has none handles what needs nothing."""

    __tablename__ = "method_handling"
    __seen__: ClassVar[Seen] = dict.fromkeys((Actor.BUYER, Actor.STOREFRONT, Actor.WAREHOUSE), ALL)
    __table_args__ = (unique("method", "method"), known("method", DeliveryMethod), *carrying())

    method: Mapped[DeliveryMethod] = mapped_column(OneOf(DeliveryMethod))
