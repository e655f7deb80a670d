"""Cumulative accounts (Fortschrittszahlenkonten) for clients."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from admission.costs import Cost
from execution.fields import column, related
from loaders.master import parties as party_loaders
from loaders.trade import contracts as contract_loaders
from loaders.trade.releases import lists as loaders
from loaders.trade.releases.accounts import counted_in
from models.access.viewers import Scope
from models.trade.releases.tables import AccountPeriod as AccountPeriodRow
from models.trade.releases.tables import CumulativeAccount as CumulativeAccountRow
from schema.graphql.nodes import Node, node
from schema.master.parties import Address
from schema.trade.contracts.types import ContractLine

_OF_DELIVERIES = Cost(weight=1, each=20)
"""Of what adds up the deliveries of a period."""


def _counted(attribute: str, description: str) -> Any:
    return related(counted_in, description, attribute=attribute, directives=[_OF_DELIVERIES])


@node(
    AccountPeriodRow,
    loaders.period_by_id,
    Scope.CONTRACTS_READ,
    "What an account counts from a day on, up to its next period.",
)
class AccountPeriod(Node):
    """A period; quantities in the product's unit."""

    starts_on: date = strawberry.field(description="Its first day, at the contract's zone.")
    opening: Decimal = strawberry.field(description="What was issued in it before we counted.")
    opening_received: Decimal = strawberry.field(description="What of that had arrived.")
    dispatched: Decimal = _counted(
        "dispatched", "What has left: `delivered`, `underWay`, `lost` and `returned`."
    )
    delivered: Decimal = _counted("delivered", "What of that has arrived.")
    under_way: Decimal = _counted("under_way", "What of that is under way.")
    lost: Decimal = _counted("lost", "What of that was lost.")
    returned: Decimal = _counted("returned", "What of that came back.")
    cumulative_issued: Decimal = _counted(
        "cumulative_issued",
        "What was issued: `opening` and what was dispatched, and neither lost nor returned.",
    )
    in_transit: Decimal = _counted("in_transit", "`supplied` less `received`, never negative.")
    supplied: Decimal = _counted(
        "supplied",
        "Up to where the customer's demand is supplied: `cumulativeIssued`, less what was received"
        " short of what is in the customer's figure; or, where it had received more than was"
        " issued, its figure and what has left since.",
    )
    received: Decimal = _counted(
        "received",
        "What has been received, by the customer's figure and by ours, never by both: what it has"
        " named is in its figure, and what has arrived beside that, or left after the last delivery"
        " that it named, is added to it; where it names none, the larger of both counts.",
    )
    cumulative_received: Decimal = column(
        "received", "What the customer said last that it has received in it."
    )
    received_reference: str | None = strawberry.field(
        description="Delivery note of the last receipt that is counted in there."
    )
    counted_until: datetime | None = strawberry.field(
        description="When the newest delivery of ours left whose note the customer named so; null"
        " where it named none."
    )


@node(
    CumulativeAccountRow,
    loaders.account_by_id,
    Scope.CONTRACTS_READ,
    "A place for which a contract line's quantities are counted.",
)
class CumulativeAccount(Node):
    """An account."""

    contract_line: ContractLine = related(
        contract_loaders.line_by_id, "The contract line.", key="contract_line_id"
    )
    ship_to: Address | None = related(
        party_loaders.address_by_id,
        "The plant; null where releases name none.",
        key="ship_to_id",
    )
    unloading_point: str | None = strawberry.field(
        description="Where it is unloaded there, as the customer calls it."
    )
    periods: list[AccountPeriod] = related(loaders.periods_of, "Its periods, the oldest first.")
