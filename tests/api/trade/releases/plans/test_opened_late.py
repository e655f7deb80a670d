"""Opening balances that are written once releases are there: what hangs on them is counted anew."""

from typing import Any

from tests.api.trade.releases.test_accounts import _open
from tests.api.trade.releases.test_net_quantities import _demand, _left
from tests.guard import counted
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.trade import contracts
from tests.make.trade.contracts import line, schedule
from tests.make.trade.orders import products

RELEASES = """
query ($id: ID!) { contract(id: $id) { lines { cumulativeReleased cumulativeReceived
  releases(first: 9) { nodes { number state findings { code text isHolding } } }
} } }
"""
PERIODS = """
query ($id: ID!) { contract(id: $id) { lines { accounts { periods { opening } } } } }
"""
OPENING = {"issued": "3000", "received": "2900"}
WANTED = [schedule(f"2026-03-1{at}", it) for at, it in enumerate(("25", "60", "200"))]
OPEN = [(None, it, it) for it in ("25", "60", "200")]
NET = {"isNetOfTransit": True, "cumulativeReceived": "2900"}


async def _contract(ask: Any, world: Any, **fields: Any) -> dict[str, Any]:
    (bolt,) = await products(ask, "BOLT")
    return await contracts.contract(world, ask, lines=[line(bolt)], **fields)


async def _tell(ask: Any, made: dict[str, Any], number: int, **fields: Any) -> Any:
    return await contracts.try_release(ask, made["lines"][0]["id"], number, *WANTED, **NET | fields)


async def _opened(ask: Any, made: dict[str, Any], **fields: str) -> str:
    of = {"contractLineId": made["lines"][0]["id"], **OPENING, **fields}
    ((result),) = await _open(ask, of)
    return str(result["status"])


async def _line(ask: Any, made: dict[str, Any]) -> dict[str, Any]:
    (found,) = await _lines(ask, made)
    return found


async def _lines(ask: Any, made: dict[str, Any]) -> list[dict[str, Any]]:
    return (await ask(RELEASES, id=made["id"]))["contract"]["lines"]


async def _found(ask: Any, made: dict[str, Any]) -> list[tuple[str, list[str]]]:
    releases = (await _line(ask, made))["releases"]["nodes"]
    return [(it["state"], [of["code"] for of in it["findings"]]) for it in releases]


async def test_what_was_on_its_way_by_a_late_opening_is_wanted_beside_net_quantities(ask, world):
    made = await _contract(ask, world)
    payload = await _tell(ask, made, 1)
    assert contracts.found(payload) == ("ACTIVE", ["RECEIVED_ABOVE_ISSUED", "EXCEEDS_MAX"])
    assert await _opened(ask, made) == "UPDATED"
    assert await _demand(ask) == [("IN_TRANSIT", "100", "0"), *OPEN]
    its = await _line(ask, made)
    assert (its["cumulativeReleased"], its["releases"]["nodes"][0]["findings"]) == ("3285", [])
    # It is corrected as often as somebody does, and what leaves later is for the quantities.
    await _left(ask, world, made, "30")
    opens = [(None, "25", "0"), (None, "60", "55"), OPEN[2]]
    for issued, on_its_way in (("3040", "140"), ("2950", "50"), ("2900", "0"), ("3000", "100")):
        assert await _opened(ask, made, issued=issued) == "UPDATED"
        assert await _demand(ask) == [("IN_TRANSIT", on_its_way, "0"), *opens]
    assert await _opened(ask, made) == "UNCHANGED"
    # The next release, as after an opening that came in time, says the same.
    await _tell(ask, made, 2)
    assert await _demand(ask) == [("IN_TRANSIT", "130", "0"), *OPEN]


async def test_what_waited_for_a_figure_that_is_right_now_comes_into_force(ask, world):
    made = await _contract(ask, world, holdingFindings=["RECEIVED_ABOVE_ISSUED", "EXCEEDS_MAX"])
    await _tell(ask, made, 1)
    waiting = [("RECEIVED", ["RECEIVED_ABOVE_ISSUED", "EXCEEDS_MAX"])]
    assert (await _found(ask, made), await _demand(ask)) == (waiting, [])
    # Too little was said: the finding tells so, and goes on waiting.
    await _opened(ask, made, issued="2800", received="2800")
    waiting = [("RECEIVED", ["RECEIVED_ABOVE_ISSUED"])]
    assert await _found(ask, made) == waiting
    (release,) = (await _line(ask, made))["releases"]["nodes"]
    texts = [it["text"] for it in release["findings"]]
    assert texts == ["2800 was issued in this period; 2900 is reported."]
    await _opened(ask, made)
    assert await _found(ask, made) == [("ACTIVE", [])]
    assert await _demand(ask) == [("IN_TRANSIT", "100", "0"), *OPEN]
    its = await _line(ask, made)
    assert (its["cumulativeReleased"], its["cumulativeReceived"]) == ("3285", "2900")
    # An opening that was wrong leaves what is in force so, and is found of it.
    await _opened(ask, made, issued="1000", received="900")
    assert await _found(ask, made) == [("ACTIVE", ["RECEIVED_ABOVE_ISSUED", "EXCEEDS_MAX"])]
    holding = [
        it["isHolding"] for it in (await _line(ask, made))["releases"]["nodes"][0]["findings"]
    ]
    assert holding == [False, False]


async def test_what_waits_for_something_else_goes_on_waiting(ask, world):
    held = ["RECEIVED_ABOVE_ISSUED", "GO_AHEAD_FELL"]
    made = await _contract(ask, world, holdingFindings=held)
    key, before = made["lines"][0]["id"], schedule("2026-03-05", "50", "FIRM")
    await contracts.release(ask, key, 1, before, productionGoAhead="500")
    await _tell(ask, made, 2, productionGoAhead="400")
    waits = ["RECEIVED_ABOVE_ISSUED", "GO_AHEAD_FELL", "EXCEEDS_MAX"]
    assert ("RECEIVED", waits) in [(state, found) for state, found in await _found(ask, made)]
    await _opened(ask, made)
    assert ("RECEIVED", ["GO_AHEAD_FELL"]) in await _found(ask, made)
    assert await _demand(ask) == [(None, "50", "0")]


async def test_what_is_to_begin_a_new_period_is_judged_by_the_one_that_runs(ask, world):
    (bolt,) = await products(ask, "BOLT")
    lines = [line(bolt, targetQuantity="9000")]
    made = await contracts.contract(world, ask, lines=lines, firmZoneDays=14)
    key = made["lines"][0]["id"]
    days = [schedule(f"2026-03-0{day}", it, "FIRM") for day, it in ((5, "50"), (7, "60"))]
    await contracts.release(ask, key, 1, *days, cumulativeReceived="2900")
    fields = {"cumulativeReceived": "0", "countedFrom": "2026-03-02"}
    payload = await contracts.try_release(ask, key, 2, days[1], **fields)
    assert contracts.found(payload) == ("RECEIVED", ["NEW_PERIOD", "FIRM_ZONE", "FIRM_ZONE"])
    await _opened(ask, made)
    assert await _found(ask, made) == [("ACTIVE", ["NEW_PERIOD"]), ("SUPERSEDED", [])]
    assert await _demand(ask) == [(None, "60", "60")]
    ended = (await ask(PERIODS, id=made["id"]))["contract"]["lines"][0]["accounts"]
    assert [it["opening"] for it in ended[0]["periods"]] == ["3000", "0"]


async def test_what_waits_while_its_contract_is_suspended_comes_into_force_when_that_goes_on(
    ask, world
):
    made = await _contract(ask, world, holdingFindings=["RECEIVED_ABOVE_ISSUED"])
    await _tell(ask, made, 1)
    await contracts.change(ask, "contractSuspend", contractId=made["id"])
    await _opened(ask, made)
    assert await _found(ask, made) == [("RECEIVED", ["RECEIVED_ABOVE_ISSUED"])]
    await contracts.change(ask, "contractResume", contractId=made["id"])
    assert await _found(ask, made) == [("ACTIVE", [])]
    assert await _demand(ask) == [("IN_TRANSIT", "100", "0"), *OPEN]


async def test_what_is_lost_of_what_was_on_its_way_is_owed_whatever_the_opening(ask, world):
    made = await _contract(ask, world)
    order = await contracts.call_off(world, ask, made, "40")
    sent = await deliveries.dispatched(world, ask, order, parcel={"generateSscc": True})
    await _opened(ask, made, issued="100", received="100")
    await _tell(ask, made, 1, cumulativeReceived="100")
    feed, (parcel,) = Feed(ask, world), sent["parcels"]
    world.clock.advance(hours=1)
    await feed.results(feed.event("LOST", sscc=parcel["sscc"]))
    assert await _demand(ask) == [("IN_TRANSIT", "40", "40"), *OPEN]
    await _opened(ask, made, issued="150", received="100")
    assert await _demand(ask) == [("IN_TRANSIT", "90", "40"), *OPEN]


async def test_an_earlier_day_of_a_period_brings_what_had_left_since(ask, world):
    made = await _contract(ask, world)
    await _left(ask, world, made, "40")
    world.clock.advance(hours=48)
    today = world.clock().date().isoformat()
    await _opened(ask, made, issued="0", received="0", startsOn=today)
    await _left(ask, world, made, "20")
    await _tell(ask, made, 1, cumulativeReceived="0")
    assert await _demand(ask) == [("IN_TRANSIT", "20", "0"), *OPEN]
    await _opened(ask, made, issued="10", received="0", startsOn="2026-02-01")
    assert await _demand(ask) == [("IN_TRANSIT", "70", "0"), *OPEN]


async def test_what_the_customer_had_beyond_what_was_issued_is_in_a_late_opening(ask, world):
    made = await _contract(ask, world)
    for number in (1, 2):
        (note,) = await _left(ask, world, made, "10")
        figure = {"cumulativeReceived": str(100 + 10 * number), "isNetOfTransit": False}
        await _tell(ask, made, number, lastReceipts=[{"deliveryNote": note}], **figure)
    assert await _demand(ask) == OPEN
    await _opened(ask, made, issued="100", received="100")
    assert await _demand(ask) == OPEN


async def test_statements_do_not_grow_with_openings(ask, world, database):
    sent = []
    for many in (1, 5):
        skus = [f"P-{many}-{at}" for at in range(many)]
        lines = [line(*await products(ask, it)) for it in skus]
        made = await contracts.contract(world, ask, lines=lines, firmZoneDays=14)
        keys = [it["id"] for it in made["lines"]]
        firm = schedule("2026-03-05", "50", "FIRM")
        for key in keys:
            await contracts.release(ask, key, 1, firm, **NET)
            waits = await contracts.release(ask, key, 2, *WANTED, **NET)
            assert waits["state"] == "RECEIVED"
        openings = [{"contractLineId": it, **OPENING} for it in keys]
        with counted(database.engine) as statements:
            await _open(ask, *openings)
        sent.append(len(statements))
        states = [it["releases"]["nodes"][0]["state"] for it in await _lines(ask, made)]
        assert states == ["ACTIVE"] * many
    assert sent[0] == sent[1]
