"""Partners as they are read."""

from collections.abc import Iterable
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, type_coerce

from kit.ids import Names
from loaders.reading.filters import Filter
from loaders.reading.listed import listed_in
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One, Reader
from models.base.tables import OneOf
from models.messages.partners import PartnerProfile, ScheduleElement, ScheduleMeaning

by_id = One(PartnerProfile)
by_code = One(PartnerProfile, "code")


def _code(value: Any) -> SimpleNamespace:
    return SimpleNamespace(
        element=type_coerce(value["element"].astext, OneOf(ScheduleElement)),
        code=value["code"].astext,
        meaning=type_coerce(value["meaning"].astext, OneOf(ScheduleMeaning)),
    )


schedule_codes = listed_in("schedule_codes", _code)


def _number(value: Any) -> SimpleNamespace:
    return SimpleNamespace(theirs=value["theirs"].astext, ours=value["ours"].astext)


article_numbers = listed_in("article_numbers", _number)
place_codes = listed_in("place_codes", _number)


class PartnerProfileSort(Enum):
    """Orders of a list of partners."""

    CODE = "CODE"
    CODE_DESC = "CODE_DESC"


class PartnerProfileFilter(Filter):
    """Which partners to list."""

    party_id: Annotated[UUID, Names("Party")] | None = Field(None, description="Is this party.")
    is_active: bool | None = Field(None, description="Its interchanges are taken in, or not.")


def _matching(
    _reader: Reader, partner: Any, filter_by: PartnerProfileFilter
) -> Iterable[ColumnElement[bool]]:
    for column in ("party_id", "is_active"):
        if (value := getattr(filter_by, column)) is not None:
            yield getattr(partner, column) == value


every = Paged(
    PartnerProfile,
    {
        PartnerProfileSort.CODE: Sorted("code"),
        PartnerProfileSort.CODE_DESC: Sorted("code", descending=True),
    },
    matching=_matching,
)
