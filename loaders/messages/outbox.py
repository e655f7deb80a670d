"""Interchanges of ours as they are read, and the bytes of any interchange."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement

from kit.ids import Names
from loaders.reading.filters import Filter, one_of
from loaders.reading.leading import Leads
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Many, One, Reader
from models.messages.outbox import InterchangeContent, OutgoingInterchange, OutgoingState

by_id = One(OutgoingInterchange)
content = One(InterchangeContent)
answers = Many(OutgoingInterchange, "answers_id", order_by=("created_at", "id"), typical=1)


class OutgoingSort(Enum):
    """Orders of a list of interchanges of ours."""

    OLDEST_FIRST = "OLDEST_FIRST"
    NEWEST_FIRST = "NEWEST_FIRST"


class OutgoingInterchangeFilter(Filter):
    """Which interchanges of ours to list."""

    states: tuple[OutgoingState, ...] | None = Field(None, description="State is one of these.")
    partner_id: Annotated[UUID, Names("PartnerProfile")] | None = Field(
        None, description="For this partner."
    )


def _matching(
    _reader: Reader, row: Any, filter_by: OutgoingInterchangeFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.states is not None:
        yield one_of(row.state, filter_by.states)
    if filter_by.partner_id is not None:
        yield row.partner_id == filter_by.partner_id


every = Paged(
    OutgoingInterchange,
    {
        OutgoingSort.OLDEST_FIRST: Sorted("created_at"),
        OutgoingSort.NEWEST_FIRST: Sorted("created_at", descending=True),
    },
    matching=_matching,
    leads=Leads({"states": "state", "partner_id": "partner_id"}),
)
