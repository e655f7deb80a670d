"""What contracts guarantee of their supply, for clients."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from loaders.trade import contracts as loaders
from models.access.viewers import Scope
from models.trade.contracts.guarantees import Guarantee as GuaranteeRow
from schema.graphql import values
from schema.graphql.nodes import Node, node
from schema.graphql.scopes import Requires
from schema.master.packagings import Packaged, packaged
from schema.trade.contracts.enums import SupplyExcuse, SupplyPeriod


@node(
    GuaranteeRow,
    loaders.guarantee_by_id,
    Scope.CONTRACTS_READ,
    "What is guaranteed of a contract line's supply; an amendment makes another one.",
)
class Guarantee(Node):
    """Terms."""

    lead_time_days: int = strawberry.field(
        description="Days after its call-off within which something is supplied, though not before"
        " the day for which it is wanted."
    )
    quantity: Decimal | None = strawberry.field(
        description="How much is guaranteed of what is wanted in one `period`; null for all of it."
    )
    packaged: Packaged | None = packaged("How much is guaranteed,")
    period: SupplyPeriod | None = strawberry.field(description="The period of `quantity`.")
    grace_days: int = strawberry.field(description="Further days for which nothing is due.")
    penalty_percent_per_day: Decimal | None = strawberry.field(
        description="Percent of the late goods' net for each day after these."
    )
    penalty_per_day: values.Money | None = values.money(
        "penalty_per_day",
        "Amount for each of these days on which something of a delivery's line is late.",
    )
    penalty_per_unit: values.Money | None = values.money(
        "penalty_per_unit", "Amount for each unit that comes later."
    )
    penalty_cap_percent: Decimal | None = strawberry.field(
        description="The most that is due, in percent of the late goods' net; null for no cap."
    )
    time_zone: str = strawberry.field(
        description="IANA time zone whose days count: the contract's when it was agreed."
    )
    excuses: list[SupplyExcuse] = strawberry.field(description="Reasons for which nothing is due.")
    agreed_at: datetime = strawberry.field(description="When it was agreed.")


@strawberry.type(
    description="How what a delivery brings of a call-off, or what is in none yet, stands to its"
    " guarantee.",
    directives=[Requires(scope=Scope.CONTRACTS_READ)],
)
class Supplied:
    """A record of loaders.fulfilment.call_offs.supplied."""

    quantity: Decimal = strawberry.field(
        description="How much of it is guaranteed, in the product's unit; 0 where other call-offs"
        " of its period have used that up."
    )
    due_on: date = strawberry.field(
        description="The last day on which that was to come, at the guarantee's time zone."
    )
    late_quantity: Decimal = strawberry.field(
        description="How much of what is guaranteed came after the last day of grace, or has not"
        " come by now. Parcels and receipts tell when each piece came; what came first is"
        " guaranteed first."
    )
    days_late: int = strawberry.field(
        description="Days after the last day of grace until the last of it came: until today for"
        " what is on its way, and for what was lost, refused or not received, until its order is"
        " closed; what is shipped anew counts with its new delivery."
    )
    is_excused: bool = strawberry.field(
        description="Whether the delivery states a reason for which nothing is due."
    )
    penalty_due: values.Money = values.money(
        "penalty",
        "What is due for it: of each late unit for each of its days a percentage of its net, and an"
        " amount; and an amount for each late day; no more than the cap on the net of the late"
        " units, rounded half up to the currency's minor unit.",
    )
