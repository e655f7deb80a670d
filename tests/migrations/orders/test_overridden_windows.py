"""From 0108 on windows know whether they have the reason of their order; those of before had it."""

import asyncio

import pytest
from alembic import command

import migrations
from tests.kit.programs import ask as ask_once
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.trade import orders, responses

OF_ORDERS = "SELECT confirmed_overridden FROM orders WHERE number IN {0} ORDER BY number"
OF_LINES = """
SELECT line.confirmed_overridden, line.offered_overridden
FROM order_lines line JOIN orders ON orders.id = line.order_id
WHERE number IN {0} ORDER BY number, line_no
"""


@pytest.mark.prepared("inputs")
async def test_windows_that_are_there_have_the_reason_of_their_order(
    world: World, ask: Ask
) -> None:
    later = deliveries.WINDOW | {"latest": "2026-03-09T11:00:00+00:00"}
    numbers = []
    for fields in ({"windowOverride": "The gate is staffed."}, {}):
        order = await orders.order(world, ask)
        lines = [
            responses.line(order, 0, "AMENDED", window=later),
            responses.line(order, 1, "ACCEPTED", window=later),
        ]
        call = {"lines": lines, "answerBy": responses.UNTIL, "window": deliveries.WINDOW}
        await responses.done(ask, responses.CONFIRM, order, **call, **fields)
        numbers.append(order["number"])
    of_orders, of_lines = (it.format(tuple(numbers)) for it in (OF_ORDERS, OF_LINES))
    own = str(world.database.owner.url)
    read = f"{own}?app.merchant={world.merchant_id}"
    reasoned = [(False, True), (True, False), *[(False, False)] * 2]
    for step, revision in ((None, ""), (command.downgrade, "0107"), (command.upgrade, "0108")):
        if step is not None:
            await asyncio.to_thread(step, migrations.configured(own), revision)
        if step is not command.downgrade:
            assert await asyncio.to_thread(ask_once, read, of_orders) == [(True,), (False,)]
            assert await asyncio.to_thread(ask_once, read, of_lines) == reasoned
