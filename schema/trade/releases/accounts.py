"""Cumulative accounts (Fortschrittszahlenkonten) for clients."""

from datetime import date
from decimal import Decimal

import strawberry

from execution import column, related
from loaders.master import parties as party_loaders
from loaders.trade import contracts as contract_loaders
from loaders.trade import releases as loaders
from models.access.viewers import Scope
from models.trade.releases.tables import AccountPeriod as AccountPeriodRow
from models.trade.releases.tables import CumulativeAccount as CumulativeAccountRow
from schema.graphql.nodes import Node, node
from schema.master.parties import Address
from schema.trade.contracts import ContractLine


@node(
    AccountPeriodRow,
    loaders.period_by_id,
    Scope.CONTRACTS_READ,
    "What an account counts from a day on, when its cumulative quantities began again.",
)
class AccountPeriod(Node):
    """A period; quantities in the product's unit."""

    starts_on: date = strawberry.field(description="Its first day, at the contract's zone.")
    opening: Decimal = strawberry.field(description="What was issued in it before we counted.")
    cumulative_received: Decimal = column(
        "received", "What the customer said last that it has received in it."
    )
    received_reference: str | None = strawberry.field(
        description="Delivery note of the last receipt that is counted in there."
    )


@node(
    CumulativeAccountRow,
    loaders.account_by_id,
    Scope.CONTRACTS_READ,
    "A place for which a contract line's quantities are counted.",
)
class CumulativeAccount(Node):
    """An account."""

    contract_line: ContractLine | None = related(
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
