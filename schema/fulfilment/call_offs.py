"""Call-offs for clients: orders of kind CALL_OFF that draw on a contract."""

import strawberry

from commands.fulfilment.call_offs import place
from execution import each_related, related
from loaders.fulfilment import call_offs as loaders
from loaders.fulfilment import deliveries as delivery_loaders
from loaders.trade import contracts as contract_loaders
from schema.fulfilment.deliveries import Delivery
from schema.graphql.mutations import Payload, mutation
from schema.graphql.roots import one_by
from schema.trade.contracts import Contract
from schema.trade.orders import Order


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
