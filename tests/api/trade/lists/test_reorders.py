"""An order again: the same lines, whose prices, contract and channel are asked anew."""

from typing import Any

from kit.ids import from_global, to_global
from models.access.viewers import Actor
from models.master.channels import Channel
from models.master.parties import Party
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.sweeps.offers import write
from tests.make.trade import contracts, orders

DRAFT = """query ($id: ID!) { orderDraftFrom(id: $id) {
  order { id } channel { id } party { id } contract { id } obstacles
  lines { orderLine { lineNo } product { id sku } contractLine { id } quantity unit scale
    packaged { quantity packaging { code } } unitPrice { amount } orderedUnitPrice { amount }
    obstacles } } }"""
READ = "query ($id: ID!) { orderDraftFrom(id: $id) { obstacles lines { obstacles } } }"


OFFERED = "query ($id: ID!) { order(id: $id) { availableActions } }"


async def is_offered(by: Ask, order: dict[str, Any]) -> bool:
    """Tell whether a portal shows its button."""
    found = (await by(OFFERED, id=order["id"]))["order"]["availableActions"]
    return "REORDER" in found


async def draft(by: Ask, order: dict[str, Any]) -> dict[str, Any]:
    return dict((await by(DRAFT, id=order["id"]))["orderDraftFrom"])


async def ordered(world: World, ask: Ask) -> tuple[Ask, dict[str, Any]]:
    """Return a buyer and its order of ten bolts and four nuts."""
    company = await parties.company(world)
    order = await orders.order(world, ask, partyId=to_global("Party", company))
    return ask.by(await world.key(Actor.BUYER, company)), order


async def test_prices_are_those_of_now_beside_those_of_then(world: World, ask: Ask) -> None:
    buyer, order = await ordered(world, ask)
    await orders.products(ask, "BOLT", listPrice={"amount": "3.1", "currency": "EUR"})
    assert await is_offered(buyer, order)
    found = await draft(buyer, order)
    assert found["obstacles"] == []
    assert found["channel"] == order["channel"]
    first, second = found["lines"]
    bolt = first["product"]["id"]
    assert first == {
        "orderLine": {"lineNo": 1},
        "product": {"id": bolt, "sku": "BOLT"},
        "contractLine": None,
        "quantity": "10",
        "unit": "PIECE",
        "scale": 0,
        "packaged": None,
        "unitPrice": {"amount": "3.1"},
        "orderedUnitPrice": {"amount": "2.5"},
        "obstacles": [],
    }
    assert second["unitPrice"] == second["orderedUnitPrice"] == {"amount": "2.5"}
    lines = [
        {
            "productId": line["product"]["id"],
            "quantity": line["quantity"],
            "expectedUnitPrice": line["unitPrice"]["amount"],
        }
        for line in found["lines"]
    ]
    own = {"partyId": found["party"]["id"], "channelId": found["channel"]["id"]}
    again = await buyer(orders.PLACE, input={**own, "currency": "EUR", "lines": lines})
    assert again["orderPlace"]["userErrors"] == []


async def test_what_cannot_be_ordered_so_any_more_says_why(world: World, ask: Ask) -> None:
    buyer, order = await ordered(world, ask)
    await orders.products(ask, "BOLT", isActive=False)
    assert await is_offered(buyer, order)
    await orders.products(ask, "NUT", listPrice=None)
    assert not await is_offered(buyer, order)
    found = await draft(buyer, order)
    assert [it["obstacles"] for it in found["lines"]] == [["PRODUCT_INACTIVE"], ["PRICE_UNKNOWN"]]
    await write(world, Channel, "id", order["channel"]["id"], takes_unpriced=True)
    assert (await draft(buyer, order))["lines"][1]["obstacles"] == []
    assert await is_offered(buyer, order)
    await write(world, Party, "id", order["party"]["id"], channel_ids=[])
    assert (await draft(buyer, order))["obstacles"] == ["CHANNEL_CLOSED"]
    assert not await is_offered(buyer, order)
    assert (await draft(ask, order))["obstacles"] == []
    assert await is_offered(ask, order)
    await write(world, Channel, "id", order["channel"]["id"], is_active=False)
    assert (await draft(ask, order))["obstacles"] == ["CHANNEL_CLOSED"]


async def test_what_was_called_off_asks_its_contract(world: World, ask: Ask, clock: Any) -> None:
    contract = await contracts.contract(world, ask)
    called = await contracts.call_off(world, ask, contract, "600")
    found = await draft(ask, called)
    (line,) = found["lines"]
    assert found["contract"] == {"id": contract["id"]}
    assert line["unitPrice"] == line["orderedUnitPrice"]
    assert line["obstacles"] == ["CONTRACT_DRAWN_DOWN"]
    assert not await is_offered(ask, called)
    less = await contracts.call_off(world, ask, contract, "100")
    assert await is_offered(ask, less)
    clock.advance(days=1000)
    assert not await is_offered(ask, less)
    assert (await draft(ask, called))["obstacles"] == ["CONTRACT_NOT_IN_FORCE"]


async def test_who_does_not_see_an_order_gets_no_draft_and_who_sees_no_prices_none(
    world: World, ask: Ask
) -> None:
    _, order = await ordered(world, ask)
    stranger = ask.by(await world.key(Actor.BUYER, await parties.company(world)))
    assert await stranger(READ, id=order["id"]) == {"orderDraftFrom": None}
    planned = await deliveries.planned(world, ask, order)
    _, location = from_global(planned["location"]["id"])
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, location))
    assert not await is_offered(warehouse, order)
    for line in (await draft(warehouse, order))["lines"]:
        assert line["unitPrice"] is line["orderedUnitPrice"] is None
        assert line["obstacles"] == []
