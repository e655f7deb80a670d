"""Products as they are read."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement

from kit.inputs import Input, Reference
from loaders.reading.filters import begins
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One, Reader
from models.master.catalog import Product

by_id = One(Product)
by_sku = One(Product, "sku")


class ProductSort(Enum):
    """Orders of a product list."""

    SKU = "SKU"
    SKU_DESC = "SKU_DESC"


class ProductFilter(Input):
    """Which products to list."""

    sku_prefix: Reference | None = Field(None, description="SKU begins with this.")
    gtin: Reference | None = Field(None, description="GTIN is this.")
    is_active: bool | None = Field(None, description="May be ordered, or not.")


def _matching(
    _reader: Reader, product: Any, filter_by: ProductFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.sku_prefix is not None:
        yield begins(product.sku, filter_by.sku_prefix)
    if filter_by.gtin is not None:
        yield product.gtin == filter_by.gtin
    if filter_by.is_active is not None:
        yield product.is_active == filter_by.is_active


every = Paged(
    Product,
    {ProductSort.SKU: Sorted("sku"), ProductSort.SKU_DESC: Sorted("sku", descending=True)},
    matching=_matching,
)
