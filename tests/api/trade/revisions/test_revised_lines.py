"""What lines of an order that is there cost once they change, and what is not ordered anew."""

import pytest

from kit.ids import to_global
from models.access.viewers import Actor
from tests.api.trade.revisions.test_orders_import import IMPORT
from tests.guard import counted
from tests.make import reasons
from tests.make.fulfilment import deliveries
from tests.make.master import locations, packagings, parties, prices
from tests.make.trade import orders

PRICES = """query ($id: ID!) { order(id: $id) { lines { ordered unitPrice { amount } } } }"""


@pytest.fixture
async def scale(world, ask):
    """Bolts at 1.00 from 1,000 on, 1.50 from 100 on, and 2.00 below; nuts at 2.50."""
    await parties.company(world, number="K-1", price_group="GOLD")
    await orders.products(ask, "BOLT", "NUT")
    await prices.price_list(ask, "GOLD", "2", partyGroup="GOLD")
    steps = [
        prices.entry("GOLD", price, fromQuantity=quantity)
        for price, quantity in (("1", "1000"), ("1.5", "100"))
    ]
    await prices.entries(ask, *steps)


async def _ordered(world, ask, *lines):
    """Place an order of lines of bolts for the company that the scale is for; return it."""
    fields = {"partyId": to_global("Party", await parties.company(world, number="K-1"))}
    (bolt,) = await orders.products(ask, "BOLT")
    of = [{"productId": bolt, "externalReference": str(no), **it} for no, it in enumerate(lines)]
    return await orders.order(world, ask, lines=of, **fields)


async def _refusals(ask, verb, **values):
    """Return (code, field) of what one of the two verbs refuses of an order."""
    answer = (await ask(orders.REVISE[verb], input=values))[verb]
    found = answer["results"][0] if "results" in answer else answer
    start = 3 if "results" in answer else 1
    return reasons(found["userErrors"], start)


async def _update(ask, order, *changes):
    """Change lines of an order in turn; return what is refused."""
    lines = [
        {"lineId": line["id"], **change}
        for line, change in zip(order["lines"], changes, strict=False)
    ]
    values = {"orders": [{"orderId": order["id"], "lines": lines}]}
    return await _refusals(ask, "ordersUpdate", **values)


async def _prices(ask, order):
    lines = (await ask(PRICES, id=order["id"]))["order"]["lines"]
    return [it["unitPrice"]["amount"] for it in lines]


@pytest.mark.usefixtures("scale")
async def test_a_price_of_the_merchant_follows_the_quantity_and_a_stated_one_stays(world, ask):
    order = await _ordered(world, ask, {"quantity": "1000"}, {"quantity": "1000", "unitPrice": "1"})
    assert await _prices(ask, order) == ["1", "1"]
    assert await _update(ask, order, {"quantity": "1"}, {"quantity": "1"}) == []
    assert await _prices(ask, order) == ["2", "1"]
    assert await _update(ask, order, {"quantity": "100", "unitPrice": "7"}) == []
    assert await _update(ask, order, {"quantity": "1"}) == []
    assert await _prices(ask, order) == ["7", "1"]


@pytest.mark.usefixtures("scale")
async def test_null_asks_the_merchants_price_anew(world, ask):
    order = await _ordered(world, ask, {"quantity": "1000", "unitPrice": "9"}, {"quantity": "5"})
    assert await _update(ask, order, {"unitPrice": None}) == []
    assert await _prices(ask, order) == ["1", "2"]
    assert await _update(ask, order, {"quantity": "100"}, {"unitPrice": None}) == []
    assert await _prices(ask, order) == ["1.5", "2"], "The merchant's from then on."


@pytest.mark.usefixtures("scale")
async def test_the_price_is_that_of_the_instant_of_the_order_and_of_whole_packagings(world, ask):
    await packagings.cartons(ask)
    order = await _ordered(world, ask, {"quantity": "1"})
    later = prices.listed("LATER", partyNumber="K-1", validFrom="2026-03-03")
    await prices.upsert(ask, prices.LISTS, priceLists=[later])
    await prices.entries(ask, prices.entry("LATER", "0.5"))
    world.clock.advance(days=2)
    assert await _update(ask, order, {"quantity": "9", "packaging": "CARTON"}) == []
    assert await _prices(ask, order) == ["1.5"]


@pytest.mark.usefixtures("scale")
async def test_without_a_price_for_so_much_the_change_is_refused(world, ask):
    order = await _ordered(world, ask, {"quantity": "1000"})
    nothing = {"sku": "BOLT", "name": "BOLT", "listPrice": None}
    await ask(orders.PRODUCTS, input={"products": [nothing]})
    await prices.entries(ask, prices.entry("GOLD", "2", isActive=False))
    refused = [("PRICE_UNKNOWN", "lines.0.quantity")]
    assert await _update(ask, order, {"quantity": "1"}) == refused
    assert await _prices(ask, order) == ["1"]


@pytest.mark.usefixtures("scale")
async def test_an_import_that_is_sent_again_prices_another_quantity_anew(world, ask):
    channel = (await _ordered(world, ask, {"quantity": "1"}))["channel"]["id"]
    item = {
        "externalReference": "A-1",
        "placedAt": "2026-03-01T09:00:00Z",
        "channelId": channel,
        "partyNumber": "K-1",
        "currency": "EUR",
    }
    shown = []
    for quantity in ("1000", "1"):
        lines = [
            {"productSku": "BOLT", "quantity": quantity, "externalReference": "1"},
            {"productSku": "NUT", "quantity": quantity, "unitPrice": "1"}
            if quantity == "1000"
            else {"productSku": "NUT", "quantity": quantity},
        ]
        done = (await ask(IMPORT, input={"orders": [{**item, "lines": lines}]}))["ordersImport"]
        (result,) = done["results"]
        assert result["userErrors"] == []
        (found,) = (await ask(_IMPORTED))["orders"]["nodes"]
        shown.append([it["unitPrice"]["amount"] for it in found["lines"]])
    assert shown == [["1", "1"], ["2", "1"]]


_IMPORTED = """{ orders(first: 9, filter: { externalReference: "A-1" }) {
  nodes { lines { unitPrice { amount } } } } }"""


@pytest.mark.usefixtures("scale")
async def test_what_prices_become_later_reprices_no_line_of_its_step(world, ask):
    order = await _ordered(world, ask, {"quantity": "500"})
    item = {
        "externalReference": "A-1",
        "placedAt": "2026-03-01T09:00:00Z",
        "currency": "EUR",
        "channelId": order["channel"]["id"],
        "partyNumber": "K-1",
    }
    lines = [{"productSku": sku, "quantity": "500"} for sku in ("BOLT", "NUT")]
    await ask(IMPORT, input={"orders": [{**item, "lines": lines}]})
    await prices.entries(ask, prices.entry("GOLD", "9", fromQuantity="100"))
    nut = {"sku": "NUT", "name": "NUT", "listPrice": {"amount": "9", "currency": "EUR"}}
    await ask(orders.PRODUCTS, input={"products": [nut]})
    fewer = [{**it, "quantity": "400"} for it in lines]
    done = await ask(IMPORT, input={"orders": [{**item, "lines": fewer}]})
    assert done["ordersImport"]["results"][0]["status"] == "UPDATED"
    (found,) = (await ask(_IMPORTED))["orders"]["nodes"]
    assert [it["unitPrice"]["amount"] for it in found["lines"]] == ["1.5", "2.5"]
    assert await _update(ask, order, {"quantity": "400"}) == []
    assert await _prices(ask, order) == ["1.5"]
    assert await _update(ask, order, {"quantity": "1000"}) == []
    assert await _prices(ask, order) == ["1"]


async def test_who_sees_prices_is_told_which_ones_were_changed(world, ask):
    place = await locations.location(world)
    order = await orders.order(world, ask)
    line = order["lines"][0]["id"]
    await _update(ask, order, {"quantity": "11", "unitPrice": "1.25"})
    await deliveries.planned(world, ask, order, locationId=to_global("Location", place))
    found = []
    for reader in (ask, ask.by(await world.key(Actor.WAREHOUSE, place))):
        nodes = (await reader(_TIMELINE, id=order["id"]))["order"]["timeline"]["nodes"]
        found += [it["payload"].get("prices") for it in nodes if it["type"] == "order.updated"]
    change = {"before": order["lines"][0]["unitPrice"]["amount"], "after": "1.25"}
    assert found == [{str(parties.key_of("OrderLine", line)): change}, None]


_TIMELINE = """query ($id: ID!) { order(id: $id) {
  timeline(first: 9) { nodes { type payload } } } }"""


@pytest.mark.usefixtures("scale")
async def test_prices_asked_anew_cost_no_statement_for_each_line(world, ask, database):
    counts = []
    for count in (1, 9):
        lines = [{"quantity": "1000"} for _ in range(count)]
        order = await _ordered(world, ask, *lines)
        with counted(database.engine) as sent:
            assert await _update(ask, order, *({"quantity": "1"} for _ in lines)) == []
        assert await _prices(ask, order) == ["2"] * count
        counts.append(len(sent))
    assert counts[0] == counts[1]


@pytest.mark.gate("O18", "orderPlace", "ordersUpdate", "orderAddLines")
async def test_what_is_inactive_is_not_ordered_anew_whichever_verb_asks(world, ask):
    order = await orders.order(world, ask)
    (old,) = await orders.products(ask, "OLD", isActive=False)
    await packagings.cartons(ask)
    await packagings.packagings(ask, packagings.item("CARTON", "12", isActive=False))
    new = [
        {"productSku": "OLD", "quantity": "1"},
        {"productId": old, "quantity": "2", "unitPrice": "3"},
        {"productSku": "BOLT", "quantity": "1", "packaging": "CARTON"},
    ]
    own = {"orderId": order["id"]}
    wrong = ["0.productSku", "1.productId", "2.packaging"]
    found = await _refusals(ask, "ordersUpdate", orders=[own | {"addLines": new}])
    assert found == [("WRONG_STATE", f"addLines.{it}") for it in wrong]
    found = await _refusals(ask, "orderAddLines", **own, lines=new)
    assert found == [("WRONG_STATE", f"lines.{it}") for it in wrong]
    change = {"quantity": "1", "packaging": "CARTON"}
    assert await _update(ask, order, change) == [("WRONG_STATE", "lines.0.packaging")]
    values = await orders.order_input(world, ask, lines=[orders.line(old)])
    placed = (await ask(orders.PLACE, input=values))["orderPlace"]["userErrors"]
    assert [(it["code"], it["field"][-1]) for it in placed] == [("WRONG_STATE", "productId")]


@pytest.mark.gate("O18", "ordersUpdate")
async def test_of_what_is_inactive_less_may_be_ordered_and_no_more(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    await packagings.cartons(ask)
    lines = [{"productId": bolt, "quantity": "2", "packaging": "CARTON"}]
    order = await orders.order(world, ask, lines=lines)
    await orders.products(ask, "BOLT", isActive=False)
    carton = {"packaging": "CARTON"}
    more = {"quantity": "3"} | carton
    assert await _update(ask, order, more) == [("WRONG_STATE", "lines.0.quantity")]
    for quantity in ("2", "1"):
        assert await _update(ask, order, {"quantity": quantity} | carton) == []
    await orders.products(ask, "BOLT", isActive=True)
    await packagings.packagings(ask, packagings.item("CARTON", "12", isActive=False))
    assert await _update(ask, order, more) == [("WRONG_STATE", "lines.0.packaging")]
