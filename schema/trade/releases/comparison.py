"""What a release changes, for clients."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from execution.fields import DECLARED, Listed, related
from loaders.trade.releases import comparison as loaders
from loaders.trade.releases import lists
from loaders.trade.releases.comparison import ChangeKind
from models.access.viewers import Scope
from schema.graphql.enums import described
from schema.graphql.scopes import Requires

if TYPE_CHECKING:
    from schema.trade.releases.types import Release

described(
    ChangeKind,
    "ReleaseChangeKind",
    "How what is wanted on a day has changed.",
    ADDED="Nothing was wanted before.",
    REMOVED="Nothing is wanted now.",
    RAISED="More is wanted.",
    LOWERED="Less is wanted.",
)


@strawberry.type(
    description="A day on which another quantity is wanted than before.",
    directives=[Requires(scope=Scope.CONTRACTS_READ)],
)
class ReleaseChange:
    """One object of `ReleaseComparison.changes`; quantities in the product's unit."""

    day: date = strawberry.field(description="The day, at the contract's zone.")
    kind: ChangeKind = strawberry.field(description="How it has changed.")
    before: Decimal = strawberry.field(description="What was wanted.")
    after: Decimal = strawberry.field(description="What is wanted now.")
    difference: Decimal = strawberry.field(description="`after` less `before`.")


@strawberry.type(
    description="What a release changes against an earlier one. What the customer has received in"
    " between, in the same period, is no change.",
    directives=[Requires(scope=Scope.CONTRACTS_READ)],
)
class ReleaseComparison:
    """A record of loaders.trade.releases.comparison; quantities in the product's unit."""

    earlier: Annotated["Release", strawberry.lazy("schema.trade.releases.types")] | None = related(
        lists.by_id, "The earlier one.", key="earlier_id"
    )
    before: Decimal = strawberry.field(description="What was wanted in all.")
    after: Decimal = strawberry.field(description="What is wanted in all now.")
    added: Decimal = strawberry.field(description="Of that on days without any before.")
    removed: Decimal = strawberry.field(description="What was wanted on days without any now.")
    raised: Decimal = strawberry.field(description="How much more is wanted on other days.")
    lowered: Decimal = strawberry.field(description="How much less is wanted on other days.")

    @strawberry.field(
        description="The days on which something changed, in order.",
        metadata={DECLARED: Listed(loaders.changes)},
    )
    def changes(self: Any) -> list[ReleaseChange]:
        """Read what is kept as JSON."""
        return [_change(it) for it in self.changes]


def _change(kept: Any) -> ReleaseChange:
    before, after = Decimal(kept["before"]), Decimal(kept["after"])
    return ReleaseChange(
        day=date.fromisoformat(kept["day"]),
        kind=ChangeKind(kept["kind"]),
        before=before,
        after=after,
        difference=after - before,
    )
