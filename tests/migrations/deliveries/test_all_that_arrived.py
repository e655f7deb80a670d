"""What had arrived beside its replacement is delivered from 0056 on, and issued from 0067 on."""

import asyncio

import pytest
from alembic import command

import migrations
from kit.ids import to_global
from tests.kit.programs import ask as ask_once
from tests.make import Ask, World
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.tracking import sent

DELIVERED = """
SELECT delivered FROM order_lines WHERE delivered > 0
UNION ALL SELECT delivered FROM contract_lines WHERE delivered > 0
"""
ISSUED = "SELECT shipped, delivered FROM contract_lines WHERE called_off > 0"
JOURNALLED = """
SELECT type, (SELECT sum(amount.value::numeric) FROM jsonb_each(payload -> 'moved') of_line,
    jsonb_each_text(of_line.value) amount) FROM journal
WHERE actor_name LIKE 'migration %' ORDER BY position
"""
POSITIONS = "SELECT max(position) - count(*) FROM journal"


@pytest.mark.prepared("inputs")
async def test_what_had_arrived_beside_its_replacement_is_delivered(world: World, ask: Ask) -> None:
    feed = Feed(ask, world)
    shipment = await sent(world, is_call_off=True)
    (sscc,) = shipment.ssccs
    await feed.results(feed.event("LOST", sscc=sscc))
    await deliveries.done(
        ask,
        "deliveryReship",
        deliveryId=to_global("Delivery", shipment.delivery_id),
        window=deliveries.WINDOW,
        recipient=deliveries.RECIPIENT,
    )
    await feed.results(feed.event("DELIVERED", 1, sscc=sscc, isCorrection=True))
    own = str(world.database.owner.url)
    read = f"{own}?app.merchant={world.merchant_id}"
    for step, revision, counts in (
        (command.downgrade, "0055", []),
        (command.upgrade, "0056", [(5,), (5,)]),
    ):
        assert await asyncio.to_thread(ask_once, read, JOURNALLED) == []
        await asyncio.to_thread(step, migrations.configured(own), revision)
        assert await asyncio.to_thread(ask_once, read, DELIVERED) == counts
    entries = [("contract.progressed", 5), ("order.delivered", 5)]
    assert await asyncio.to_thread(ask_once, read, JOURNALLED) == entries
    assert await asyncio.to_thread(ask_once, read, ISSUED) == [(0, 5)]
    await asyncio.to_thread(command.upgrade, migrations.configured(own), "0067")
    assert await asyncio.to_thread(ask_once, read, ISSUED) == [(5, 5)]
    entries.append(("contract.progressed", 5))
    assert await asyncio.to_thread(ask_once, read, JOURNALLED) == entries
    assert await asyncio.to_thread(ask_once, read, POSITIONS) == [(0,)]
