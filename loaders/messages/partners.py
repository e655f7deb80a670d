"""Partners as they are read."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement

from kit.ids import Names
from kit.inputs import Input
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One, Reader
from models.messages.partners import PartnerProfile

by_id = One(PartnerProfile)
by_code = One(PartnerProfile, "code")


class PartnerProfileSort(Enum):
    """Orders of a list of partners."""

    CODE = "CODE"
    CODE_DESC = "CODE_DESC"


class PartnerProfileFilter(Input):
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
