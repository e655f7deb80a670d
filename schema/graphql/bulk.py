"""Results of bulk calls, item by item."""

from enum import StrEnum
from typing import Any

import strawberry

from commands.writing.upserts.inactive import task_kind, tasks
from schema.graphql.enums import described
from schema.graphql.errors import UserError
from schema.graphql.mutations import user_errors
from schema.graphql.scopes import Authenticated


class BulkStatus(StrEnum):
    """What was done to an item."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"


described(
    BulkStatus,
    "BulkStatus",
    "What a bulk call did to one item.",
    CREATED="It is new.",
    UPDATED="It was there and was changed.",
    UNCHANGED="It was there already, just so.",
    REFUSED="It was refused; see userErrors.",
)


OpenWorkKind: Any = StrEnum("OpenWorkKind", {it: it for it in map(task_kind, tasks())})  # type: ignore[misc]
described(OpenWorkKind, "OpenWorkKind", "Kinds of work that is still to be done.")


@strawberry.type(
    description="Work that goes on with something inactive.", directives=[Authenticated()]
)
class OpenWork:
    """A count of one kind."""

    kind: OpenWorkKind = strawberry.field(description="What kind of work it is.")
    count: int = strawberry.field(description="How many of them are open.")


def goes_on_with(noun: str) -> Any:
    """Declare what goes on with a row that is inactive; of a refused item nothing is known."""

    def resolve(root: Any) -> list[OpenWork]:
        return root.open_work or []

    resolve.__annotations__["root"] = Any
    return strawberry.field(
        resolver=resolve,
        description=f"What goes on with a {noun} that is inactive; nothing while it is active.",
    )


@strawberry.interface(description="What a bulk call did to one item.", directives=[Authenticated()])
class UpsertResult:
    """Base of the results of bulk calls."""

    status: BulkStatus = strawberry.field(description="What was done.")

    @strawberry.field(
        description="Why the item was refused, up to 20 reasons and `AND_MORE`; empty otherwise."
    )
    def user_errors(self: Any) -> list[UserError]:
        """Translate the refusals."""
        return user_errors(self.problems)

    @classmethod
    def is_type_of(cls, _answer: Any, _info: Any) -> bool:
        """Result types are never found through the interface."""
        return True
