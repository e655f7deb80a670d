"""Releases and their schedule lines for clients."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from admission.costs import Cost
from execution.fields import column, related
from loaders.trade import contracts as contract_loaders
from loaders.trade.releases import comparison
from loaders.trade.releases import lists as loaders
from loaders.trade.releases.progress import progress
from models.access.viewers import Scope
from models.trade.releases.findings import ReleaseAnswerLine as AnswerRow
from models.trade.releases.findings import ReleaseFinding as FindingRow
from models.trade.releases.tables import LastReceipt as LastReceiptRow
from models.trade.releases.tables import Release as ReleaseRow
from models.trade.releases.tables import ScheduleLine as ScheduleLineRow
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.nodes import Node, node
from schema.graphql.roots import wanted
from schema.graphql.values import DeliveryWindow, window
from schema.master.packagings import Packaged, packaged
from schema.trade.contracts.enums import FindingCode
from schema.trade.contracts.types import Contract, ContractLine
from schema.trade.releases.accounts import CumulativeAccount
from schema.trade.releases.comparison import ReleaseComparison
from schema.trade.releases.enums import (
    Commitment,
    DateMeaning,
    ReleaseAction,
    ReleaseFunction,
    ReleaseState,
    ReleaseType,
    ScheduleBucket,
    ScheduleKind,
    ScheduleStatus,
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
    line_no: int = strawberry.field(
        description="Its number in the release: in the order in which lines are supplied, backlog"
        " first, then what is wanted at once, then by date."
    )
    kind: ScheduleKind = strawberry.field(description="Why it is asked for.")
    window: DeliveryWindow = window(
        "window", "When it is to arrive or to leave, by `dateMeaning`; as it was sent."
    )
    date_meaning: DateMeaning = strawberry.field(
        description="What its window is about; windows of one schedule are ordered as they were"
        " sent."
    )
    transit_days: int = strawberry.field(
        description="Working days between shipment and arrival; 0 for those of the carrier of"
        " the contract's `route`, or else of the customer."
    )
    ships_on: date = strawberry.field(
        description="The day on which it is to leave, by the calendars of when it was taken in: the"
        " last one on which we work and from which it is there on `arrivesOn`. What is to leave on"
        " a day at rest leaves on the last one before."
    )
    arrives_on: date = strawberry.field(
        description="The day on which it is to arrive, likewise: the first one of its window on"
        " which its place takes goods in, by its receiving hours and its customer's calendar, and"
        " its carrier works; where there is none, the last one before."
    )
    bucket: ScheduleBucket = strawberry.field(description="For how long it is.")
    pattern: str | None = strawberry.field(
        description="On which parts of the bucket it is to come, as it was sent."
    )
    code: str | None = strawberry.field(description="Its code, as it was sent.")
    quantity: Decimal = strawberry.field(description="How much.")
    packaged: Packaged | None = packaged("How much,")
    commitment: Commitment = strawberry.field(description="How binding it is.")
    cumulative_released: Decimal = related(
        progress,
        "The release's cumulative received and all quantities up to this line, in their order.",
        attribute="cumulative_released",
        directives=[_OF_EARLIER],
    )
    open_quantity: Decimal = related(
        progress,
        "What is still to ship of it by this release alone, as if there were no other:"
        " `cumulativeReleased` less `supplied` of its account's `period`, not below zero and not"
        " above `quantity`. What is open of it beside a schedule just in time, which is supplied"
        " first, says `openQuantity` of `demand`: plan by that. 0 for a superseded release.",
        attribute="open_quantity",
        directives=[_OF_EARLIER],
    )
    status: ScheduleStatus = related(
        progress, "How far it has come.", attribute="status", directives=[_OF_EARLIER]
    )


@node(
    LastReceiptRow,
    loaders.last_receipt_by_id,
    Scope.CONTRACTS_READ,
    "A receipt that a customer had counted in when it sent a release.",
)
class LastReceipt(Node):
    """A receipt; its quantity in the product's unit."""

    delivery_note: str = strawberry.field(description="Its delivery note, as the customer told it.")
    quantity: Decimal | None = strawberry.field(description="How much came with it.")
    received_on: date | None = strawberry.field(description="When it came.")
    dispatched_on: date | None = strawberry.field(description="When it left.")
    is_ours: bool = column("is_ours", "Whether it is the number of a delivery of ours.")


@node(
    FindingRow,
    loaders.finding_by_id,
    Scope.CONTRACTS_READ,
    "Something odd about a release, found when it came.",
)
class ReleaseFinding(Node):
    """A finding; quantities in the product's unit."""

    code: FindingCode = strawberry.field(description="What is odd.")
    text: str = strawberry.field(description="The same as a sentence, for people.")
    line_no: int | None = strawberry.field(
        description="Number of the schedule line that it is about; null for none or several."
    )
    day: date | None = strawberry.field(description="The day that it is about.")
    expected: Decimal | None = strawberry.field(
        description="What there was before, or what is allowed."
    )
    found: Decimal | None = strawberry.field(description="What the release says instead.")
    is_holding: bool = strawberry.field(
        description="Whether the release waits until somebody consents to this."
    )
    consented_at: datetime | None = strawberry.field(description="When somebody consented to it.")
    is_awaiting: bool = related(
        loaders.awaited,
        "Whether it awaits consent: none can be given once its release is not RECEIVED any more.",
        attribute="is_awaiting",
    )


@node(
    AnswerRow,
    loaders.answer_by_id,
    Scope.CONTRACTS_READ,
    "What of a schedule line cannot be met as it is wanted.",
)
class ReleaseAnswerLine(Node):
    """A part of an answer; its quantity in the product's unit."""

    schedule_line: ScheduleLine | None = related(
        loaders.schedule_line_by_id, "The line.", key="schedule_line_id"
    )
    quantity: Decimal = strawberry.field(description="How much of it can be; 0 for nothing.")
    day: date | None = strawberry.field(
        description="When: of arrival or shipment, as the line's `dateMeaning`; null for nothing."
    )
    reason: str | None = strawberry.field(description="Why not as it is wanted.")


@node(
    ReleaseRow,
    loaders.by_id,
    Scope.CONTRACTS_READ,
    "One schedule that a customer sent for one contract line and place.",
)
class Release(Node):
    """A release."""

    contract: Contract = related(contract_loaders.by_id, "The contract.", key="contract_id")
    contract_line: ContractLine = related(
        contract_loaders.line_by_id, "The contract line.", key="contract_line_id"
    )
    account: CumulativeAccount = related(
        loaders.account_by_id, "The place for which it is.", key="account_id"
    )
    type: ReleaseType = strawberry.field(description="Forecast or just in time.")
    number: str = strawberry.field(
        description="The customer's number; it may begin again every year."
    )
    release_no: int | None = strawberry.field(
        description="The number where it is an integer that fits; null for any other."
    )
    issued_at: datetime = strawberry.field(
        description="When the customer issued it; by this, then by `receivedAt`, they are ordered."
    )
    function: ReleaseFunction = strawberry.field(description="Whole schedule or changes.")
    state: ReleaseState = strawberry.field(description="Where it stands.")
    horizon_start: datetime | None = strawberry.field(description="Start of the horizon.")
    horizon_end: datetime | None = strawberry.field(description="End of the horizon.")
    calculated_at: datetime | None = strawberry.field(
        description="Of which instant the customer's figures are."
    )
    point_of_use: str | None = strawberry.field(
        description="Where the goods are used, as the customer calls it."
    )
    engineering_revision: str | None = strawberry.field(
        description="Which revision of the product is wanted."
    )
    packaging_instruction: str | None = strawberry.field(
        description="How it is to be packed, as the customer calls it."
    )
    planner: str | None = strawberry.field(description="The customer's planner.")
    production_go_ahead: Decimal | None = strawberry.field(
        description="Cumulative quantity that may be made at the customer's risk."
    )
    production_go_ahead_until: date | None = strawberry.field(description="Last day of that.")
    material_go_ahead: Decimal | None = strawberry.field(
        description="Cumulative quantity for which material may be bought at its risk."
    )
    material_go_ahead_until: date | None = strawberry.field(description="Last day of that.")
    rest_of_forecast: Decimal | None = strawberry.field(
        description="What is forecast beyond its schedule lines without a day (VDA 4905: 999999):"
        " it is no line, and not in `cumulativeReleased` or `demand`."
    )
    cumulative_received: Decimal = strawberry.field(
        description="What the customer had received in all when it sent this."
    )
    last_receipt_reference: str | None = strawberry.field(
        description="Delivery note of the last receipt that is counted in."
    )
    last_receipts: list[LastReceipt] = related(
        loaders.last_receipts_of, "The last receipts that the customer had counted in."
    )
    counted_from: date | None = strawberry.field(
        description="The first day of which the customer counts, where it said one."
    )
    received_at: datetime = strawberry.field(description="When it was taken in.")
    state_reason: str | None = strawberry.field(description="Why it was rejected.")
    findings: list[ReleaseFinding] = related(
        loaders.findings_of, "What was odd about it when it came."
    )
    comparison: ReleaseComparison | None = wanted(
        comparison.ComparedWith,
        comparison.ComparisonWanted,
        comparison.ComparedWith.source,
        "What it changes against an earlier one; null where there is none.",
        Cost(weight=1, each=20),
    )
    answered_at: datetime | None = strawberry.field(
        description="When the customer was last told what of it cannot be met; null before."
    )
    answers: list[ReleaseAnswerLine] = related(
        loaders.answers_of, "What cannot be met of it; all else can be, once it is answered."
    )
    schedule_lines: list[ScheduleLine] = related(
        loaders.schedule_of, "Its schedule, in the order in which it is supplied."
    )
    available_actions: list[ReleaseAction] = related(
        loaders.offered, "What the viewer may do now with it.", attribute="actions"
    )
    events: Events = events()
    timeline: Timeline = timeline()
