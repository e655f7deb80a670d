"""What was found while its contract had no room counts on it as soon as that has."""

import pytest

from kit.ids import from_global
from models.trade.orders.lines import OrderLine
from tests.make import do
from tests.make.feed import row
from tests.make.fulfilment import deliveries
from tests.make.running import do_due
from tests.make.trade import contracts, orders
from workers.fulfilment.deliveries import CALL_OFF_FOUND


@pytest.mark.gate("D21", "orderCancelLines", "orderClose", "contractAmend")
@pytest.mark.parametrize("how", ["cancelled", "closed", "amended"])
async def test_what_was_found_counts_once_its_contract_has_room(world, ask, clock, database, how):
    (bolt,) = await orders.products(ask, "BOLT")
    terms = contracts.line(bolt, targetQuantity="10", minQuantity="10")
    made = await contracts.contract(world, ask, lines=[terms])
    first = await contracts.call_off(world, ask, made, "10")
    sent = await deliveries.dispatched(world, ask, first)
    await deliveries.received(ask, sent, "6")
    cancelled = [{"lineId": first["lines"][0]["id"], "quantity": "4"}]
    await do(ask, "orderCancelLines", orderId=first["id"], lines=cancelled)
    other = await contracts.call_off(world, ask, made, "4")
    await deliveries.received(ask, sent, "10")
    if how == "amended":
        more = {"contractLineId": made["lines"][0]["id"], "targetQuantity": "14"}
        await do(ask, "contractAmend", contractId=made["id"], lines=[more])
    elif how == "closed":
        await do(ask, "orderClose", orderId=other["id"])
    else:
        every = [{"lineId": other["lines"][0]["id"], "quantity": "4"}]
        await do(ask, "orderCancelLines", orderId=other["id"], lines=every)
    seen = []
    for received in (None, "6", "10"):
        if received:
            await deliveries.received(ask, sent, received)
        await do_due(database, clock, CALL_OFF_FOUND)
        line = await row(world, OrderLine, from_global(first["lines"][0]["id"])[1])
        seen.append((int(line.cancelled), int(line.shipped), int(line.delivered)))
    assert seen == [(0, 10, 10), (4, 6, 6), (0, 10, 10)]
