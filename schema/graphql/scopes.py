"""Which scope each field needs: declared on types and fields, printed in the SDL."""

from collections import defaultdict
from collections.abc import Iterable

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.enum import StrawberryEnumDefinition

from admission.demands import DemandDirective, Demands
from commands.writing.verbs import AnyVerb
from models.access.viewers import Scope
from schema.graphql.enums import described

described(
    Scope,
    "Scope",
    "What a token allows. Which rows it sees is decided by its actor.",
    MASTER_DATA_READ="Read parties, products, prices, channels and locations.",
    ORDERS_READ="Read orders and holds.",
    CONTRACTS_READ="Read contracts and releases.",
    DELIVERIES_READ="Read deliveries, receipts, parcels and their tracking.",
    JOURNAL_READ="Read timelines.",
    ORDERS_APPROVE="Approve and reject orders that wait for it.",
    KEYS_MANAGE="Make, see and revoke API keys.",
    DOCUMENTS_MANAGE="Register documents.",
    PRICES_STATE="State prices, discounts and kinds of orders; a token of a buyer or storefront"
    " has it only where it is named.",
    PAYMENTS_WRITE="Report what is known of payments; a token of a storefront has it only where it"
    " is named, one of a buyer never.",
    MESSAGES_READ="Read partners, interchanges that came in and that go out, with their bytes.",
    MESSAGES_WRITE="Take in interchanges, decide on those that are held, and write partners.",
    WEBHOOKS_MANAGE="Have what happens sent to endpoints, and see what was sent.",
    NOTIFICATIONS_READ="See whom mails tell what, and read them.",
    NOTIFICATIONS_MANAGE="Decide who is told of what, and let a mail be sent again.",
    WORKERS_MANAGE="See what followers of the journal have set aside, and decide on it.",
)


def describe_by_verbs(verbs: Iterable[AnyVerb]) -> None:
    """Let each scope tell the mutations that it opens."""
    opened: defaultdict[str, list[str]] = defaultdict(list)
    for verb in verbs:
        opened[verb.act.scope.name].append(f"`{verb.name}`")
    definition: StrawberryEnumDefinition = Scope.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        if value.name in opened:
            value.description = f"{value.description} Opens {', '.join(opened[value.name])}."


_PLACES = [Location.OBJECT, Location.INTERFACE, Location.FIELD_DEFINITION]


@strawberry.schema_directive(
    locations=_PLACES,
    name="requires",
    description="The scope that a token must have. A field needs its own, that of the type in which"
    " it stands (or else of the type's interface), and that of the type which it gives. An"
    " operation for which a scope is missing is refused as a whole, before any of it is executed.",
)
class Requires(DemandDirective):
    """A type or field for tokens with a scope."""

    scope: Scope = strawberry.directive_field(name="scope")

    @property
    def demands(self) -> Demands:
        """Return the scope."""
        return frozenset({self.scope})


@strawberry.schema_directive(
    locations=_PLACES,
    name="authenticated",
    description="Any valid token will do. A value is as open as the field that shows it.",
)
class Authenticated(DemandDirective):
    """A type or field for every token."""
