"""Calendars as they are read."""

from collections.abc import Iterable
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Date, cast

from kit.ids import Names
from kit.inputs import Reference
from loaders.master.receiving import openings_in
from loaders.reading.filters import Beginning, Filter, begins
from loaders.reading.listed import listed_in
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One, Reader
from models.base.tables import as_folded
from models.master.calendars import Calendar

by_id = One(Calendar)
by_code = One(Calendar, "code")
hours = openings_in("hours")


def _closure(value: Any) -> SimpleNamespace:
    return SimpleNamespace(
        from_on=cast(value["from_on"].astext, Date),
        to_on=cast(value["to_on"].astext, Date),
        name=value["name"].astext,
    )


closures = listed_in("closures", _closure)


class CalendarSort(Enum):
    """Orders of a list of calendars."""

    CODE = "CODE"
    CODE_DESC = "CODE_DESC"


class CalendarFilter(Filter):
    """Which calendars to list."""

    code_prefix: Beginning | None = Field(None, description="Code begins with this.")
    location_id: Annotated[UUID, Names("Location")] | None = Field(
        None, description="Is of this location."
    )
    party_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="Is of this party, or of one of its services."
    )
    service: Reference | None = Field(None, description="Is of a service of this name.")


def _matching(
    _reader: Reader, calendar: Any, filter_by: CalendarFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.code_prefix is not None:
        yield begins(as_folded(calendar.code), filter_by.code_prefix)
    for column in ("location_id", "party_id", "service"):
        if (value := getattr(filter_by, column)) is not None:
            yield getattr(calendar, column) == value


every = Paged(
    Calendar,
    {CalendarSort.CODE: Sorted("code"), CalendarSort.CODE_DESC: Sorted("code", descending=True)},
    matching=_matching,
)
