"""What was RESHIPPED for ever is from 0109 on as the verbs leave what is replaced no more."""

import asyncio
from typing import Any

import pytest
from alembic import command

import migrations
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery
from tests.api.fulfilment.losses.test_replaced_no_more import _cancelled, _packed_short, _reshipped
from tests.kit.programs import ask as ask_once
from tests.make import Ask, World
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.sweeps.offers import write
from tests.make.trade import orders

READ = """
query ($id: ID!) { delivery(id: $id) { state deliveredAt
  timeline(last: 1) { nodes { type occurredAt payload } } } }
"""
POSITIONS = "SELECT max(position) - count(*) FROM journal"


async def _known(ask: Ask, delivery: dict[str, Any]) -> tuple[Any, ...]:
    found = (await ask(READ, id=delivery["id"]))["delivery"]
    (last,) = found["timeline"]["nodes"]
    when = last["occurredAt"] if found["deliveredAt"] else None
    return found["state"], found["deliveredAt"], last["type"], last["payload"], when


async def _old(world: World, ask: Ask, status: str, arrives: str | None) -> dict[str, Any]:
    """Return a delivery that was sent again. arrives: how it is told that it has come after all."""
    feed = Feed(ask, world)
    old = await deliveries.dispatched(world, ask, await orders.ten(world, ask))
    parcel = old["parcels"][0]["sscc"]
    if status == "FAILED":
        await deliveries.received(ask, old, "0")
    else:
        await feed.results(feed.event(status, sscc=parcel))
    again = await _reshipped(ask, old)
    if arrives == "report":
        await feed.results(feed.event("DELIVERED", 1, sscc=parcel, isCorrection=True))
    if arrives == "receipt":
        await deliveries.received(ask, old, "10")
    return old | {"again": again}


@pytest.mark.prepared("inputs")
async def test_each_is_as_the_verbs_leave_it(world: World, ask: Ask) -> None:
    cases = [("LOST", None), ("RETURNED_TO_SENDER", None), ("FAILED", None)]
    cases += [("LOST", "report"), ("LOST", "receipt")]
    stuck = [await _old(world, ask, *case) for case in cases]
    short = await _old(world, ask, "LOST", None)
    whole = await _old(world, ask, "LOST", None)
    for each in stuck:
        await _cancelled(ask, each["again"])
    await _packed_short(ask, short["again"])
    stuck.append(short)
    expected = [await _known(ask, each) for each in stuck]
    assert len({state for state, *_ in expected}) == len({status for status, _ in cases}) + 1
    for each in stuck:
        gone = {"state": DeliveryState.RESHIPPED, "delivered_at": None}
        await write(world, Delivery, "id", each["id"], **gone)
    own = str(world.database.owner.url)
    for step, revision in ((command.downgrade, "0108"), (command.upgrade, "0109")):
        await asyncio.to_thread(step, migrations.configured(own), revision)
    assert [await _known(ask, each) for each in stuck] == expected
    assert (await _known(ask, whole))[0] == "RESHIPPED"
    read = f"{own}?app.merchant={world.merchant_id}"
    assert await asyncio.to_thread(ask_once, read, POSITIONS) == [(0,)]
