"""The journal: timelines of objects, the audit trail, and the entries as they come."""

from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    Uuid,
    any_,
    bindparam,
    func,
    select,
)

from kit.errors import Code
from kit.ids import Names
from kit.inputs import Instant, Key, Reference, TextLine
from loaders.reading.filters import Filter, one_of
from loaders.reading.leading import Leads
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Reader
from models.access.journal import AuditEntry, JournalEntry
from models.access.journal.instants import perhaps_before, surely_before
from models.base.events import EVENTS, nearest, nouns
from models.base.tables import OfMerchant, entity_named
from models.base.visibility import merchant

TYPES_OF_AGGREGATES: Mapping[str, str] = nouns()
"""What an entry is about -> the name of its type, of which a global id is made."""

timeline = Paged(JournalEntry, {None: Sorted("sequence")}, of="aggregate_id")
"""The timeline of an object."""


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    unknown = next((it for it in names if it not in EVENTS), None)
    if unknown is not None:
        message = {"text": f"There is no event `{unknown}`; `{nearest(unknown)}` is the nearest."}
        raise PydanticCustomError(Code.INVALID.value, "{text}", message)
    return names


EventNames = Annotated[tuple[Reference, ...], AfterValidator(_known)]
"""What has happened, as the journal names it."""


class JournalSort(Enum):
    """Orders of the journal."""

    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"


class JournalFilter(Filter):
    """Which entries of the journal to list."""

    object_id: (
        Annotated[UUID, Names("journalled object", frozenset(TYPES_OF_AGGREGATES.values()))] | None
    ) = Field(None, description="About the object with this id.")
    types: EventNames | None = Field(
        None, description="What happened is one of these, for example `order.placed`."
    )
    actor_key_id: Annotated[UUID, Names("ApiKey")] | None = Field(
        None, description="Done with this key."
    )
    actor_subject: TextLine | None = Field(
        None, description="Done by this user of an identity provider."
    )
    address: Reference | None = Field(None, description="Done from this address.")
    idempotency_key: Key | None = Field(None, description="Done under this idempotency key.")
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


def _matching(
    reader: Reader, entry: Any, filter_by: JournalFilter
) -> Iterable[ColumnElement[bool]]:
    for field, column in _COLUMNS.items():
        value = getattr(filter_by, field)
        if value is not None:
            yield getattr(entry, column) == value
    if filter_by.types is not None:
        yield one_of(entry.type, filter_by.types)
    own = merchant(reader.viewer)
    if filter_by.recorded_from is not None:
        yield entry.recorded_at >= filter_by.recorded_from
        yield entry.position > surely_before(own, filter_by.recorded_from)
    if filter_by.recorded_to is not None:
        yield entry.recorded_at < filter_by.recorded_to
        yield entry.position <= perhaps_before(own, filter_by.recorded_to)


audit = Paged(
    AuditEntry,
    {
        JournalSort.NEWEST_FIRST: Sorted("position", descending=True),
        JournalSort.OLDEST_FIRST: Sorted("position"),
    },
    matching=_matching,
    leads=Leads(
        {
            "types": "type",
            **_COLUMNS,
            **dict.fromkeys(("recorded_from", "recorded_to"), "position"),
        }
    ),
)

PAGE = 500
"""Entries that one statement reads."""

_OWN = JournalEntry.merchant_id == bindparam("merchant", type_=Uuid())
_OF = JournalEntry.aggregate_id == bindparam("aggregate", type_=Uuid())
_AFTER = bindparam("after", type_=BigInteger())
_ENTRIES: Any = select(
    JournalEntry.position,
    JournalEntry.sequence,
    JournalEntry.aggregate_id,
    JournalEntry.type,
    JournalEntry.occurred_at,
    JournalEntry.id,
).where(_OWN)
later: Select[Any] = (
    _ENTRIES.where(JournalEntry.position > _AFTER).order_by(JournalEntry.position).limit(PAGE)
)
"""A merchant's next entries after a position; parameters: merchant, after."""
later_of: Select[Any] = (
    _ENTRIES.where(_OF, JournalEntry.sequence > _AFTER).order_by(JournalEntry.sequence).limit(PAGE)
)
"""An object's next entries after a sequence number; parameters: merchant, aggregate, after."""
latest: Select[Any] = select(func.coalesce(func.max(JournalEntry.position), 0)).where(_OWN)
"""The merchant's last position; parameter: merchant."""
latest_of: Select[Any] = select(func.coalesce(func.max(JournalEntry.sequence), 0)).where(_OWN, _OF)
"""An object's last sequence number; parameters: merchant, aggregate."""


@cache
def followed(entity: type[OfMerchant]) -> Select[Any] | None:
    """Select (id, what it is a part of) of rows whose followers are told of it, None for none.

    Parameters: merchant, ids.
    """
    of = entity.__part_of__
    if of is None:
        return None
    link = entity_named(of.link)
    own = (it.merchant_id == bindparam("merchant", type_=Uuid()) for it in (entity, link))
    found = entity.id == any_(bindparam("ids", type_=ARRAY(Uuid())))
    joined = getattr(link, of.there) == getattr(entity, of.here)
    return select(entity.id, getattr(link, of.names)).where(*own, found, joined).distinct()
