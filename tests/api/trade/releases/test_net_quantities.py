"""What is on its way: schedules that leave it out, and what is lost of it."""

import pytest

from tests.api.trade.releases import test_notes_and_periods as notes_and_periods
from tests.make.fulfilment import deliveries
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule

line = notes_and_periods.line
DEMAND = "{ demand(first: 9) { nodes { quantity openQuantity scheduleLine { code } } } }"


@pytest.fixture
async def agreed(ask, world):
    return await contracts.contract(world, ask)


async def _left(ask, world, agreed, *quantities):
    """Let goods leave, an hour between each; return the delivery notes."""
    notes = []
    for quantity in quantities:
        order = await contracts.call_off(world, ask, agreed, quantity)
        sent = await deliveries.dispatched(world, ask, order, parcel={"generateSscc": True})
        notes.append(sent["number"])
        world.clock.advance(hours=1)
    return notes


async def _send(ask, agreed, number, *lines, **fields):
    line = agreed["lines"][0]["id"]
    return await contracts.try_release(ask, line, number, *lines, isNetOfTransit=True, **fields)


async def _demand(ask):
    rows = (await ask(DEMAND))["demand"]["nodes"]
    return [(it["scheduleLine"]["code"], it["quantity"], it["openQuantity"]) for it in rows]


WANTED = schedule("2026-03-10", "100")


@pytest.mark.parametrize(
    ("received", "on_its_way"),
    [("100", None), ("60", "40"), ("0", "100"), ("130", None)],
)
async def test_what_is_on_its_way_is_wanted_beside_the_quantities(
    ask, world, agreed, received, on_its_way
):
    await _left(ask, world, agreed, "60", "40")
    await _send(ask, agreed, 1, WANTED, cumulativeReceived=received)
    of_ours = [] if on_its_way is None else [("IN_TRANSIT", on_its_way, "0")]
    assert await _demand(ask) == [*of_ours, (None, "100", "100")]
    # What leaves later is for what was asked.
    world.clock.advance(hours=1)
    await _left(ask, world, agreed, "30")
    assert await _demand(ask) == [*of_ours, (None, "100", "70")]


async def test_without_a_figure_the_last_note_tells_what_is_on_its_way(ask, world, agreed):
    first, _ = await _left(ask, world, agreed, "60", "40")
    note = {"deliveryNote": first, "quantity": "60"}
    await _send(ask, agreed, 1, WANTED, lastReceipts=[note])
    assert await _demand(ask) == [("IN_TRANSIT", "40", "0"), (None, "100", "100")]
    # The next one says that all has come, and that nothing more is on its way.
    await _send(ask, agreed, 2, schedule("2026-03-12", "70"), cumulativeReceived="100")
    assert await _demand(ask) == [(None, "70", "70")]


async def test_what_left_after_it_was_calculated_is_for_its_quantities(ask, world, agreed):
    as_of = world.clock().isoformat()
    world.clock.advance(hours=1)
    await _left(ask, world, agreed, "40")
    await _send(ask, agreed, 1, WANTED, cumulativeReceived="0", calculatedAt=as_of)
    assert await _demand(ask) == [(None, "100", "60")]


async def test_what_is_on_its_way_beyond_just_in_time_is_deducted_once(ask, world, agreed):
    jit = {"type": "JIT", "cumulativeReceived": "0", "horizonEnd": "2026-03-11T23:00:00Z"}
    line = agreed["lines"][0]["id"]
    await contracts.release(ask, line, 1, schedule("2026-03-10", "200"), **jit)
    await _left(ask, world, agreed, "300")
    # The customer knows of the 300, and wants 100 beside them.
    later = schedule("2026-03-16", "100")
    sent = await _send(ask, agreed, 2, later, cumulativeReceived="0")
    assert await _demand(ask) == [(None, "200", "0"), (None, "100", "100")]
    assert sent["contractLine"]["cumulativeReleased"] == "400"


async def test_lots_and_firm_quantities_are_compared_without_what_is_on_its_way(ask, world):
    (bolt,) = await contracts.products(ask, "BOLT")
    lines = [contracts.line(bolt, lotMultiple="50")]
    agreed = await contracts.contract(world, ask, lines=lines, firmZoneDays=30)
    firm = schedule("2026-03-10", "150", "FIRM")
    gross = await contracts.try_release(ask, agreed["lines"][0]["id"], 1, firm)
    assert contracts.found(gross) == ("ACTIVE", [])
    await _left(ask, world, agreed, "50")
    sent = await _send(ask, agreed, 2, schedule("2026-03-10", "50", "FIRM"))
    # 150 were firm; 50 on their way and 50 beside them are 50 less.
    assert contracts.found(sent) == ("RECEIVED", ["FIRM_ZONE"])
    (finding,) = sent["release"]["findings"]
    assert (finding["expected"], finding["found"]) == ("150", "100")


async def test_an_update_is_beside_what_is_on_its_way_as_well(ask, world, agreed):
    """What is on its way is of the lines before; what is told anew is wanted beside it."""
    first, second, third = (f"2026-03-{day}" for day in (10, 12, 14))
    lines = [schedule(first, "100"), schedule(second, "100"), schedule(third, "50")]
    await _send(ask, agreed, 1, *lines, cumulativeReceived="0")
    await _left(ask, world, agreed, "130")
    update = {"function": "UPDATE", "cumulativeReceived": "0"}
    await _send(ask, agreed, 2, schedule(third, "80"), **update)
    # 130 of 200 are on their way: 70 of the second day are left, and 80 of the third are new.
    shown = [("IN_TRANSIT", "130", "0"), (None, "70", "70"), (None, "80", "80")]
    assert await _demand(ask) == shown
    # The first day is told anew: it is wanted beside the 130, of which 30 have come by now.
    update["cumulativeReceived"] = "30"
    await _send(ask, agreed, 3, schedule(first, "10"), **update)
    shown = [("IN_TRANSIT", "100", "0"), (None, "10", "10"), *shown[1:]]
    assert await _demand(ask) == shown
    # One that says the same once more changes nothing.
    await _send(ask, agreed, 3, schedule(first, "10"), **update)
    assert await _demand(ask) == shown


async def test_what_is_lost_after_the_customer_has_told_that_it_came_leaves_once(line):
    await line.tell("60", cumulativeReceived="0")
    first = await line.send("60")
    await line.tell("100", cumulativeReceived="60")
    await line.report(first, "LOST")
    assert await line.opens() == ["100"]
    second = await line.send("30")
    for quantity, figure, comes in (("100", "60", second), ("70", "90", first)):
        await line.tell(quantity, cumulativeReceived=figure)
        assert await line.opens() == ["70"]
        await line.arrive(comes)
        assert await line.opens() == ["70"]


async def test_what_is_lost_twice_leaves_once(line):
    await line.tell("60", cumulativeReceived="0")
    first = await line.send("60")
    await line.tell("100", cumulativeReceived="60")
    await line.report(first, "LOST")
    second = await line.send("30")
    # It has both, and says so of the second one, too, before that is reported lost.
    await line.tell("70", cumulativeReceived="90")
    await line.report(second, "LOST")
    assert (await line.opens(), await line.period()) == (["70"], ("90", "0"))
    third = await line.send("20")
    assert (await line.opens(), await line.period()) == (["50"], ("90", "20"))
    await line.report(third, "LOST")
    assert (await line.opens(), await line.period()) == (["70"], ("90", "0"))
