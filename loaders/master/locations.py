"""Locations as they are read."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, select

from kit.db.database import Database
from kit.ids import Names
from kit.inputs import Reference
from loaders.reading.filters import Beginning, Filter, begins
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One, Reader
from models.base.tables import as_folded
from models.master.locations import Location, LocationKind

by_id = One(Location)
by_code = One(Location, "code")


class LocationSort(Enum):
    """Orders of a location list."""

    CODE = "CODE"
    CODE_DESC = "CODE_DESC"


class LocationFilter(Filter):
    """Which locations to list."""

    kind: LocationKind | None = Field(None, description="Is of this kind.")
    code_prefix: Beginning | None = Field(None, description="Code begins with this.")
    gln: Reference | None = Field(None, description="GLN is this.")
    provider_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="Is run by this party."
    )
    is_active: bool | None = Field(None, description="Deliveries may start here, or not.")


def _matching(
    _reader: Reader, location: Any, filter_by: LocationFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.code_prefix is not None:
        yield begins(as_folded(location.code), filter_by.code_prefix)
    for column in ("kind", "gln", "provider_id", "is_active"):
        if (value := getattr(filter_by, column)) is not None:
            yield getattr(location, column) == value


every = Paged(
    Location,
    {LocationSort.CODE: Sorted("code"), LocationSort.CODE_DESC: Sorted("code", descending=True)},
    matching=_matching,
)


async def location_id(database: Database, merchant: UUID, code: str) -> UUID | None:
    """Return a merchant's location with a code, None where there is none."""
    reads = database.reading(merchant)
    try:
        own = (Location.merchant_id == merchant, Location.code == code)
        return next((row.id for row in await reads.rows(select(Location.id).where(*own))), None)
    finally:
        await reads.close()
