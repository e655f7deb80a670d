"""Products as they are read."""

from collections.abc import Iterable
from enum import Enum
from types import SimpleNamespace
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, or_

from kit.inputs import Reference
from loaders.reading.filters import Beginning, Contained, Filter, begins, contains
from loaders.reading.leading import Leads
from loaders.reading.listed import listed_in
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One, Reader
from models.master.catalog import Product

by_id = One(Product)
by_sku = One(Product, "sku")


def _option(value: Any) -> SimpleNamespace:
    """Read one object of `Product.options`."""
    return SimpleNamespace(name=value["name"].astext, value=value["value"].astext)


options = listed_in("options", _option)


class ProductSort(Enum):
    """Orders of a product list."""

    SKU = "SKU"
    SKU_DESC = "SKU_DESC"
    NAME = "NAME"
    NAME_DESC = "NAME_DESC"


class ProductFilter(Filter):
    """Which products to list."""

    sku_prefix: Beginning | None = Field(None, description="SKU begins with this.")
    name_contains: Contained | None = Field(
        None, description="Name contains this, capitals and accents aside."
    )
    text: Contained | None = Field(
        None,
        description="SKU begins with this or name contains it, capitals and accents aside, or GTIN"
        " is it.",
    )
    gtin: Reference | None = Field(None, description="GTIN is this.")
    is_active: bool | None = Field(None, description="May be ordered, or not.")


def _matching(
    _reader: Reader, product: Any, filter_by: ProductFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.sku_prefix is not None:
        yield begins(product.sku_folded, filter_by.sku_prefix)
    if filter_by.name_contains is not None:
        yield contains(product.name_folded, filter_by.name_contains)
    if filter_by.text is not None:
        text = filter_by.text
        yield or_(
            begins(product.sku_folded, text),
            contains(product.name_folded, text),
            product.gtin == text,
        )
    if filter_by.gtin is not None:
        yield product.gtin == filter_by.gtin
    if filter_by.is_active is not None:
        yield product.is_active == filter_by.is_active


_SORTS: dict[Enum | None, Sorted] = {
    ProductSort.SKU: Sorted("sku"),
    ProductSort.SKU_DESC: Sorted("sku", descending=True),
    ProductSort.NAME: Sorted("name_folded"),
    ProductSort.NAME_DESC: Sorted("name_folded", descending=True),
}
every = Paged(Product, _SORTS, matching=_matching, leads=Leads({"is_active": "is_active"}))
variants = Paged(Product, _SORTS, of="variant_of_id", matching=_matching)
