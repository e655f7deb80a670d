"""Contracts, their lines and what settlements found missing, for clients."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from admission.costs import Cost
from execution.fields import column, related
from loaders.fulfilment import call_offs as call_off_loaders
from loaders.master import catalog as product_loaders
from loaders.master import locations as location_loaders
from loaders.master import parties as party_loaders
from loaders.trade import contracts as loaders
from loaders.trade.contracts import progress
from loaders.trade.orders.lists import OrderFilter, OrderSort
from loaders.trade.releases import demand as demand_loaders
from loaders.trade.releases import lists as release_loaders
from loaders.trade.releases.accounts import of_line
from models.access.viewers import Scope
from models.master.catalog import Unit
from models.trade.contracts.tables import Contract as ContractRow
from models.trade.contracts.tables import ContractLine as ContractLineRow
from models.trade.contracts.tables import Shortfall as ShortfallRow
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql import values
from schema.graphql.connections import Connection, connection
from schema.graphql.nodes import Node, node
from schema.graphql.roots import wanted
from schema.graphql.scalars import Currency
from schema.master.catalog import Product
from schema.master.locations import Location
from schema.master.packagings import Packaged, packaged
from schema.master.parties import Address, Party
from schema.trade.contracts.enums import (
    ContractAction,
    ContractState,
    EndOfLife,
    FindingCode,
    ReservationStrategy,
)
from schema.trade.contracts.guarantees import Guarantee
from schema.trade.contracts.progress import ContractLineProgress

if TYPE_CHECKING:
    from schema.trade.orders.lists import OrderConnection
    from schema.trade.releases.accounts import CumulativeAccount
    from schema.trade.releases.demand import Demand
    from schema.trade.releases.types import Release


_OF_DELIVERIES = Cost(weight=1, each=20)
"""Of what adds up deliveries."""
_OF_EVENTS = Cost(weight=1, each=50)
"""Of what reads through the events of a contract."""
_OF_LINES = Cost(weight=1, each=5)
"""Of what looks through the contract's lines."""
_OF_SCHEDULES = Cost(weight=1, each=50)
"""Of what adds up the schedules in force of a contract line."""


@node(
    ContractLineRow, loaders.line_by_id, Scope.CONTRACTS_READ, "One agreed product of a contract."
)
class ContractLine(Node):
    """A line; every quantity in the product's unit."""

    contract: "Contract" = related(loaders.by_id, "The contract.", key="contract_id")
    line_no: int = strawberry.field(description="Its number in the contract; never reused.")
    product: Product = related(product_loaders.by_id, "What is agreed.", key="product_id")
    unit: Unit = strawberry.field(description="Unit of its quantities, the product's.")
    unit_price: values.Money = values.money("unit_price", "Price of one unit.")
    guarantee: Guarantee | None = related(
        loaders.guarantee_by_id,
        "What is guaranteed of the supply of what is called off from now on.",
        key="guarantee_id",
    )
    target_quantity: Decimal = strawberry.field(
        description="How much is agreed; of a contract that was taken over, what was left of it."
    )
    min_quantity: Decimal | None = strawberry.field(
        description="The least that must be called off by the end."
    )
    min_quantity_packaged: Packaged | None = packaged("`minQuantity`", "min_")
    max_quantity: Decimal | None = strawberry.field(
        description="The most that may be called off; null where it is the target."
    )
    max_quantity_packaged: Packaged | None = packaged("`maxQuantity`", "max_")
    over_tolerance_percent: Decimal = strawberry.field(
        description="Percent of the agreed maximum that may be called off beyond it."
    )
    under_tolerance_percent: Decimal = strawberry.field(
        description="Percent by which the minimum may be missed."
    )
    agreed: Decimal = strawberry.field(
        description="The agreed maximum: `maxQuantity`, or the target where there is none."
    )
    ceiling: Decimal = strawberry.field(
        description="The most that can be called off: `agreed` and the tolerance on it."
    )
    lot_multiple: Decimal | None = strawberry.field(
        description="Every called-off quantity is a multiple of this."
    )
    lot_multiple_packaged: Packaged | None = packaged("`lotMultiple`", "lot_")
    min_per_call_off: Decimal | None = strawberry.field(
        description="The least of this line in one call-off."
    )
    min_per_call_off_packaged: Packaged | None = packaged("`minPerCallOff`", "min_per_call_off_")
    max_per_call_off: Decimal | None = strawberry.field(
        description="The most of this line in one call-off."
    )
    max_per_call_off_packaged: Packaged | None = packaged("`maxPerCallOff`", "max_per_call_off_")
    packaged: Packaged | None = packaged("How much is agreed,")
    called_off: Decimal = strawberry.field(description="What call-offs ordered and did not cancel.")
    released: Decimal = strawberry.field(
        description="The cumulative quantity up to which the active releases ask for goods."
    )
    shipped: Decimal = strawberry.field(
        description="What was dispatched, and neither lost nor refused: more than `calledOff` where"
        " something arrived after all beside what had taken its place."
    )
    in_transit: Decimal = related(
        of_line,
        "What has left and has not been received, by the customer's figure and by ours: the sum of"
        " `inTransit` of the newest periods of its `accounts`; without any, `shipped` less"
        " `delivered`.",
        attribute="in_transit",
        directives=[_OF_DELIVERIES],
    )
    delivered: Decimal = strawberry.field(description="What arrived.")
    returned: Decimal = strawberry.field(description="What came back.")
    remaining: Decimal = strawberry.field(
        description="`agreed` less `calledOff`, never negative. The tolerance does not remain,"
        " but it can be called off up to the ceiling."
    )
    received_reference: str | None = strawberry.field(
        description="Delivery note of the last receipt that the customer counted in."
    )
    releases: Connection[Annotated["Release", strawberry.lazy("schema.trade.releases.types")]] = (
        connection(
            release_loaders.of_contract_line,
            "Schedules for this line, the active ones first.",
            filters=release_loaders.ReleaseFilter,
            sorts=release_loaders.ReleaseSort,
        )
    )

    demand: Connection[Annotated["Demand", strawberry.lazy("schema.trade.releases.demand")]] = (
        connection(
            demand_loaders.of_contract_line,
            "What the customer wants of it by its schedules in force, at all places.",
            filters=demand_loaders.DemandOfLineFilter,
            sorts=demand_loaders.DemandSort,
            cost=_OF_SCHEDULES,
        )
    )
    progress: ContractLineProgress = wanted(
        progress.ProgressOf,
        progress.ProgressWanted,
        progress.ProgressOf.source,
        "How it came to where it stands: what was called off, dispatched and delivered by then.",
        _OF_EVENTS,
    )
    accounts: list[
        Annotated["CumulativeAccount", strawberry.lazy("schema.trade.releases.accounts")]
    ] = related(release_loaders.accounts_of, "The places for which it is released.")
    cumulative_issued: Decimal = related(
        of_line,
        "What was issued (Fortschrittszahl): the sum of `cumulativeIssued` of the newest periods of"
        " its `accounts`, with what was issued in them before we counted; without any, `shipped`.",
        attribute="cumulative_issued",
        directives=[_OF_DELIVERIES],
    )
    cumulative_received: Decimal = column(
        "received",
        "What the customer said last that it has received, in the newest periods of its"
        " `accounts`.",
    )
    cumulative_released: Decimal = column(
        "released", "Up to where the customer's schedules ask, in the newest periods of `accounts`."
    )


@node(
    ShortfallRow,
    loaders.shortfall_by_id,
    Scope.CONTRACTS_READ,
    "What a line missed of its minimum at settlement.",
)
class Shortfall(Node):
    """A shortfall (EDIFACT 4295 WV)."""

    contract_line: ContractLine = related(loaders.line_by_id, "The line.", key="contract_line_id")
    owed: Decimal = strawberry.field(
        description="The least that had to be called off: the minimum less its tolerance, in whole"
        " steps of the unit."
    )
    called_off: Decimal = strawberry.field(description="What was called off.")
    quantity: Decimal = strawberry.field(description="`owed` less `calledOff`.")
    invoiced: values.Money | None = values.money(
        "amount",
        "What is invoiced for it: `quantity` at the line's price, rounded half up to the currency's"
        " minor unit; null but under `endOfLife: INVOICE_SHORTFALL`.",
    )
    settled_at: datetime = strawberry.field(description="When it was found.")


@node(
    ContractRow,
    loaders.by_id,
    Scope.CONTRACTS_READ,
    "A framework contract that is called off in parts.",
)
class Contract(Node):
    """A contract."""

    number: str = strawberry.field(description="The merchant's own number.")
    party: Party = related(party_loaders.by_id, "With whom.", key="party_id")
    purchase_order_number: str | None = strawberry.field(
        description="The customer's number of this contract."
    )
    ship_tos: list[Address] = related(
        loaders.ship_tos, "Addresses that may be delivered to; the first is the default."
    )
    valid_from: date = strawberry.field(description="First day of validity, inclusive.")
    valid_to: date = strawberry.field(description="Last day of validity, inclusive.")
    time_zone: str = strawberry.field(description="IANA time zone of the days of validity.")
    currency: Currency = strawberry.field(description="Currency of all prices.")
    terms: str | None = strawberry.field(description="What else was agreed.")
    reservation_strategy: ReservationStrategy = strawberry.field(
        description="When goods are set aside. Recorded; nothing acts on it yet."
    )
    priority_on: date = strawberry.field(
        description="Day by which it queues for goods. Recorded; nothing acts on it yet."
    )
    end_of_life: EndOfLife = strawberry.field(
        description="What happens to what was not called off when it ends."
    )
    min_notice_days: int = strawberry.field(
        description="Days between a call-off and its first delivery."
    )
    firm_zone_days: int = strawberry.field(
        description="Days ahead in which firm quantities only rise."
    )
    trade_off_days: int = strawberry.field(
        description="Days ahead in which material is bought already. Recorded; nothing acts on it"
        " yet."
    )
    holding_findings: list[FindingCode] = strawberry.field(
        description="What of its releases waits for consent where it is found; all else informs."
    )
    jump_percent: Decimal | None = strawberry.field(
        description="Percent by which what is wanted may change unnoticed; null for any."
    )
    location: Location | None = related(
        location_loaders.by_id,
        "From where its goods leave as a rule; null for anywhere.",
        key="location_id",
    )
    carrier: Party | None = related(
        party_loaders.by_id,
        "With whom its goods go as a rule; null where that is not known.",
        key="carrier_id",
    )
    service: str | None = strawberry.field(
        description="With which of the carrier's services, as parcels name it."
    )
    state: ContractState = related(
        loaders.standing,
        "Where it stands, its lines and its days considered.",
        attribute="state",
        directives=[_OF_LINES],
    )
    state_reason: str | None = strawberry.field(
        description="Why people suspended or terminated it; null once it goes on."
    )
    is_exhausted: bool = related(
        loaders.standing,
        "Whether the agreed quantity of every line is called off.",
        attribute="is_exhausted",
        directives=[_OF_LINES],
    )
    is_expired: bool = related(
        loaders.standing,
        "Whether its last day is over in its time zone.",
        attribute="is_expired",
    )
    created_at: datetime = strawberry.field(description="When it was created.")
    activated_at: datetime | None = strawberry.field(description="When it came into force.")
    terminated_at: datetime | None = strawberry.field(description="When it was terminated.")
    settled_at: datetime | None = strawberry.field(description="When it was settled.")
    successor: "Contract | None" = related(
        loaders.by_id,
        "The contract to which what remained of it went over.",
        key="successor_id",
    )
    version: int = strawberry.field(description="Rises with every change; for `expectedVersion`.")
    lines: list[ContractLine] = related(loaders.lines_of, "What is agreed, by line number.")
    shortfalls: list[Shortfall] = related(
        loaders.shortfalls_of, "What its settlement found missing."
    )
    call_offs: Annotated["OrderConnection", strawberry.lazy("schema.trade.orders.lists")] = (
        connection(
            call_off_loaders.of_contract,
            "Orders that draw it down.",
            filters=OrderFilter,
            sorts=OrderSort,
        )
    )
    releases: Connection[Annotated["Release", strawberry.lazy("schema.trade.releases.types")]] = (
        connection(
            release_loaders.of_contract,
            "Schedules for all of its lines, the active ones first.",
            filters=release_loaders.ReleaseFilter,
            sorts=release_loaders.ReleaseSort,
        )
    )
    available_actions: list[ContractAction] = related(
        loaders.offered, "What the viewer may do now with it.", attribute="actions"
    )
    events: Events = events()
    timeline: Timeline = timeline()
