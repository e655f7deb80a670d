"""Stock: adjusted with a reason, one after the other, and read as it is and as it was."""

from datetime import timedelta
from typing import Any

import pytest

from models.access.viewers import Actor
from tests import make
from tests.guard import counted
from tests.make import reasons, refusals
from tests.make.master import locations, parties
from tests.make.supply import stock
from tests.make.supply.stock import adjustment

LEVELS = """
query ($filter: StockLevelFilter, $sort: StockLevelSort, $first: Int, $after: String) {
  stockLevels(filter: $filter, sort: $sort, first: $first, after: $after) {
    nodes { onHand available product { sku } location { code } } pageInfo { endCursor }
  }
}
"""
MOVEMENTS = """
query ($filter: StockMovementFilter) {
  stockMovements(first: 10, filter: $filter) { nodes { number quantity onHand reason note } }
}
"""
THEN = """
query ($at: DateTime!) { stockLevels(first: 9) { nodes {
  onHand asOf(at: $at) { onHand movement { number } } events(first: 9) { nodes { type } }
} } }
"""
PRODUCTS = """
mutation ($input: ProductsUpsertInput!) { productsUpsert(input: $input) {
  results { status userErrors { code field } product { stockKeeping } } userErrors { code field }
} }
"""


@pytest.fixture
async def here(world, ask) -> str:
    """Keep stock of bolts, and give the code of a location."""
    await stock.tracked(ask, "BOLT")
    await locations.location(world, code="HERE")
    return "HERE"


async def _listed(ask: make.Ask, **wanted: Any) -> list[tuple[str, str]]:
    nodes = (await ask(LEVELS, first=9, **wanted))["stockLevels"]["nodes"]
    return [(it["product"]["sku"], it["available"]) for it in nodes]


async def test_stock_comes_and_goes_by_its_reason_and_movements_tell_it(ask, here):
    done = await stock.adjust(
        ask, adjustment(here, "5", "OPENING"), adjustment(here, "2", "BROKEN", note="Rust.")
    )
    assert [it["status"] for it in done] == ["CREATED", "UPDATED"]
    assert [it["movement"]["quantity"] for it in done] == ["5", "-2"]
    assert {it["stockLevel"]["onHand"] for it in done} == {"3"}
    shown = (await ask(MOVEMENTS))["stockMovements"]["nodes"]
    assert [(it["number"], it["onHand"], it["note"]) for it in shown] == [
        (2, "3", "Rust."),
        (1, "5", None),
    ]


async def test_what_is_counted_in_packagings_is_kept_in_the_products_unit(ask, here):
    await stock.packed(ask, "BOLT", "CARTON")
    (done,) = await stock.adjust(ask, adjustment(here, "3", packaging="CARTON"))
    assert done["stockLevel"]["onHand"] == "36"


@pytest.mark.gate("S1", "stockAdjust")
async def test_no_more_goes_than_is_there_also_not_in_parts_that_each_fit(ask, here):
    await stock.adjust(ask, adjustment(here, "3"))
    payload = await stock.try_adjust(
        ask, adjustment(here, "2", "LOST"), adjustment(here, "2", "LOST"), adjustment(here, "1")
    )
    assert reasons(refusals(payload)) == [("OUT_OF_RANGE", "adjustments.1.quantity")]
    assert [it["status"] for it in payload["results"]] == ["UPDATED", "REFUSED", "UPDATED"]
    assert payload["results"][0]["stockLevel"]["onHand"] == "2"


@pytest.mark.gate("S2", "stockAdjust")
async def test_what_is_no_more_as_it_was_read_is_stale(ask, here):
    await stock.adjust(ask, adjustment(here, "3", expectedOnHand="0"))
    payload = await stock.try_adjust(ask, adjustment(here, "1", "LOST", expectedOnHand="4"))
    assert reasons(refusals(payload)) == [("STALE", "adjustments.0.expectedOnHand")]
    await stock.adjust(
        ask,
        adjustment(here, "1", "LOST", expectedOnHand="3"),
        adjustment(here, "1", "LOST", expectedOnHand="2"),
    )


async def test_what_is_not_there_or_not_kept_is_refused_with_all_that_is_wrong(ask, here):
    await stock.orders.products(ask, "NUT")
    payload = await stock.try_adjust(
        ask,
        adjustment("NOWHERE", "1", productSku="COG"),
        adjustment(here, "1", productSku="NUT"),
        adjustment(here, "1.5"),
        adjustment(here, "1", packaging="BOX"),
        adjustment(here, "999999999999"),
        adjustment(here, "999999999999"),
    )
    assert reasons(refusals(payload)) == [
        ("NOT_FOUND", "adjustments.0.productSku"),
        ("NOT_FOUND", "adjustments.0.locationCode"),
        ("WRONG_STATE", "adjustments.1.productSku"),
        ("SCALE_EXCEEDED", "adjustments.2.quantity"),
        ("NOT_FOUND", "adjustments.3.packaging"),
        ("OUT_OF_RANGE", "adjustments.5.quantity"),
    ]


@pytest.mark.harmless("safetyStockSet", "It says what is kept back; nothing moves by it.")
async def test_safety_stock_is_on_hand_and_not_available(ask, here):
    place = {"productSku": "BOLT", "locationCode": here}
    found = []
    for quantity in ("4", "4", "3"):
        (done,) = await stock.set_safety(ask, {**place, "quantity": quantity})
        found.append((done["status"], done["stockLevel"]["available"]))
    assert found == [("CREATED", "-4"), ("UNCHANGED", "-4"), ("UPDATED", "-3")]
    (done,) = await stock.adjust(ask, adjustment(here, "10"))
    assert done["status"] == "UPDATED"
    assert (done["stockLevel"]["onHand"], done["stockLevel"]["available"]) == ("10", "7")
    twice = await stock.set_safety(ask, *({**place, "quantity": it} for it in ("2", "1")))
    assert [it["status"] for it in twice] == ["UPDATED", "REFUSED"]
    assert reasons(refusals({"results": twice, "userErrors": []})) == [
        ("DUPLICATE", "safetyStocks.1.productSku")
    ]


async def test_levels_are_sorted_and_found_by_what_is_available_page_by_page(ask, here):
    await stock.tracked(ask, "NUT", "COG")
    for sku, quantity in (("BOLT", "5"), ("NUT", "1"), ("COG", "3")):
        await stock.adjust(ask, adjustment(here, quantity, productSku=sku))
    await stock.adjust(ask, adjustment(here, "1", "USED", productSku="NUT"))
    least = [("NUT", "0"), ("COG", "3"), ("BOLT", "5")]
    assert await _listed(ask, sort="AVAILABLE") == least
    assert await _listed(ask, sort="ON_HAND_DESC") == least[::-1]
    assert await _listed(ask, sort="AVAILABLE", filter={"availableTo": "3"}) == least[:2]
    assert await _listed(ask, sort="AVAILABLE", filter={"isOnHand": True}) == least[1:]
    assert await _listed(ask, filter={"isOnHand": False}) == least[:1]
    page = (await ask(LEVELS, first=1, sort="AVAILABLE"))["stockLevels"]
    after = page["pageInfo"]["endCursor"]
    second = (await ask(LEVELS, first=9, sort="AVAILABLE", after=after))["stockLevels"]["nodes"]
    assert [it["product"]["sku"] for it in second] == ["COG", "BOLT"]


async def test_stock_is_read_as_it_was_at_an_instant(ask, here, clock):
    began = clock()
    for _ in range(3):
        clock.advance(hours=1)
        await stock.adjust(ask, adjustment(here, "5"))
    found = []
    for hours in (0, 1, 2.5, 9):
        at = (began + timedelta(hours=hours)).isoformat()
        (level,) = (await ask(THEN, at=at))["stockLevels"]["nodes"]
        number = level["asOf"]["movement"] and level["asOf"]["movement"]["number"]
        found.append((level["onHand"], level["asOf"]["onHand"], number))
    assert found == [("15", "0", None), ("15", "5", 1), ("15", "10", 2), ("15", "15", 3)]
    assert len(level["events"]["nodes"]) == 3


@pytest.mark.gate("S4", "stockAdjust")
async def test_a_clock_that_goes_back_lets_no_movement_come_before_another(ask, here, clock):
    await stock.adjust(ask, adjustment(here, "5"))
    clock.advance(hours=-1)
    (done,) = await stock.adjust(ask, adjustment(here, "2", "LOST"))
    assert done["stockLevel"]["movedAt"] > clock().isoformat()
    shown = (await ask(MOVEMENTS))["stockMovements"]["nodes"]
    assert [it["number"] for it in shown] == [2, 1]


async def test_a_warehouse_sees_its_own_stock_and_moves_none_and_a_buyer_sees_none(
    world, ask, here
):
    there = await locations.location(world, code="THERE")
    await stock.adjust(ask, adjustment(here, "5"), adjustment("THERE", "7"))
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, there))
    nodes = (await warehouse(LEVELS, first=9))["stockLevels"]["nodes"]
    assert [(it["onHand"], it["location"]["code"]) for it in nodes] == [("7", "THERE")]
    assert len((await warehouse(MOVEMENTS))["stockMovements"]["nodes"]) == 1
    refused = await warehouse.answer(stock.ADJUST, input={"adjustments": [adjustment(here, "1")]})
    assert refused["errors"][0]["extensions"]["missingScopes"] == ["STOCK_WRITE"]
    party = await parties.company(world)
    buyer = await ask.by(await world.key(Actor.BUYER, party)).answer(LEVELS, first=9)
    assert buyer["errors"][0]["extensions"]["missingScopes"] == ["STOCK_READ"]


@pytest.mark.gate("S3", "productsUpsert")
async def test_stock_is_kept_on_of_what_has_a_level(ask, here):
    bolt = {"sku": "BOLT", "name": "BOLT"}
    await stock.adjust(ask, adjustment(here, "1"))
    payload = (await ask(PRODUCTS, input={"products": [{**bolt, "stockKeeping": "NONE"}]}))[
        "productsUpsert"
    ]
    assert reasons(refusals(payload)) == [("IN_USE", "products.0.stockKeeping")]


async def test_stock_is_kept_from_now_on_of_what_was_ordered_already(world, ask):
    (product,) = await stock.orders.products(ask, "BOLT")
    await stock.orders.order(world, ask, lines=[stock.orders.line(product)])
    (done,) = (await ask(PRODUCTS, input={"products": [{"sku": "BOLT", "name": "BOLT"} | KEPT]}))[
        "productsUpsert"
    ]["results"]
    assert (done["status"], done["product"]) == ("UPDATED", {"stockKeeping": "TRACKED"})


KEPT = {"stockKeeping": "TRACKED"}


async def test_what_is_sent_again_under_its_key_is_done_once(ask, here):
    one, two = [
        await stock.adjust(ask, adjustment(here, "5"), idempotencyKey="K-1") for _ in range(2)
    ]
    assert one == two
    assert one[0]["stockLevel"]["onHand"] == "5"


async def test_statements_do_not_grow_with_items(ask, database, here):
    await stock.adjust(ask, adjustment(here, "5"))
    counts = []
    for count in (1, 40):
        skus = [f"S-{count}-{it}" for it in range(count)]
        await stock.tracked(ask, *skus)
        items = [adjustment(here, "5", productSku=sku) for sku in skus]
        with counted(database.engine) as sent:
            await stock.adjust(ask, *items)
        counts.append(len(sent))
    assert counts[0] == counts[1]


async def test_a_list_of_levels_with_all_that_hangs_on_it_is_one_statement(
    ask, database, here, clock
):
    await stock.adjust(ask, adjustment(here, "5"))
    at = clock().isoformat()
    with counted(database.engine) as sent:
        await ask(THEN, at=at)
    assert len(sent) == 1
