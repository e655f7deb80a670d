"""Who asks, and in whose name."""

from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import Info

from execution.fields import deprecated, related
from kit.limits import Limits
from loaders.access import settings as merchant_loaders
from loaders.master import parties as party_loaders
from models.access.viewers import Actor, CompanyRole, Scope
from models.access.viewers import Viewer as ViewerValue
from resolvers.master import channels as resolvers
from resolvers.master import parties
from schema.graphql.scalars import Currency
from schema.graphql.scopes import Authenticated

if TYPE_CHECKING:
    from schema.master.channels import Channel
    from schema.master.parties import Contact, Party


@strawberry.type(
    description="The merchant in whose name somebody asks.", directives=[Authenticated()]
)
class Merchant:
    """What every actor of a merchant is told of it."""

    name: str = strawberry.field(description="Name for people.")
    time_zone: str = strawberry.field(description="IANA time zone in which it counts days.")
    currency: Currency | None = strawberry.field(
        description="In which it counts where nothing else is agreed on; null: not said."
    )
    language: str | None = strawberry.field(
        description="In which its people are told what happens, a tag of BCP 47; null: not said."
    )
    support_email: str | None = strawberry.field(description="Where clients write to for help.")
    support_phone: str | None = strawberry.field(description="Where clients call for help.")


@strawberry.type(description="A limit of one key's operations.", directives=[Authenticated()])
class KeyLimit:
    """One number of `Limits`."""

    limit: str = strawberry.field(
        description="Which limit: `cost`, `bucket`, `restore`, `page`, `depth` and others."
    )
    value: int = strawberry.field(description="The most.")


@strawberry.type(description="The key that asks.", directives=[Authenticated()])
class Viewer:
    """The viewer as clients see it."""

    merchant: Merchant = related(
        merchant_loaders.of_viewer, "In whose name it asks.", key="merchant_id"
    )
    party: Annotated["Party", strawberry.lazy("schema.master.parties")] | None = related(
        party_loaders.by_id,
        "The company of a buyer or carrier; null for others.",
        key="company_id",
    )
    contact: Annotated["Contact", strawberry.lazy("schema.master.parties")] | None = related(
        party_loaders.contact_by_id,
        "The person at its company that a buyer is, where its key or token says so; null: several"
        " people, or a program.",
        key="contact_id",
    )
    role: CompanyRole | None = strawberry.field(
        description="What a buyer may do for its company; null for others."
    )
    expires_at: datetime | None = strawberry.field(
        description="When the token ends by itself; null: when it is revoked."
    )

    name: str = strawberry.field(description="Name of the key.")
    actor: Actor = strawberry.field(description="What kind of actor it is.")
    company: Annotated["Party", strawberry.lazy("schema.master.parties")] | None = deprecated(
        related(
            party_loaders.by_id,
            "The company of a buyer or carrier; null for others.",
            key="company_id",
        ),
        "Use `party`.",
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

    @strawberry.field(
        description="In which language it is spoken to, a tag of BCP 47: the person's own, else"
        " what the request likes best, else the merchant's."
    )
    async def locale(self: Any, info: Info) -> str:
        """Name the language."""
        return (await parties.language_of(info.context)).value

    @strawberry.field(description="What the key allows.")
    def scopes(self: Any) -> list[Scope]:
        """List the scopes in their own order."""
        return [scope for scope in Scope if self.may(scope)]

    @strawberry.field(description="The server's limits, or its own in their place, by name.")
    def limits(self: Any, info: Info) -> list[KeyLimit]:
        """List the limits that hold for it."""
        own = info.context.limits
        named = sorted(it.name for it in fields(Limits))
        return [KeyLimit(limit=name, value=getattr(own, name)) for name in named]


@strawberry.type
class ViewerQuery:
    """Who asks, as a root field."""

    @strawberry.field(
        description="The key that asks.", graphql_type=Viewer, directives=[Authenticated()]
    )
    def viewer(self, info: Info) -> ViewerValue:
        """Show the viewer."""
        return info.context.viewer  # type: ignore[no-any-return]
