"""Who asks."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import Info

from execution import related
from loaders.master import parties as party_loaders
from models.access.viewers import Actor, Scope
from models.access.viewers import Viewer as ViewerValue
from resolvers.master import channels as resolvers
from schema.graphql.scopes import Authenticated

if TYPE_CHECKING:
    from schema.master.channels import Channel
    from schema.master.parties import Party


@strawberry.type(description="The key that asks.", directives=[Authenticated()])
class Viewer:
    """The viewer as clients see it."""

    name: str = strawberry.field(description="Name of the key.")
    actor: Actor = strawberry.field(description="What kind of actor it is.")
    company: Annotated["Party", strawberry.lazy("schema.master.parties")] | None = related(
        party_loaders.by_id,
        "The company of a buyer or carrier; null for others.",
        key="company_id",
    )

    @strawberry.field(
        description="The channels to which its orders are bound, by code: a storefront's own, those"
        " of a buyer's company; none for others."
    )
    async def channels(
        self: Any, info: Info
    ) -> list[Annotated["Channel", strawberry.lazy("schema.master.channels")]]:
        """List the channels that bind the viewer."""
        return await resolvers.of_viewer(info.context)

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
