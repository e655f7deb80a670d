"""The largest quantities that an input takes: done, or refused; never an internal fault."""

from tests.make import Ask, World
from tests.make.scene import scene
from tests.make.sweeps.rows import digests
from tests.make.trade import contracts
from tests.make.trade.contracts import codes, schedule, try_release

LARGEST = "999999999999"


async def test_a_release_of_any_size_is_taken_in_and_read(world: World, ask: Ask) -> None:
    here = await scene(world, ask)
    line = (await here.contract())["lines"][0]["id"]
    wanted = [schedule(f"2026-03-1{day}", LARGEST) for day in (0, 1)]
    payload = await try_release(ask, line, 1, *wanted, cumulativeReceived=LARGEST)
    assert "EXCEEDS_MAX" in contracts.found(payload)[1]
    found = (await ask(DEMAND, id=line))["node"]
    assert found["cumulativeReleased"] == "2999999999997"
    assert [it["openQuantity"] for it in found["demand"]["nodes"]] == [LARGEST, LARGEST]


DEMAND = """
query ($id: ID!) { node(id: $id) { ... on ContractLine {
  cumulativeReleased demand(first: 9) { nodes { openQuantity } } } } }
"""


async def test_call_offs_beyond_what_a_counter_holds_are_refused(world: World, ask: Ask) -> None:
    here = await scene(world, ask)
    terms = contracts.line(here.product, LARGEST, overTolerancePercent="100")
    contract = await here.contract(lines=[terms])
    first = await contracts.try_call_off(world, ask, contract, LARGEST)
    assert codes(first) == []
    before = await digests(world)
    second = await contracts.try_call_off(world, ask, contract, LARGEST)
    assert codes(second) == [("OUT_OF_RANGE", "")]
    after = await digests(world)
    assert {name for name in after if after[name] != before[name]} <= {
        "channels",
        "journal",
        "merchant_counters",
        # The channel of the call-off is made, and the party may order over it.
        "parties",
    }
