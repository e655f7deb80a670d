"""The timeline of an object."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from kit.viewer import Actor, Scope
from loaders import journal
from schema.connections import Connection, connection
from schema.enums import described
from schema.scopes import Requires

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


@strawberry.type(
    description="One event of an object's history.", directives=[Requires(scope=Scope.JOURNAL_READ)]
)
class TimelineEntry:
    """A journal entry as clients see it."""

    position: int = strawberry.field(description="Counts all events of the merchant, no holes.")
    sequence: int = strawberry.field(description="Counts the events of this object from 1.")
    type: str = strawberry.field(description="What happened, for example `order.placed`.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    recorded_at: datetime = strawberry.field(description="When it was recorded here.")
    actor: Actor = strawberry.field(description="What kind of actor did it.")
    actor_name: str = strawberry.field(description="Name of the key that did it.")
    payload: JSON = strawberry.field(description="What the event tells beside its type.")


def timeline() -> Any:
    """Declare the timeline of a type's rows."""
    return connection(journal.timeline, "What happened to it, oldest first.")


Timeline = Connection[TimelineEntry]
