"""Price lists and their prices as they are read."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Date, func, type_coerce

from kit.ids import Names
from kit.inputs import Day, Reference
from loaders.reading.filters import Beginning, Filter, begins
from loaders.reading.leading import Leads
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One, Reader
from models.base.tables import as_folded
from models.master.prices.tables import PriceList, PriceListEntry

by_id = One(PriceList)
by_code = One(PriceList, "code")
entry_by_id = One(PriceListEntry)


class PriceListSort(Enum):
    """Orders of a list of price lists."""

    CODE = "CODE"
    CODE_DESC = "CODE_DESC"


class PriceListFilter(Filter):
    """Which price lists to list."""

    code_prefix: Beginning | None = Field(None, description="Code begins with this.")
    party_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="Is of this party alone."
    )
    party_group: Reference | None = Field(None, description="Is of this group of parties.")
    channel_id: Annotated[UUID, Names("Channel")] | None = Field(
        None, description="Is of this channel."
    )
    valid_on: Day | None = Field(None, description="Valid on this day, both ends inclusive.")


class PriceListEntrySort(Enum):
    """Orders of a list of prices."""

    PRODUCT = "PRODUCT"
    PRODUCT_DESC = "PRODUCT_DESC"
    UNIT_PRICE = "UNIT_PRICE"
    UNIT_PRICE_DESC = "UNIT_PRICE_DESC"


class PriceListEntryFilter(Filter):
    """Which prices to list."""

    price_list_id: Annotated[UUID, Names("PriceList")] | None = Field(
        None, description="Stands in this price list."
    )
    product_id: Annotated[UUID, Names("Product")] | None = Field(
        None, description="Is of this product."
    )
    is_active: bool | None = Field(None, description="Counts, or not.")


def _matching(
    _reader: Reader, table: Any, wanted: PriceListFilter
) -> Iterable[ColumnElement[bool]]:
    if wanted.code_prefix is not None:
        yield begins(as_folded(table.code), wanted.code_prefix)
    for name in ("party_id", "party_group", "channel_id"):
        if (value := getattr(wanted, name)) is not None:
            yield getattr(table, name) == value
    if wanted.valid_on is not None:
        day = type_coerce(wanted.valid_on, Date)
        yield day.between(table.valid_from, func.coalesce(table.valid_to, day))


def _matching_entries(
    _reader: Reader, entry: Any, wanted: PriceListEntryFilter
) -> Iterable[ColumnElement[bool]]:
    for name in ("price_list_id", "product_id", "is_active"):
        if (value := getattr(wanted, name)) is not None:
            yield getattr(entry, name) == value


_SORTS: dict[Enum | None, Sorted] = {
    PriceListEntrySort.PRODUCT: Sorted("product_id"),
    PriceListEntrySort.PRODUCT_DESC: Sorted("product_id", descending=True),
    PriceListEntrySort.UNIT_PRICE: Sorted("unit_price"),
    PriceListEntrySort.UNIT_PRICE_DESC: Sorted("unit_price", descending=True),
}
every = Paged(
    PriceList,
    {PriceListSort.CODE: Sorted("code"), PriceListSort.CODE_DESC: Sorted("code", descending=True)},
    matching=_matching,
)
entries = Paged(
    PriceListEntry,
    _SORTS,
    of="price_list_id",
    matching=_matching_entries,
    leads=Leads({"is_active": "is_active"}),
)
of_product = Paged(PriceListEntry, _SORTS, of="product_id", matching=_matching_entries)
