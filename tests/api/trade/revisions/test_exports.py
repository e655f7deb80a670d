"""Whole exports: a shop's orders as it writes them, and an order of 2,000 lines."""

import csv
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from tests.api.trade.revisions.test_orders_import import IMPORT, TOTAL, _imported, _item, _masters
from tests.guard import counted
from tests.make.fulfilment import deliveries
from tests.make.master import channels
from tests.make.trade import orders

SHOP = Path(__file__).with_name("shop_orders.csv")
"""As Shopify writes its CSV of orders: a row for each line, the first of an order with the rest."""
ORDERS = """{ orders(first: 9, sort: PLACED_AT) { nodes {
  externalReference note guest { name email phone } shipTo { name line2 city region }
  totals { taxes { amount } gross { amount } } lines { ordered product { sku } }
} } }"""
ADD = """
mutation ($input: OrderAddLinesInput!) { orderAddLines(input: $input) {
  order { version } userErrors { code field }
} }
"""
LINES = """query ($number: String!) { order(number: $number) {
  id version net { amount } lines { id lineNo ordered unplanned } } }"""


def _instant(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").isoformat()


def _line(row):
    return {
        "productSku": row["Lineitem sku"],
        "quantity": row["Lineitem quantity"],
        "unitPrice": row["Lineitem price"],
        "discountAmount": row["Lineitem discount"],
    }


def _order(rows):
    """Return what a plain program makes of an order: cell by cell, empty ones too."""
    first, taxed = rows[0], rows[0]["Taxes"] != "0.00"
    return {
        "externalReference": first["Name"],
        "purchaseOrderNumber": first["Payment Reference"],
        "placedAt": _instant(first["Created at"]),
        "channelCode": "SHOP",
        "partyNumber": "",
        "currency": first["Currency"],
        "guest": {
            "name": first["Shipping Name"],
            "department": first["Shipping Company"],
            "phone": first["Shipping Phone"],
            "email": first["Email"],
        },
        "shipTo": {
            "name": first["Shipping Name"],
            "line1": first["Shipping Address1"],
            "line2": first["Shipping Address2"],
            "postalCode": first["Shipping Zip"],
            "city": first["Shipping City"],
            "region": first["Shipping Province"],
            "country": first["Shipping Country"],
        },
        "note": first["Notes"],
        "discountAmount": first["Discount Amount"],
        "charges": [{"kind": "SHIPPING", "amount": first["Shipping"]}],
        "taxes": [{"category": "STANDARD", "rate": "19", "amount": first["Taxes"]}] * taxed,
        "lines": list(map(_line, rows)),
    }


def _export():
    rows = defaultdict(list)
    with SHOP.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows[row["Name"]].append(row)
    return [_order(it) for it in rows.values()]


async def test_the_export_of_a_shop_loads_whole_but_for_what_is_missing_in_single_orders(
    world, ask
):
    await channels.channel(world, code="SHOP")
    await orders.products(ask, "BOLT", "NUT", "COG")
    export = _export()
    results = (await _imported(ask, *export))["results"]
    refusals = {
        place: [(it["code"], it["field"][3:]) for it in result["userErrors"]]
        for place, result in enumerate(results)
        if result["status"] == "REFUSED"
    }
    assert refusals == {
        2: [("BLANK", ["shipTo", "city"])],
        5: [("INVALID", ["lines", "0"])],
    }
    found = (await ask(ORDERS))["orders"]["nodes"]
    assert [it["externalReference"] for it in found] == [
        "#1001",
        "#1002",
        "#1004",
        "#1005",
        "#1007",
    ]
    with SHOP.open(newline="", encoding="utf-8") as file:
        by_name = {it["Name"]: it for it in csv.DictReader(file) if it["Total"]}
    for each in found:
        wanted = [Decimal(by_name[each["externalReference"]][it]) for it in ("Taxes", "Total")]
        assert [Decimal(each["totals"][it]["amount"]) for it in ("taxes", "gross")] == wanted
    first = found[0]
    assert first["note"] is None
    assert first["guest"] == {
        "name": "Anna Weber",
        "email": "anna@example.com",
        "phone": "+49 221 1",
    }
    assert first["shipTo"] == {"name": "Anna Weber", "line2": None, "city": "Köln", "region": None}


async def test_the_mended_export_brings_the_rest_and_leaves_what_is_there(world, ask):
    await channels.channel(world, code="SHOP")
    await orders.products(ask, "BOLT", "NUT", "COG", "GIFT")
    export = _export()
    await _imported(ask, *export)
    export[2]["shipTo"]["city"] = "Roma"
    export[5]["lines"][0]["productSku"] = "GIFT"
    statuses = [it["status"] for it in (await _imported(ask, *export))["results"]]
    assert statuses == [
        *("UNCHANGED", "UNCHANGED", "CREATED", "UNCHANGED", "UNCHANGED", "CREATED", "UNCHANGED"),
    ]
    assert (await ask(TOTAL))["orders"]["totalCount"] == 7


def _lines(first, count):
    return [
        {"productSku": "BOLT", "quantity": "2", "unitPrice": "1", "externalReference": str(number)}
        for number in range(first, first + count)
    ]


async def test_an_order_of_2000_lines_is_continued_read_planned_and_no_longer(world, ask, database):
    await _masters(world, ask)
    await orders.products(ask, "BOLT", isActive=True)
    values = {"orders": [_item("1", lines=_lines(0, 250))]}
    await ask(IMPORT, input=values)
    order = (await ask(LINES, number="O-000001"))["order"]
    sent = []
    for number in range(1, 8):
        about = {"orderId": order["id"], "expectedVersion": number}
        with counted(database.engine) as statements:
            done = await ask(ADD, input={**about, "lines": _lines(number * 250, 250)})
        assert done["orderAddLines"] == {"order": {"version": number + 1}, "userErrors": []}
        sent.append(len(statements))
    assert len(set(sent)) == 1
    more = await ask(ADD, input={"orderId": order["id"], "lines": _lines(2000, 1)})
    assert [it["code"] for it in more["orderAddLines"]["userErrors"]] == ["TOO_MANY_ITEMS"]
    order = (await ask(LINES, number="O-000001"))["order"]
    assert [it["lineNo"] for it in order["lines"]] == list(range(1, 2001))
    assert order["net"]["amount"] == "4000"
    planned = [{"orderLineId": it["id"], "quantity": it["ordered"]} for it in order["lines"][:250]]
    delivery = await deliveries.planned(world, ask, order, lines=planned, window=deliveries.WINDOW)
    assert len(delivery["lines"]) == 250
