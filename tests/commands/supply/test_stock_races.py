"""Stock that many adjust at once: nothing is lost, and whoever is late is refused."""

from asyncio import gather

from tests import make
from tests.make import reasons, refusals
from tests.make.master import locations
from tests.make.supply import stock
from tests.make.supply.stock import adjustment

LEVELS = """
query { stockLevels(first: 9) { nodes { onHand movements(first: 99) { nodes { number onHand } } } }
  odd: stockLevels(first: 9, filter: { differs: true }) { nodes { id } } }
"""


async def _here(world: make.World, ask: make.Ask, *skus: str) -> str:
    await stock.tracked(ask, *skus)
    await locations.location(world, code="HERE")
    return "HERE"


async def test_of_two_who_have_read_the_same_one_adjusts_it(world, ask):
    here = await _here(world, ask, "BOLT")
    await stock.adjust(ask, adjustment(here, "5"))
    item = adjustment(here, "1", "LOST", expectedOnHand="5")
    tried = await gather(*(stock.try_adjust(ask, item) for _ in range(5)))
    assert (
        sorted(reasons(refusals(it)) for it in tried)
        == [[]] + [[("STALE", "adjustments.0.expectedOnHand")]] * 4
    )


async def test_adjustments_at_once_in_opposite_orders_lose_nothing(world, ask):
    skus = [f"S-{it}" for it in range(4)]
    here = await _here(world, ask, *skus)
    items = [adjustment(here, "2", productSku=sku) for sku in skus]
    await gather(*(stock.adjust(ask, *some) for some in (items, items[::-1]) * 4))
    shown = await ask(LEVELS)
    assert shown["odd"]["nodes"] == []
    assert [it["onHand"] for it in shown["stockLevels"]["nodes"]] == ["16"] * len(skus)
    for level in shown["stockLevels"]["nodes"]:
        numbers = [it["number"] for it in level["movements"]["nodes"]]
        assert numbers == [8, 7, 6, 5, 4, 3, 2, 1]


async def test_of_many_who_take_the_last_one_gets_it(world, ask):
    here = await _here(world, ask, "BOLT")
    await stock.adjust(ask, adjustment(here, "1"))
    item = adjustment(here, "1", "USED")
    found = await gather(*(stock.try_adjust(ask, item) for _ in range(10)))
    statuses = sorted(it["results"][0]["status"] for it in found)
    assert statuses == ["REFUSED"] * 9 + ["UPDATED"]
    shown = await ask(LEVELS)
    assert shown["stockLevels"]["nodes"][0]["onHand"] == "0"
