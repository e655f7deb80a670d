"""Changes: what has happened to all that a viewer sees."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry
from strawberry import Info

from execution.fields import related
from loaders.access.journal import TYPES_OF_AGGREGATES, events
from loaders.access.journal import changes as loaders
from loaders.access.journal.events import EventType
from models.access.viewers import Scope
from resolvers.access import journal as resolvers
from schema.access.journal.events import Event
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.scopes import Requires


def _argument(name: str) -> Any:
    field = loaders.ChangesWanted.model_fields[name]
    return strawberry.argument(description=field.description)


described(
    loaders.ObjectKind,
    "ObjectKind",
    "Kinds of objects to which something happens.",
    **{noun: f"`{name}`." for noun, name in TYPES_OF_AGGREGATES.items()},
)


@strawberry.type(
    description="Something that has happened, and where it stands.",
    directives=[Requires(scope=Scope.JOURNAL_READ)],
)
class JournalChange:
    """One change."""

    cursor: str = strawberry.field(
        description="Where it stands: `after` of `changed` and of `changes` goes on from here."
    )
    event: Event | None = related(
        events.by_id, "What has happened; null where you see it no more.", key="event_id"
    )


@strawberry.type
class ChangesSubscription:
    """The subscription to changes."""

    @strawberry.subscription(
        description="Every change, as `changes` tells it, while it happens. Each costs the points"
        " of a query that asks the same; while the key has none, it waits, and who lets 2,000"
        " wait is ended with TOO_SLOW and goes on after the last one.",
        graphql_type=JournalChange,
    )
    async def changed(
        self,
        info: Info,
        after: Annotated[
            str | None,
            strawberry.argument(
                description="Cursor of the last change that you have: those after it are sent"
                " first. Without it only what happens from now on is sent."
            ),
        ] = None,
        types: Annotated[list[EventType] | None, _argument("types")] = None,
        aggregates: Annotated[list[loaders.ObjectKind] | None, _argument("aggregates")] = None,
        about: Annotated[strawberry.ID | None, _argument("about")] = None,
    ) -> AsyncGenerator[Any, None]:
        """Follow the journal."""
        fields = {"types": types, "aggregates": aggregates, "about": about}
        wanted = loaders.ChangesWanted.read(
            {name: it for name, it in fields.items() if it is not None}
        )
        return await resolvers.changed(info.context, wanted, after)


@strawberry.type
class ChangesQuery:
    """The root field that reads changes."""

    changes: Connection[Event] | None = connection(
        loaders.every,
        "What has happened to all that you see, as it was recorded: read on with `after` until"
        " `hasNextPage` is false, which is where the journal ends now. What you see is decided when"
        " it is read.",
        key=None,
        filters=loaders.ChangesWanted,
    )
