"""The timeline of an object."""

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import Text, case, func
from strawberry.scalars import JSON

from execution.fields import DECLARED, Written, deprecated
from execution.texts import Sql, constant, quoted, text_of
from kit.ids import to_global
from loaders.access import journal
from loaders.access.journal import TYPES_OF_AGGREGATES, JournalSort
from models.access.viewers import Actor, Scope
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.nodes import written_id
from schema.graphql.scopes import Requires

described(
    Actor,
    "Actor",
    "Who acts.",
    STAFF="Staff of the merchant.",
    BUYER="A buyer of a business client.",
    STOREFRONT="A channel's shop.",
    WAREHOUSE="A warehouse or fulfilment provider.",
    CARRIER="A carrier.",
)
described(
    JournalSort,
    "JournalSort",
    "Orders of the journal.",
    NEWEST_FIRST="The newest entry first.",
    OLDEST_FIRST="The oldest entry first.",
)


@strawberry.type(
    description="One event of an object's history.", directives=[Requires(scope=Scope.JOURNAL_READ)]
)
class TimelineEntry:
    """A journal entry as clients see it."""

    sequence: int = strawberry.field(description="Counts the events of this object from 1.")
    type: str = strawberry.field(description="What happened, for example `order.placed`.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    recorded_at: datetime = strawberry.field(description="When it was recorded here.")
    actor: Actor = strawberry.field(description="What kind of actor did it.")
    actor_name: str = strawberry.field(
        description="Name of the key that did it; for others than staff, of their own company's"
        " only, else what kind of actor it is."
    )
    payload: JSON = strawberry.field(
        description="What the event tells beside its type; docs/EVENTS.md lists it. Ids in it are"
        " UUIDs of rows: the global id of one is the Base64 of `TypeName:UUID`."
    )


def object_text(entry: Any, _type_name: str) -> Sql:
    """Write the global id of what an entry is about; aggregates are called as types, in words."""
    words = func.initcap(func.translate(entry.aggregate, constant("_"), constant(" ")))
    noun = func.replace(words, constant(" "), constant(""), type_=Text())
    named = noun.concat(constant(":")).concat(text_of(entry.aggregate_id))
    encoded = func.encode(func.convert_to(named, constant("UTF8")), constant("base64"))
    return quoted(func.translate(encoded, constant("\n"), constant(""), type_=Text()))


def object_id(entry: Any, _type_name: str) -> str:
    """Return the global id of what an entry is about."""
    return to_global(TYPES_OF_AGGREGATES[entry.aggregate], entry.aggregate_id)


def _key_text(entry: Any, _type_name: str) -> Sql:
    is_key = entry.actor_subject.is_(None)
    return case((is_key, written_id("ApiKey", entry.actor_key_id)), else_=constant("null"))


def _key_id(entry: Any, _type_name: str) -> str | None:
    return None if entry.actor_subject else to_global("ApiKey", entry.actor_key_id)


@strawberry.type(
    description="One entry of the audit trail: who did what, when and from where.",
    directives=[Requires(scope=Scope.JOURNAL_READ)],
)
class JournalEntry(TimelineEntry):
    """A journal entry as staff sees it."""

    position: int = strawberry.field(description="Counts all events of the merchant, no holes.")

    @strawberry.field(
        description="Global id of the object that it is about; `node` reads it.",
        metadata={DECLARED: Written(object_text, object_id)},
    )
    def object_id(self: Any) -> strawberry.ID:
        """Name the type and the row."""
        return strawberry.ID(object_id(self, ""))

    @strawberry.field(
        description="Global id of the key that did it, null where no key did.",
        metadata={DECLARED: Written(_key_text, _key_id)},
    )
    def actor_key_id(self: Any) -> strawberry.ID | None:
        """Name the key."""
        key_id = _key_id(self, "")
        return None if key_id is None else strawberry.ID(key_id)

    actor_subject: str | None = strawberry.field(
        description="The user of an identity provider, or the operator, who did it; null for a key."
    )
    address: str | None = strawberry.field(
        description="IP address that the call came from; null for what happened by itself."
    )
    idempotency_key: str | None = strawberry.field(
        description="Idempotency key of the call, null where it had none."
    )


def timeline() -> Any:
    """Declare the timeline of a type's rows."""
    return deprecated(
        connection(journal.timeline, "What happened to it, oldest first."), "Use `events`."
    )


Timeline = Connection[TimelineEntry]


@strawberry.type
class JournalQuery:
    """The audit trail."""

    journal: Connection[JournalEntry] | None = connection(
        journal.audit,
        "The audit trail: all that was done, for the merchant's staff; empty for others.",
        key=None,
        filters=journal.JournalFilter,
        sorts=journal.JournalSort,
    )
