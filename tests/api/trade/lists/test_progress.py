"""How a contract line came to where it stands, step by step."""

import pytest

from kit.ids import from_global
from models.access.viewers import Actor
from tests.guard import counted
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.trade import contracts

PROGRESS = """
query ($id: ID!, $interval: ProgressInterval!) {
  contract(id: $id) { lines { calledOff released shipped delivered
    progress(interval: $interval) { steps { day calledOff released shipped delivered } } } }
}
"""
COUNTERS = ("calledOff", "released", "shipped", "delivered")
DAY = 24 * 3600


async def _lines(ask, contract, interval="DAY"):
    found = await ask(PROGRESS, id=contract["id"], interval=interval)
    return found["contract"]["lines"]


async def _drawn(world, ask, clock):
    """Call off on Monday the 2nd, send that on the 4th, take it in on the 9th; call off again."""
    contract = await contracts.contract(world, ask)
    order = await contracts.call_off(world, ask, contract, "100")
    clock.advance(seconds=2 * DAY)
    sent = await deliveries.dispatched(world, ask, order)
    clock.advance(seconds=5 * DAY)
    await deliveries.received(ask, sent, "100")
    await contracts.call_off(world, ask, contract, "50", window=contracts.window("2026-03-20"))
    return contract


@pytest.mark.parametrize(
    ("interval", "steps"),
    [
        (
            "DAY",
            [
                ("2026-03-02", "100", "0", "0"),
                ("2026-03-04", "100", "100", "0"),
                ("2026-03-09", "150", "100", "100"),
            ],
        ),
        ("WEEK", [("2026-03-02", "100", "100", "0"), ("2026-03-09", "150", "100", "100")]),
        ("MONTH", [("2026-03-01", "150", "100", "100")]),
    ],
)
async def test_each_step_has_what_there_was_at_its_end(world, ask, clock, interval, steps):
    contract = await _drawn(world, ask, clock)
    (line,) = await _lines(ask, contract, interval)
    found = line["progress"]["steps"]
    assert [(it["day"], it["calledOff"], it["shipped"], it["delivered"]) for it in found] == steps
    assert {it: found[-1][it] for it in COUNTERS} == {it: line[it] for it in COUNTERS}


async def test_a_day_is_the_contracts_own(world, ask, clock):
    contract = await contracts.contract(world, ask)
    late = clock().replace(hour=23, minute=30)
    clock.advance(seconds=(late - clock()).total_seconds())
    await contracts.call_off(world, ask, contract, "100")
    (line,) = await _lines(ask, contract)
    assert [it["day"] for it in line["progress"]["steps"]] == ["2026-03-03"]


async def test_what_is_released_is_told_too_and_nothing_of_what_never_moved(world, ask):
    contract = await contracts.contract(world, ask)
    (line,) = await _lines(ask, contract)
    assert line["progress"] == {"steps": []}
    (own,) = contract["lines"]
    await contracts.release(ask, own["id"], 1, contracts.schedule("2026-04-01", "70"))
    (line,) = await _lines(ask, contract)
    assert [it["released"] for it in line["progress"]["steps"]] == ["70"]


async def test_its_buyer_reads_the_same_in_one_statement_and_nobody_else_does(
    world, ask, clock, plans
):
    contract = await _drawn(world, ask, clock)
    _, party_id = from_global(contract["party"]["id"])
    buyer = ask.by(await world.key(Actor.BUYER, party_id))
    with counted(world.database.engine) as statements:
        lines = await _lines(buyer, contract)
    assert not plans or len(statements) == 1
    assert lines == await _lines(ask, contract)
    other = ask.by(await world.key(Actor.BUYER, await parties.company(world)))
    found = await other(PROGRESS, id=contract["id"], interval="DAY")
    assert found == {"contract": None}
