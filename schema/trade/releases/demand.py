"""Demand for clients: what customers want by their schedules, and what of it is still to ship."""

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from admission.costs import Cost
from execution.fields import DECLARED, Written, related
from kit.ids import to_global
from loaders.trade import contracts as contract_loaders
from loaders.trade.releases import demand as loaders
from loaders.trade.releases import lists as release_loaders
from models.access.viewers import Scope
from schema.graphql.connections import Connection, connection
from schema.graphql.nodes import written_id
from schema.graphql.scopes import Requires
from schema.graphql.values import DeliveryWindow, window
from schema.master.packagings import Packaged, packaged
from schema.trade.contracts.types import ContractLine
from schema.trade.releases.accounts import CumulativeAccount
from schema.trade.releases.enums import (
    Commitment,
    DateMeaning,
    ScheduleBucket,
    ScheduleKind,
)
from schema.trade.releases.types import Release, ScheduleLine

_OF_ALL = Cost(weight=4, each=500)
"""Of what reads all schedules in force of a customer."""
_ID = Written(
    lambda row, _type: written_id("ScheduleLine", row.id),
    lambda row, _type: to_global("ScheduleLine", row.id),
)


@strawberry.type(
    description="A line of an effective schedule: of a contract line and place, what is wanted just"
    " in time up to the horizon of that, and what is forecast after it.",
    directives=[Requires(scope=Scope.CONTRACTS_READ)],
)
class Demand:
    """Demand; quantities in the product's unit."""

    @strawberry.field(
        description="Global id of its schedule line; `node` reads it.", metadata={DECLARED: _ID}
    )
    def id(self: Any) -> strawberry.ID:
        """Name the schedule line."""
        return strawberry.ID(to_global("ScheduleLine", self.id))

    schedule_line: ScheduleLine | None = related(
        release_loaders.schedule_line_by_id, "The line that was sent.", key="id"
    )
    release: Release | None = related(
        release_loaders.by_id, "The release that asks for it.", key="release_id"
    )
    contract_line: ContractLine | None = related(
        contract_loaders.line_by_id, "The contract line.", key="contract_line_id"
    )
    account: CumulativeAccount | None = related(
        release_loaders.account_by_id, "The place for which it is.", key="account_id"
    )
    kind: ScheduleKind = strawberry.field(description="Why it is asked for.")
    bucket: ScheduleBucket = strawberry.field(description="For how long it is.")
    pattern: str | None = strawberry.field(
        description="On which parts of the bucket it is to come, as it was sent."
    )
    commitment: Commitment = strawberry.field(description="How binding it is.")
    window: DeliveryWindow = window(
        "window",
        "When, by `dateMeaning`: as it was sent, but not before the horizon of what is wanted just"
        " in time is over.",
    )
    date_meaning: DateMeaning = strawberry.field(description="What its window is about.")
    quantity: Decimal = strawberry.field(
        description="How much is wanted; 0 says that nothing is planned. Of a week or another long"
        " bucket on both sides of the horizon, what just in time does not tell of it."
    )
    packaged: Packaged | None = packaged("How much is wanted,")
    cumulative_released: Decimal = strawberry.field(
        description="The cumulative quantity up to which the effective schedule asks with it."
    )
    open_quantity: Decimal = strawberry.field(
        description="What is still to ship of it by all schedules of its place together, the just"
        " in time one first: what a planner plans by. `cumulativeReleased` less `supplied` of the"
        " account's period, not below zero and not above `quantity`. That of a release's own lines"
        " (`Release.scheduleLines`) looks at one release alone."
    )
    ships_on: date = strawberry.field(
        description="The day on which it is to leave so that it arrives on `arrivesOn`: transit"
        " days are working days of the carrier of the contract's `route`, or else of the customer,"
        " or of the merchant; it leaves when its location works, or else the merchant. So does what"
        " is left of a bucket behind the horizon of what is wanted just in time."
    )
    arrives_on: date = strawberry.field(
        description="The day on which it is to arrive: the first one of its window on which its"
        " place takes goods in, by its receiving hours and its customer's calendar, and its carrier"
        " works; where there is none, the last one before."
    )
    due_on: date = strawberry.field(
        description="`shipsOn`, but today where something of it is open and that day is over, it is"
        " backlog, or wanted at once. Days are those of the contract's time zone."
    )
    is_due: bool = strawberry.field(description="Whether something of it is to ship today.")
    is_overdue: bool = strawberry.field(
        description="Whether its window is over, and something of it has not left."
    )


@strawberry.type
class DemandQuery:
    """Root fields that read demand."""

    demand: Connection[Demand] | None = connection(
        loaders.every,
        "What customers want by their schedules, over all contract lines and places.",
        key=None,
        filters=loaders.DemandFilter,
        sorts=loaders.DemandSort,
        cost=_OF_ALL,
    )
