"""Who asks."""

from typing import Any

import strawberry
from strawberry import Info

from models.access.viewers import Actor, Scope
from models.access.viewers import Viewer as ViewerValue
from schema.graphql.scopes import Authenticated


@strawberry.type(description="The key that asks.", directives=[Authenticated()])
class Viewer:
    """The viewer as clients see it."""

    name: str = strawberry.field(description="Name of the key.")
    actor: Actor = strawberry.field(description="What kind of actor it is.")

    @strawberry.field(description="What the key allows.")
    def scopes(self: Any) -> list[Scope]:
        """List the scopes in their own order."""
        return [scope for scope in Scope if self.may(scope)]


@strawberry.type
class ViewerQuery:
    """Who asks, as a root field."""

    @strawberry.field(
        description="The key that asks.", graphql_type=Viewer, directives=[Authenticated()]
    )
    def viewer(self, info: Info) -> ViewerValue:
        """Show the viewer."""
        return info.context.viewer  # type: ignore[no-any-return]
