"""What somebody writes past the API is found: levels that are not what their movements say."""

import pytest
from sqlalchemy import text

from tests import make
from tests.make.master import locations
from tests.make.supply import stock
from tests.make.supply.stock import adjustment

ODD = """
query ($differs: Boolean!) {
  stockLevels(first: 9, filter: { differs: $differs }) { nodes { product { sku } } }
}
"""
PAST_THE_API = {
    "level": "UPDATE stock_levels SET on_hand = on_hand + 1 WHERE {bolt}",
    "time": "UPDATE stock_levels SET moved_at = moved_at - interval '1 second' WHERE {bolt}",
    "both": "WITH level AS (UPDATE stock_levels SET on_hand = 9 WHERE {bolt} RETURNING id)"
    " UPDATE stock_movements SET on_hand = 9 WHERE number = 3 AND {bolt}",
    "quantity": "UPDATE stock_movements SET quantity = 7 WHERE number = 2 AND {bolt}",
    "order": "UPDATE stock_movements SET recorded_at = recorded_at + interval '1 day'"
    " WHERE number = 1 AND {bolt}",
    "first": "DELETE FROM stock_movements WHERE number = 1 AND {bolt}",
    "middle": "DELETE FROM stock_movements WHERE number = 2 AND {bolt}",
    "last": "DELETE FROM stock_movements WHERE number = 3 AND {bolt}",
    "all": "DELETE FROM stock_movements WHERE {bolt}",
    "safety": "UPDATE stock_levels SET on_hand = 1, last_number = 0, moved_at = NULL WHERE {bolt}",
}
BOLT = "product_id IN (SELECT id FROM products WHERE sku = 'BOLT')"


async def _odd(ask: make.Ask, *, differs: bool) -> list[str]:
    nodes = (await ask(ODD, differs=differs))["stockLevels"]["nodes"]
    return sorted(it["product"]["sku"] for it in nodes)


@pytest.mark.parametrize("what", PAST_THE_API)
async def test_what_is_written_past_the_api_is_found(world, ask, what):
    await stock.tracked(ask, "BOLT", "NUT")
    await locations.location(world, code="HERE")
    for reason, quantity in (("OPENING", "5"), ("LOST", "1"), ("FOUND", "2")):
        both = ("BOLT", "NUT")
        await stock.adjust(
            ask, *(adjustment("HERE", quantity, reason, productSku=it) for it in both)
        )
    place = {"productSku": "COG", "locationCode": "HERE"}
    await stock.tracked(ask, "COG")
    await stock.set_safety(ask, {**place, "quantity": "1"})
    assert await _odd(ask, differs=True) == []
    assert await _odd(ask, differs=False) == ["BOLT", "COG", "NUT"]
    async with world.database.owner.writing(world.merchant_id) as session:
        await session.execute(text(PAST_THE_API[what].format(bolt=BOLT)))
    assert await _odd(ask, differs=True) == ["BOLT"]
    assert await _odd(ask, differs=False) == ["COG", "NUT"]
