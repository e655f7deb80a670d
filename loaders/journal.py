"""The journal: timelines of single objects, and the audit trail of all that was done."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement

from kit.ids import Names
from kit.inputs import Input, Instant, Name, Reference
from loaders.pages import Paged, Sorted
from loaders.relations import Asking
from models.journal import Aggregate, AuditEntry, JournalEntry

NOUNS: Mapping[Aggregate, str] = {aggregate: aggregate.capitalize() for aggregate in Aggregate}
"""What an entry is about -> the name of its type, of which a global id is made."""

timeline = Paged(JournalEntry, {None: Sorted("position")}, of="aggregate_id")


class JournalSort(Enum):
    """Orders of the journal."""

    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"


class JournalFilter(Input):
    """Which entries of the journal to list."""

    object_id: Annotated[UUID, Names("journalled object", frozenset(NOUNS.values()))] | None = (
        Field(None, description="About the object with this id.")
    )
    types: tuple[Reference, ...] | None = Field(
        None, description="What happened is one of these, for example `order.placed`."
    )
    actor_key_id: Annotated[UUID, Names("ApiKey")] | None = Field(
        None, description="Done with this key."
    )
    actor_subject: Name | None = Field(
        None, description="Done by this user of an identity provider."
    )
    address: Reference | None = Field(None, description="Done from this address.")
    idempotency_key: Name | None = Field(None, description="Done under this idempotency key.")
    recorded_from: Instant | None = Field(None, description="Recorded at this instant or later.")
    recorded_to: Instant | None = Field(None, description="Recorded before this instant.")


_COLUMNS = {
    "object_id": "aggregate_id",
    "actor_key_id": "actor_key_id",
    "actor_subject": "actor_subject",
    "address": "address",
    "idempotency_key": "idempotency_key",
}
"""Field of the filter -> the column that it names."""


def _matching(_asking: Asking, entry: Any, given: JournalFilter) -> Iterable[ColumnElement[bool]]:
    for field, column in _COLUMNS.items():
        value = getattr(given, field)
        if value is not None:
            yield getattr(entry, column) == value
    if given.types is not None:
        yield entry.type.in_(given.types)
    if given.recorded_from is not None:
        yield entry.recorded_at >= given.recorded_from
    if given.recorded_to is not None:
        yield entry.recorded_at < given.recorded_to


audit = Paged(
    AuditEntry,
    {
        JournalSort.NEWEST_FIRST: Sorted("position", descending=True),
        JournalSort.OLDEST_FIRST: Sorted("position"),
    },
    matching=_matching,
)
