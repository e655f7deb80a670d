"""What was found while there was no room for it counts when room comes (D21).

In an order room comes where a line is tolerated to bring more. What was cancelled of what was lost
and arrives after all is wanted again as far as its contract has room. Whoever makes room later, be
it that a call-off is cancelled or ends, or that more is agreed, lets the contract be looked at
(`commands.trade.contracts.counters.room_came`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, exists, select

from commands.fulfilment.deliveries.arrivals.recounting import recount
from commands.fulfilment.deliveries.locking import Locked
from commands.trade.orders.lines import lines_of
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.fulfilment.deliveries.tables import DeliveryLine
from models.trade.contracts.tables import ContractLine
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order

_MERCHANT = bindparam("merchant", type_=Uuid())
_WAITING = Statement(
    select(OrderLine.order_id)
    .distinct()
    .join(ContractLine, ContractLine.id == OrderLine.contract_line_id)
    .where(
        OrderLine.merchant_id == _MERCHANT,
        OrderLine.waived > 0,
        ContractLine.merchant_id == _MERCHANT,
        ContractLine.contract_id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
        exists().where(
            DeliveryLine.merchant_id == _MERCHANT,
            DeliveryLine.order_line_id == OrderLine.id,
            DeliveryLine.owed_again > DeliveryLine.lost + DeliveryLine.refused,
        ),
    )
)
"""Orders of contracts of which something arrived after it was cancelled, and counts not yet."""


async def call_off_found(writing: Writing, due: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """Let what was found of contracts count, as far as they have room by now. due: contracts."""
    values = {"merchant": writing.viewer.merchant_id, "keys": list(due)}
    return await count_found(
        writing, [key for (key,) in await writing.session.rows(_WAITING, values)]
    )


async def count_found(writing: Writing, due: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """Let what was found count, as far as there is room by now. due: orders."""
    if due:
        orders = await writing.lock(Order, dict.fromkeys(due, ()))
        await recount(Locked(writing, {}, {}, orders, await lines_of(writing, orders)))
    return {}
