"""What goes inactive says what is open with it; that goes on, and nothing new begins."""

from typing import Any

from kit.ids import to_global
from tests import make
from tests.guard import counted
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations
from tests.make.trade import contracts, orders

WRITE = {
    "product": ("productsUpsert", "products"),
    "channel": ("channelsUpsert", "channels"),
    "location": ("locationsUpsert", "locations"),
}


async def _open_work(ask: make.Ask, noun: str, **item: Any) -> dict[str, int]:
    """Write one row of master data and return its open work by kind."""
    name, field = WRITE[noun]
    takes = f"{name[0].upper()}{name[1:]}Input"
    document = f"""mutation ($input: {takes}!) {{ {name}(input: $input) {{
      results {{ openWork {{ kind count }} }} userErrors {{ message }} }} }}"""
    payload = (await ask(document, input={field: [item]}))[name]
    assert payload["userErrors"] == []
    return {it["kind"]: it["count"] for it in payload["results"][0]["openWork"]}


async def test_an_inactive_product_tells_its_open_lines_and_its_call_offs_go_on(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    contract = await contracts.contract(world, ask, lines=[contracts.line(bolt)])
    await contracts.call_off(world, ask, contract, "10")
    for _ in range(2):
        await orders.order(world, ask, lines=[orders.line(bolt)])
    own = {"sku": "BOLT", "name": "BOLT", "listPrice": orders.LIST_PRICE}
    assert await _open_work(ask, "product", **own) == {}
    found = await _open_work(ask, "product", **own, isActive=False)
    assert found == {"CONTRACT_LINES": 1, "ORDER_LINES": 3}
    values = await orders.order_input(world, ask, lines=[orders.line(bolt)])
    refused = (await ask(orders.PLACE, input=values))["orderPlace"]["userErrors"]
    assert [(it["code"], it["field"][-1]) for it in refused] == [("WRONG_STATE", "productId")]
    agreed = await contracts.contract_input(world, ask, lines=[contracts.line(bolt)])
    payload = await contracts.change(ask, "contractCreate", **agreed)
    assert contracts.codes(payload) == [("WRONG_STATE", "lines.0.productId")]
    more = await contracts.change(
        ask, "contractAmend", contractId=contract["id"], addLines=[contracts.line(bolt)]
    )
    assert contracts.codes(more) == [("WRONG_STATE", "addLines.0.productId")]
    called_off = await contracts.call_off(world, ask, contract, "10")
    assert called_off["state"] == "CONFIRMED"
    assert (await _open_work(ask, "product", **own, isActive=False))["ORDER_LINES"] == 4


async def test_what_is_shipped_or_settled_is_no_open_work(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    order = await orders.order(world, ask, lines=[orders.line(bolt)])
    await deliveries.dispatched(world, ask, order)
    contract = await contracts.contract(world, ask, lines=[contracts.line(bolt)])
    for step in ("contractTerminate", "contractSettle"):
        await contracts.change(ask, step, contractId=contract["id"])
    own = {"sku": "BOLT", "name": "BOLT", "isActive": False}
    assert await _open_work(ask, "product", **own) == {}


async def test_an_inactive_channel_tells_its_open_orders(world, ask):
    code = "SHOP"
    channel = to_global("Channel", await channels.channel(world, code=code))
    await orders.order(world, ask, channelId=channel)
    own = {"code": code, "name": code, "kind": "WEB_SHOP", "deliveryMethods": ["PARCEL"]}
    assert await _open_work(ask, "channel", **own, isActive=False) == {"ORDERS": 1}
    values = await orders.order_input(world, ask, channelId=channel)
    refused = (await ask(orders.PLACE, input=values))["orderPlace"]["userErrors"]
    assert [it["code"] for it in refused] == ["WRONG_STATE"]


async def test_an_inactive_location_tells_its_deliveries_which_go_on(world, ask):
    location = to_global("Location", await locations.location(world, code="NORTH"))
    delivery = await deliveries.planned(world, ask, locationId=location)
    own = {"code": "NORTH", "name": "NORTH", "timeZone": "Europe/Berlin"}
    assert await _open_work(ask, "location", **own, isActive=False) == {"DELIVERIES": 1}
    order = await orders.order(world, ask)
    part = await deliveries.part(world, order, locationId=location)
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("WRONG_STATE", "deliveries.0.locationId")]
    released = await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert released["delivery"]["state"] == "RELEASED"


async def test_open_work_is_counted_by_one_statement_for_all_rows(ask, database):
    sent = {}
    document = """mutation ($input: ProductsUpsertInput!) { productsUpsert(input: $input) {
      results { openWork { count } } } }"""
    for count in (1, 20):
        items = [{"sku": f"S{it}", "name": "S", "isActive": False} for it in range(count)]
        with counted(database.engine) as statements:
            await ask(document, input={"products": items})
        sent[count] = len(statements)
    assert sent[1] == sent[20]
