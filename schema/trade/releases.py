"""Releases and their schedule lines for clients."""

from datetime import datetime
from decimal import Decimal

import strawberry

from admission.costs import Cost
from commands.trade.releases import release
from execution import related
from loaders.trade import contracts as contract_loaders
from loaders.trade import releases as loaders
from models.access.viewers import Scope
from models.trade.releases import (
    Commitment,
    ReleaseFunction,
    ReleaseState,
    ReleaseType,
    ScheduleStatus,
)
from models.trade.releases import Release as ReleaseRow
from models.trade.releases import ScheduleLine as ScheduleLineRow
from schema.access.journal import Timeline, timeline
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.graphql.values import DeliveryWindow, window
from schema.master.packagings import Packaged, packaged
from schema.trade.contracts import Contract, ContractLine

described(
    ReleaseType,
    "ReleaseType",
    "What sort of schedule a release is.",
    FORECAST="Delivery forecast (DELFOR, EDIFACT 1001 241).",
    JIT="Just in time (DELJIT, EDIFACT 1001 242).",
)
described(
    ReleaseFunction,
    "ReleaseFunction",
    "How a release goes with the one before (EDIFACT 1225).",
    REPLACE="It is the whole schedule.",
    UPDATE="It changes the lines whose window starts are the same, adds others, keeps the rest.",
)
described(
    ReleaseState,
    "ReleaseState",
    "Where a release stands.",
    RECEIVED="Taken in, not yet in force. Nothing sets it yet.",
    ACTIVE="In force; the only one of its contract line and type.",
    SUPERSEDED="A later release took its place.",
    REJECTED="Not accepted.",
)
described(
    Commitment,
    "Commitment",
    "How binding a schedule line is (EDIFACT 4017).",
    FIRM="To be delivered (1).",
    MAKE_AND_MATERIAL="Material and production are ordered (2).",
    MATERIAL="Material is ordered (3).",
    FORECAST="For planning only (4).",
)
described(
    ScheduleStatus,
    "ScheduleStatus",
    "How far a schedule line has come, by what the customer received or what was delivered,"
    " whichever is more.",
    OPEN="Nothing of it has arrived.",
    PARTIALLY_DELIVERED="A part of it has arrived.",
    DELIVERED="All of it has arrived.",
    CANCELLED="Its release was superseded.",
    OVERDUE="Its window is over and not all of it has arrived.",
)
described(
    loaders.ReleaseSort,
    "ReleaseSort",
    "Order of a list of releases.",
    ACTIVE_FIRST="The active ones first.",
    RECEIVED_AT="By the time of receipt.",
    RECEIVED_AT_DESC="By the time of receipt, last first.",
)

_OF_EARLIER = Cost(weight=1, each=5)
"""Of what adds up the earlier lines of the release."""


@node(
    ScheduleLineRow,
    loaders.schedule_line_by_id,
    Scope.CONTRACTS_READ,
    "One quantity at one time of a release.",
)
class ScheduleLine(Node):
    """A schedule line; quantities in the product's unit."""

    release: "Release | None" = related(loaders.by_id, "Its release.", key="release_id")
    line_no: int = strawberry.field(description="Its number in the release, in date order.")
    window: DeliveryWindow = window("window", "When it is to arrive.")
    quantity: Decimal = strawberry.field(description="How much.")
    packaged: Packaged | None = packaged("How much,")
    commitment: Commitment = strawberry.field(description="How binding it is.")
    cumulative_released: Decimal = related(
        loaders.progress,
        "The release's cumulative received and all quantities up to this line, in date order.",
        attribute="cumulative_released",
        directives=[_OF_EARLIER],
    )
    open_quantity: Decimal = related(
        loaders.progress,
        "What is still to ship of it: `cumulativeReleased` less the cumulative issued of the"
        " contract line, not below zero and not above `quantity`. 0 for a superseded release.",
        attribute="open_quantity",
        directives=[_OF_EARLIER],
    )
    status: ScheduleStatus = related(
        loaders.progress, "How far it has come.", attribute="status", directives=[_OF_EARLIER]
    )


@node(
    ReleaseRow,
    loaders.by_id,
    Scope.CONTRACTS_READ,
    "One schedule that a customer sent for one contract line.",
)
class Release(Node):
    """A release."""

    contract: Contract | None = related(contract_loaders.by_id, "The contract.", key="contract_id")
    contract_line: ContractLine | None = related(
        contract_loaders.line_by_id, "The contract line.", key="contract_line_id"
    )
    type: ReleaseType = strawberry.field(description="Forecast or just in time.")
    release_no: int = strawberry.field(description="The customer's number; rises.")
    function: ReleaseFunction = strawberry.field(description="Whole schedule or changes.")
    state: ReleaseState = strawberry.field(description="Where it stands.")
    horizon_start: datetime | None = strawberry.field(description="Start of the horizon.")
    horizon_end: datetime | None = strawberry.field(description="End of the horizon.")
    cumulative_received: Decimal = strawberry.field(
        description="What the customer had received in all when it sent this."
    )
    last_receipt_reference: str | None = strawberry.field(
        description="Delivery note of the last receipt that is counted in."
    )
    received_at: datetime = strawberry.field(description="When it was taken in.")
    schedule_lines: list[ScheduleLine] = related(
        loaders.schedule_of, "Its schedule, in date order."
    )
    timeline: Timeline = timeline()


@strawberry.type(description="Outcome of `contractRelease`.")
class ContractReleasePayload(Payload):
    """The release and the line that it is for."""

    release: Release | None = related(
        loaders.by_id, "The release; null when refused.", key="release_id"
    )
    contract_line: ContractLine | None = related(
        contract_loaders.line_by_id, "The line; null when refused.", key="contract_line_id"
    )


@strawberry.type
class ReleasesMutation:
    """Mutations of releases."""

    contract_release: ContractReleasePayload = mutation(release.release)
