"""Of two things that are wrong with one call neither hides the other, whatever finds it."""

from typing import Any

import pytest
from sqlalchemy import update

from kit.ids import new_id, to_global
from kit.standards.gs1 import sscc
from models.access.keys import Merchant
from tests.make import Ask, reasons
from tests.make.fulfilment import deliveries
from tests.make.master import channels, parties
from tests.make.trade import contracts, orders

PAST = {
    "earliest": "2026-01-05T08:00:00Z",
    "latest": "2026-01-05T12:00:00Z",
    "timeZone": "Europe/Berlin",
}
ITEMS = "mutation ($i: %sInput!) { it: %s(input: $i) { results { userErrors { code field } } } }"


async def of_item(ask: Ask, verb: str, items: str, **item: Any) -> set[tuple[str, str]]:
    """Return (code, path below the item) of what is refused of one item of a bulk verb."""
    document = ITEMS % (verb[0].upper() + verb[1:], verb)
    (result,) = (await ask(document, i={items: [item]}))["it"]["results"]
    return set(reasons(result["userErrors"], 3))


def unknown(kind: str) -> str:
    return to_global(kind, new_id())


async def test_what_is_packed_and_dispatched(world, ask):
    delivery = await deliveries.released(world, ask)
    other = to_global("Party", await parties.company(world, number="OTHER"))
    parcel = {"carrierId": other, "contents": deliveries.contents(delivery, "9", "4")}
    of = {"deliveryId": delivery["id"], "expectedVersion": 99}
    found = await deliveries.refusals(ask, "deliveryPack", **of, parcels=[parcel])
    version = ("VERSION_CONFLICT", "expectedVersion")
    assert found == [
        version,
        ("INVALID", "parcels.0.carrierId"),
        ("PARCELS_DO_NOT_MATCH", "parcels"),
    ]
    packed = await deliveries.packed(world, ask)
    of = {"deliveryId": packed["id"], "expectedVersion": 99}
    found = await deliveries.refusals(
        ask, "deliveryDispatch", **of, dispatchedAt="2027-01-01T00:00:00Z"
    )
    assert found == [version, ("INVALID_DATE", "dispatchedAt")]


async def test_an_odd_content_hides_no_other_line_that_does_not_match(world, ask):
    lines = [orders.line(it, "5") for it in await orders.products(ask, "BOLT", "NUT")]
    delivery = await deliveries.released(world, ask, await orders.order(world, ask, lines=lines))
    bolts, nuts = deliveries.contents(delivery, "5", "4")
    contents = [bolts | {"quantity": "0"}, nuts]
    of = {"deliveryId": delivery["id"], "parcels": [{"contents": contents}]}
    assert await deliveries.refusals(ask, "deliveryPack", **of) == [
        ("NOT_POSITIVE", "parcels.0.contents.0.quantity"),
        ("PARCELS_DO_NOT_MATCH", "parcels"),
    ]


async def test_parcels_that_get_no_sscc_are_told_beside_what_is_odd(world, ask):
    async with world.database.owner.writing(world.merchant_id) as session:
        await session.execute(update(Merchant).values(gs1_company_prefix=None))
    delivery = await deliveries.released(world, ask)
    parcel = {"generateSscc": True, "contents": deliveries.contents(delivery, "9", "4")}
    of = {"deliveryId": delivery["id"], "expectedVersion": 99}
    found = await deliveries.refusals(ask, "deliveryPack", **of, parcels=[parcel])
    assert set(found) == {
        ("VERSION_CONFLICT", "expectedVersion"),
        ("PARCELS_DO_NOT_MATCH", "parcels"),
        ("NOT_ALLOWED", "parcels.0.generateSscc"),
    }


@pytest.mark.parametrize("odd", ["INVALID_ID", "NOT_FOUND"])
async def test_what_is_merged(world, ask, odd):
    order = await orders.order(world, ask)
    one = await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "2"))
    other = await deliveries.planned(
        world, ask, order, lines=deliveries.lines(order, "3"), method="FREIGHT"
    )
    absent = unknown("Delivery" if odd == "NOT_FOUND" else "Order")
    of = {"deliveryId": one["id"], "expectedVersion": 99}
    found = await deliveries.refusals(ask, "deliveryMerge", **of, deliveryIds=[absent, other["id"]])
    assert set(found) == {
        (odd, "deliveryIds.0"),
        ("VERSION_CONFLICT", "expectedVersion"),
        ("NOT_MERGEABLE", "deliveryIds.1"),
    }


async def test_what_is_called_off_with_its_deliveries(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    lines = [contracts.line(bolt, lotMultiple="5", minPerCallOff="10")]
    made = await contracts.contract(world, ask, lines=lines)
    part = await deliveries.part(world, {"lines": []}, method="LOCKER")
    part = {name: part[name] for name in ("locationId", "window", "recipient", "method")}
    part |= {"lines": [{"lineNo": 1, "quantity": "4"}]}
    payload = await contracts.try_call_off(world, ask, made, "3", deliveries=[part])
    assert set(reasons(payload["userErrors"])) == {
        ("LOT_MULTIPLE", "lines.0.quantity"),
        ("BELOW_MINIMUM", "lines.0.quantity"),
        ("METHOD_NOT_ALLOWED", "deliveries.0.method"),
        ("QUANTITY_NOT_OPEN", "deliveries.0.lines.0.quantity"),
    }


async def test_what_is_changed_of_an_order(world, ask):
    products = await orders.products(ask, "BOLT", "NUT")
    lines = [orders.line(it, "5") for it in products]
    order = await orders.order(world, ask, lines=lines)
    await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "5", "0"))
    planned, free = [{"lineId": it["id"]} for it in order["lines"]]
    found = await of_item(
        ask,
        "ordersUpdate",
        "orders",
        orderId=order["id"],
        lines=[planned | {"quantity": "4"}, free | {"quantity": "1.5"}],
        addLines=[
            {"productSku": "NO", "quantity": "1"},
            {"productSku": "NUT", "quantity": "1", "window": PAST},
        ],
    )
    assert found == {
        ("WRONG_STATE", "lines.0.quantity"),
        ("SCALE_EXCEEDED", "lines.1.quantity"),
        ("NOT_FOUND", "addLines.0.productSku"),
        ("INVALID_WINDOW", "addLines.1.window.latest"),
    }


async def test_an_added_line_that_is_not_known_hides_none_that_stands_twice(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    lines = [orders.line(bolt, "5", externalReference="1")]
    order = await orders.order(world, ask, lines=lines)
    for verb, items in (("orderAddLines", None), ("ordersUpdate", "orders")):
        added = [
            {"productSku": "BOLT", "quantity": "2", "externalReference": "1"},
            {"productSku": "NO", "quantity": "1"},
            {"productSku": "BOLT", "quantity": "1"},
            {"productSku": "BOLT", "quantity": "3"},
        ]
        if items:
            found = await of_item(ask, verb, items, orderId=order["id"], addLines=added)
        else:
            document = orders.REVISE[verb]
            payload = (await ask(document, input={"orderId": order["id"], "lines": added}))[verb]
            found = set(reasons(payload["userErrors"]))
        field = "addLines" if items else "lines"
        assert found == {
            ("NOT_FOUND", f"{field}.1.productSku"),
            ("DUPLICATE", f"{field}.0"),
            ("DUPLICATE", f"{field}.3"),
            ("DUPLICATE", f"{field}.0.externalReference"),
        }


def _imported(**fields: Any) -> dict[str, Any]:
    line = {"productSku": "BOLT", "quantity": "1"}
    return {
        "externalReference": "1",
        "placedAt": "2026-02-01T00:00:00Z",
        "channelCode": "PORTAL",
        "currency": "EUR",
        "lines": [line],
    } | fields


async def _refused(ask: Ask, **fields: Any) -> set[tuple[str, str]]:
    return await of_item(ask, "ordersImport", "orders", **_imported(**fields))


async def test_what_is_imported(world, ask):
    await channels.channel(world, code="PORTAL")
    await orders.products(ask, "BOLT")
    # Nobody says who orders: that is told beside what is odd, of the item itself.
    assert await _refused(ask, placedAt="yesterday") == {
        ("INVALID", ""),
        ("INVALID_DATE", "placedAt"),
    }


async def test_an_order_again_in_another_currency_says_so_whatever_its_discount(world, ask):
    order = await orders.order(world, ask, externalReference="1", discountPercent="5")
    read = "query ($id: ID!) { order(id: $id) { channel { code } party { number } } }"
    of = (await ask(read, id=order["id"]))["order"]
    again = {"channelCode": of["channel"]["code"], "partyNumber": of["party"]["number"]}
    for discount in ({}, {"discountPercent": "5"}, {"discountAmount": "1"}):
        found = await _refused(ask, **again, **discount, currency="USD")
        assert ("WRONG_STATE", "currency") in found
        assert "PRICE_UNKNOWN" not in {code for code, _ in found}


async def test_an_order_again_tells_what_is_too_late_beside_what_is_odd(world, ask):
    products = await orders.products(ask, "BOLT", "NUT", "COG")
    lines = [orders.line(it, "5") for it in products]
    order = await orders.order(world, ask, externalReference="1", lines=lines)
    await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "5", "0", "5"))
    read = "query ($id: ID!) { order(id: $id) { channel { code } party { number } } }"
    of = (await ask(read, id=order["id"]))["order"]
    again = {"channelCode": of["channel"]["code"], "partyNumber": of["party"]["number"]}
    again |= {"placedAt": "2027-01-01T00:00:00Z", "shipToAddressCode": "NOWHERE"}
    bolt, nut, cog = [{"productSku": it} for it in ("BOLT", "NUT", "COG")]
    for odd in ("1.5", "0"):
        found = await _refused(
            ask,
            **again,
            purchaseOrderNumber="7",
            lines=[bolt | {"quantity": "6"}, nut | {"quantity": odd}, cog | {"quantity": "5"}],
        )
        assert found == {
            ("INVALID_DATE", "placedAt"),
            ("NOT_FOUND", "shipToAddressCode"),
            ("WRONG_STATE", "lines.0.quantity"),
            ("NOT_POSITIVE" if odd == "0" else "SCALE_EXCEEDED", "lines.1.quantity"),
        }


@pytest.mark.parametrize("odd", ["channel", "both", "party", "nobody", "currency"])
async def test_an_order_again_is_known_beside_what_names_it_wrongly(world, ask, odd):
    products = await orders.products(ask, "BOLT", "NUT")
    lines = [orders.line(it, "5") for it in products]
    order = await orders.order(world, ask, externalReference="1", lines=lines)
    await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "5", "0"))
    read = "query ($id: ID!) { order(id: $id) { channel { id code } party { number } } }"
    of = (await ask(read, id=order["id"]))["order"]
    right = {"channelCode": of["channel"]["code"], "partyNumber": of["party"]["number"]}
    wrong, named = {
        "channel": ({"channelCode": "NO"}, {("NOT_FOUND", "channelCode")}),
        "both": ({"channelId": of["channel"]["id"]}, {("INVALID", "channelCode")}),
        "party": ({"partyNumber": "NO"}, {("NOT_FOUND", "partyNumber")}),
        "nobody": ({"partyNumber": None}, {("INVALID", "")}),
        "currency": ({"currency": "USD"}, {("WRONG_STATE", "currency")}),
    }[odd]
    found = await _refused(
        ask,
        **right | wrong,
        placedAt="2027-01-01T00:00:00Z",
        lines=[
            {"productSku": "BOLT", "quantity": "6", "unitPrice": "7"},
            {"productSku": "NUT", "quantity": "1.5"},
        ],
        shipToAddressCode="NOWHERE",
    )
    assert found == named | {
        ("INVALID_DATE", "placedAt"),
        ("WRONG_STATE", "lines.0.quantity"),
        ("SCALE_EXCEEDED", "lines.1.quantity"),
        *({("WRONG_STATE", "lines.0.unitPrice")} if odd != "currency" else ()),
        *({("NOT_FOUND", "shipToAddressCode")}),
    }


async def test_an_order_again_whose_policy_is_odd_is_told_what_is_too_late(world, ask):
    order = await orders.ten(world, ask, externalReference="1")
    await deliveries.planned(world, ask, order)
    read = "query ($id: ID!) { order(id: $id) { placedAt channel { code } party { number } } }"
    of = (await ask(read, id=order["id"]))["order"]
    found = await _refused(
        ask,
        channelCode=of["channel"]["code"],
        partyNumber=of["party"]["number"],
        placedAt=of["placedAt"],
        deliveryPolicy="CANCEL_IF_NOT_BY",
        lines=[{"productSku": "BOLT", "quantity": "6"}],
    )
    assert found == {("INVALID", "cancelIfNotBy"), ("WRONG_STATE", "lines.0.quantity")}


async def test_what_is_recorded_of_a_delivery(world, ask):
    order = await orders.order(world, ask)
    part = await deliveries.part(
        world,
        order,
        method="LOCKER",
        lines=deliveries.lines(order, "1.5"),
        plannedAt="2026-03-02T08:00:00Z",
        dispatchedAt="2027-01-01T00:00:00Z",
    )
    assert await of_item(ask, "deliveriesRecord", "deliveries", **part) == {
        ("INVALID_DATE", "dispatchedAt"),
        ("METHOD_NOT_ALLOWED", "method"),
        ("SCALE_EXCEEDED", "lines.0.quantity"),
    }


@pytest.mark.parametrize("odd", ["method", "location", "end", "quantity", "order"])
async def test_what_is_recorded_wrong_is_told_up_to_its_parcels(world, ask, odd):
    order = await orders.ten(world, ask, recipient=None)
    other = await deliveries.released(world, ask, await orders.ten(world, ask))
    taken = {"sscc": sscc("4012345", 1), "contents": deliveries.contents(other)}
    await deliveries.done(ask, "deliveryPack", deliveryId=other["id"], parcels=[taken])
    nobody = to_global("Party", await parties.company(world, number="OTHER"))
    (line,) = deliveries.lines(order, "10")
    parcel = {"carrierId": nobody, "sscc": taken["sscc"], "contents": [line | {"quantity": "9"}]}
    part = await deliveries.part(
        world,
        order,
        recipient=None,
        lines=[line],
        packedAt="2026-03-02T08:00:00Z",
        parcels=[parcel],
    )
    expected = {
        ("RECIPIENT_MISSING", "recipient"),
        ("INVALID", "parcels.0.carrierId"),
        ("PARCELS_DO_NOT_MATCH", "parcels"),
        ("TAKEN", "parcels.0.sscc"),
    }
    at = "2026-03-02T09:00:00Z"
    wrong, more = {
        "method": ({"method": "LOCKER"}, {("METHOD_NOT_ALLOWED", "method")}),
        "location": ({"locationId": unknown("Location")}, {("NOT_FOUND", "locationId")}),
        "end": ({"cancelledAt": at, "dispatchedAt": at}, {("INVALID", "cancelledAt")}),
        "quantity": (
            {"lines": [line | {"quantity": "99"}]},
            {("QUANTITY_NOT_OPEN", "lines.0.quantity")},
        ),
        "order": (
            {"lines": [line, line | {"orderLineId": unknown("OrderLine")}]},
            {("NOT_FOUND", "lines.1.orderLineId")},
        ),
    }[odd]
    if odd in {"quantity", "order"}:
        # Nobody knows what was to lie in the parcels.
        expected -= {("PARCELS_DO_NOT_MATCH", "parcels")}
    found = await of_item(ask, "deliveriesRecord", "deliveries", **part | wrong)
    assert found == expected | more


async def test_what_does_not_complete_its_order_is_told_beside_what_is_odd(world, ask):
    order = await orders.order(world, ask)
    part = await deliveries.part(
        world, order, method="LOCKER", lines=deliveries.lines(order, "4"), completesOrder=True
    )
    for location in ({}, {"locationId": unknown("Location")}):
        found = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part | location])
        assert set(found) == {
            ("METHOD_NOT_ALLOWED", "deliveries.0.method"),
            ("INVALID", "deliveries.0.completesOrder"),
            *({("NOT_FOUND", "deliveries.0.locationId")} if location else ()),
        }


async def test_a_taken_sscc_is_told_beside_what_is_odd(world, ask):
    made = [await deliveries.released(world, ask, await orders.ten(world, ask)) for _ in "123"]
    first, second, third = (
        {"deliveryId": it["id"], "parcels": [{"contents": deliveries.contents(it)}]} for it in made
    )
    for each in (first, second, third):
        each["parcels"][0]["sscc"] = sscc("4012345", 1)
    second["expectedVersion"] = 99
    # What is refused takes no number from another.
    document = ITEMS % ("DeliveriesPack", "deliveriesPack")
    results = (await ask(document, i={"deliveries": [second, first, third]}))["it"]["results"]
    assert [set(reasons(it["userErrors"], 3)) for it in results] == [
        {("VERSION_CONFLICT", "expectedVersion"), ("TAKEN", "parcels.0.sscc")},
        set(),
        {("TAKEN", "parcels.0.sscc")},
    ]
    found = await deliveries.refusals(ask, "deliveryPack", **second)
    assert set(found) == {("VERSION_CONFLICT", "expectedVersion"), ("TAKEN", "parcels.0.sscc")}


@pytest.mark.parametrize("verb", ["orderPlace", "ordersImport", "orderAddLines"])
async def test_more_lines_than_a_call_takes_are_told_how_to_go_on(world, ask, verb):
    lines = [{"productSku": "BOLT", "quantity": "1"}] * 251
    shown = {"ordersImport": "results { userErrors { code message } }"}.get(verb, "")
    name = verb[0].upper() + verb[1:]
    document = (
        f"mutation ($i: {name}Input!) {{ it: {verb}(input: $i) {{"
        f" {shown} userErrors {{ code message }} }} }}"
    )
    of: dict[str, Any] = {"orderId": unknown("Order"), "lines": lines}
    if verb == "orderPlace":
        of = await orders.order_input(world, ask, lines=[orders.line(unknown("Product"))] * 251)
    if verb == "ordersImport":
        of = {"orders": [_imported(lines=lines)]}
    payload = (await ask(document, i=of))["it"]
    errors = payload["userErrors"] or payload["results"][0]["userErrors"]
    (text,) = [it["message"] for it in errors if it["code"] == "TOO_MANY_ITEMS"]
    assert "orderAddLines" in text
