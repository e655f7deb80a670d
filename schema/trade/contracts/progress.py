"""How far contract lines came, step by step, for clients."""

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from execution.fields import DECLARED, Listed
from loaders.trade.contracts import progress as loaders
from loaders.trade.contracts.progress import ProgressInterval
from models.access.viewers import Scope
from schema.graphql.enums import described
from schema.graphql.scopes import Requires

described(
    ProgressInterval,
    "ProgressInterval",
    "How long a step of progress is.",
    DAY="A day.",
    WEEK="A week, from Monday on.",
    MONTH="A month, from its first day on.",
)


@strawberry.type(
    description="How much there was of each counter of a contract line at the end of a step.",
    directives=[Requires(scope=Scope.CONTRACTS_READ)],
)
class ContractLineStep:
    """One object of `ContractLineProgress.steps`; quantities in the product's unit."""

    day: date = strawberry.field(
        description="The first day of the step, at the contract's zone; on it something moved, or"
        " on a later day of the step."
    )
    called_off: Decimal = strawberry.field(description="What was called off and not cancelled.")
    released: Decimal = strawberry.field(
        description="The cumulative quantity up to which the releases then asked for goods."
    )
    shipped: Decimal = strawberry.field(
        description="What was dispatched, and neither lost nor refused."
    )
    delivered: Decimal = strawberry.field(description="What had arrived.")


@strawberry.type(
    description="The steps by which a contract line came to where it stands.",
    directives=[Requires(scope=Scope.CONTRACTS_READ)],
)
class ContractLineProgress:
    """A record of loaders.trade.contracts.progress."""

    @strawberry.field(
        description="The oldest first; left out are those in which nothing moved. The last one has"
        " the line's counters as they are now.",
        metadata={DECLARED: Listed(loaders.steps)},
    )
    def steps(self: Any) -> list[ContractLineStep]:
        """Read what is kept as JSON."""
        return [_step(it) for it in self.steps]


def _step(kept: Any) -> ContractLineStep:
    amounts = {it: Decimal(kept[it]) for it in loaders.PROGRESSING}
    return ContractLineStep(day=date.fromisoformat(kept["day"]), **amounts)
