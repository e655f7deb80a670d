"""Call-offs for clients: orders of kind CALL_OFF that draw on a contract."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from commands.fulfilment.call_offs import place
from commands.fulfilment.call_offs.schedules import plan
from execution.fields import each_related, related
from loaders.fulfilment import call_offs as loaders
from loaders.fulfilment import deliveries as delivery_loaders
from loaders.trade import contracts as contract_loaders
from loaders.trade.releases import lists as release_loaders
from models.access.viewers import Scope
from models.fulfilment.call_offs import PlanStatus
from schema.fulfilment.deliveries.types import Delivery
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.roots import one_by
from schema.graphql.scopes import Requires
from schema.trade.contracts.types import Contract, ContractLine
from schema.trade.orders.types import Order
from schema.trade.releases.accounts import CumulativeAccount
from schema.trade.releases.types import ScheduleLine

described(
    PlanStatus,
    "PlanStatus",
    "What becomes of one item of a plan.",
    CREATED="It is planned anew.",
    RAISED="More of it is planned than before.",
    LOWERED="Less of it is planned than before.",
    CANCELLED="It is planned no longer.",
    UNCHANGED="It is planned as it was.",
    REFUSED="No more of it is called off: that would break a rule of the contract.",
    KEPT="It is released, held or called off otherwise and stays as it is: later than it is wanted,"
    " beyond what is wanted, or in no delivery; the reason says which.",
)


@strawberry.type(description="Outcome of `contractCallOff`.")
class ContractCallOffPayload(Payload):
    """The new call-off and what is left of its contract."""

    call_off: Order | None = related(
        loaders.by_id, "The order of kind CALL_OFF; null when refused.", key="order_id"
    )
    deliveries: list[Delivery] | None = each_related(
        delivery_loaders.by_id,
        "Its planned deliveries, in the order of the input; null when refused.",
        key="delivery_ids",
    )
    contract: Contract | None = related(
        contract_loaders.by_id, "The contract; null when refused.", key="contract_id"
    )


@strawberry.type(
    description="What becomes of one contract line at one place in one window.",
    directives=[Requires(scope=Scope.CONTRACTS_READ)],
)
class SchedulePlanItem:
    """An item of a plan; quantities in the product's unit."""

    status: PlanStatus = strawberry.field(description="What becomes of it.")
    reason: str = strawberry.field(description="Why, for people.")
    code: str | None = strawberry.field(
        description="The code of the rule that REFUSED it, as in `userErrors`; else null."
    )
    before: Decimal = strawberry.field(description="What was planned of it and not released.")
    quantity: Decimal = strawberry.field(description="What is planned of it and not released then.")
    earliest: datetime | None = strawberry.field(
        description="Start of the window in which it arrives; of what is KEPT only where that is"
        " later than wanted, else null."
    )
    latest: datetime | None = strawberry.field(description="End of that window.")
    leaves_on: date | None = strawberry.field(
        description="The day on which it is to leave; null where nothing is missing then, and of"
        " what is KEPT."
    )
    contract_line: ContractLine | None = related(
        contract_loaders.line_by_id, "The contract line.", key="contract_line_id"
    )
    account: CumulativeAccount | None = related(
        release_loaders.account_by_id, "The place for which it is.", key="account_id"
    )
    schedule_line: ScheduleLine | None = related(
        release_loaders.schedule_line_by_id,
        "The first schedule line that wants it; null where none does.",
        key="schedule_line_id",
    )


@strawberry.type(description="Outcome of `deliveryPlanFromSchedule`.")
class DeliveryPlanFromSchedulePayload(Payload):
    """What becomes of each item, and what was made for it."""

    items: list[SchedulePlanItem] | None = strawberry.field(
        description="The items; null when the whole call was refused."
    )
    call_offs: list[Order] | None = each_related(
        loaders.by_id, "The new call-offs.", key="order_ids"
    )
    deliveries: list[Delivery] | None = each_related(
        delivery_loaders.by_id, "The new deliveries.", key="delivery_ids"
    )
    contract: Contract | None = related(
        contract_loaders.by_id, "The contract; null when refused.", key="contract_id"
    )


@strawberry.type
class CallOffsQuery:
    """Root fields that read call-offs."""

    call_off: Order | None = one_by(
        "One order of kind CALL_OFF, by id or number; null for another kind.",
        Order=loaders.by_id,
        number=loaders.by_number,
    )


@strawberry.type
class CallOffsMutation:
    """Mutations that make call-offs."""

    contract_call_off: ContractCallOffPayload = mutation(place.place)
    delivery_plan_from_schedule: DeliveryPlanFromSchedulePayload = mutation(plan.plan_from_schedule)
