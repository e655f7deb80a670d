"""Orders changed line by line before those lines are planned."""

import pytest

from tests.guard import counted
from tests.make import reasons
from tests.make.fulfilment import deliveries
from tests.make.trade import orders

UPDATE = """
mutation ($input: OrdersUpdateInput!) { ordersUpdate(input: $input) {
  results { status userErrors { code field message } order {
    version availableActions totals { discount { amount } }
    lines { lineNo ordered cancelled product { sku } unitPrice { amount } window { latest } }
  } }
  userErrors { code field }
} }
"""
WINDOW = {
    "earliest": "2026-03-09T08:00:00Z",
    "latest": "2026-03-09T12:00:00Z",
    "timeZone": "Europe/Berlin",
}


async def _updated(ask, *items):
    return (await ask(UPDATE, input={"orders": list(items)}))["ordersUpdate"]["results"]


def _lines(result):
    return [(it["lineNo"], it["product"]["sku"], it["ordered"]) for it in result["order"]["lines"]]


async def test_lines_are_changed_added_and_taken_out(world, ask):
    order = await orders.order(world, ask, discountAmount="4", window=WINDOW)
    bolt, nut = order["lines"]
    (result,) = await _updated(
        ask,
        {
            "orderId": order["id"],
            "expectedVersion": order["version"],
            "lines": [{"lineId": bolt["id"], "quantity": "6", "window": WINDOW}],
            "addLines": [{"productSku": "NUT", "quantity": "3"}],
            "removeLineIds": [nut["id"]],
        },
    )
    assert (result["status"], result["userErrors"]) == ("UPDATED", [])
    assert _lines(result) == [(1, "BOLT", "6"), (2, "NUT", "0"), (3, "NUT", "3")]
    assert result["order"]["totals"]["discount"]["amount"] == "4"
    assert result["order"]["version"] == order["version"] + 1
    assert {"UPDATE", "ADD_LINES"} <= set(result["order"]["availableActions"])
    (again,) = await _updated(
        ask, {"orderId": order["id"], "lines": [{"lineId": bolt["id"], "quantity": "6"}]}
    )
    assert (again["status"], again["order"]["version"]) == ("UNCHANGED", order["version"] + 1)


async def test_a_window_is_emptied_by_null_and_left_alone_by_silence(world, ask):
    order = await orders.order(world, ask)
    line_id = order["lines"][0]["id"]
    shown = []
    for fields in ({"window": WINDOW}, {"quantity": "3"}, {"window": None}):
        (result,) = await _updated(
            ask, {"orderId": order["id"], "lines": [{"lineId": line_id, **fields}]}
        )
        shown.append(result["order"]["lines"][0]["window"])
    latest = {"latest": "2026-03-09T12:00:00+00:00"}
    assert shown == [latest, latest, None]


@pytest.mark.gate("O7", "ordersUpdate")
async def test_a_line_of_which_something_is_planned_stays_and_others_may_change(world, ask):
    order = await orders.order(world, ask)
    bolt, nut = (it["id"] for it in order["lines"])
    await deliveries.planned(world, ask, order, lines=[{"orderLineId": bolt, "quantity": "1"}])
    (result,) = await _updated(
        ask, {"orderId": order["id"], "lines": [{"lineId": nut, "quantity": "9"}]}
    )
    assert _lines(result) == [(1, "BOLT", "10"), (2, "NUT", "9")]
    change = {"orderId": order["id"], "lines": [{"lineId": bolt, "quantity": "9"}]}
    (result,) = await _updated(ask, change)
    (refused,) = result["userErrors"]
    assert (refused["code"], refused["field"][3:]) == (
        "WRONG_STATE",
        ["lines", "0", "quantity"],
    )
    assert refused["message"] == "Something of line 1 is planned, and quantity is 10 there, not 9."


async def test_one_order_that_is_refused_stops_no_other_and_tells_all_its_refusals(world, ask):
    one, other = [await orders.order(world, ask) for _ in range(2)]
    line_id = one["lines"][0]["id"]
    wrong = {
        "orderId": one["id"],
        "lines": [{"lineId": line_id, "quantity": "0.5"}, {"lineId": other["lines"][0]["id"]}],
        "removeLineIds": [other["lines"][1]["id"], line_id],
    }
    good = {"orderId": other["id"], "removeLineIds": [other["lines"][1]["id"]]}
    stale = {"orderId": one["id"], "expectedVersion": 9}
    shape = {"orderId": one["id"], "lines": [{"lineId": line_id, "quantity": "many"}]}
    results = await _updated(ask, wrong, good, stale, shape, good)
    refusals = [reasons(r["userErrors"], 3) for r in results]
    assert refusals == [
        [
            ("SCALE_EXCEEDED", "lines.0.quantity"),
            ("NOT_FOUND", "lines.1.lineId"),
            ("NOT_FOUND", "removeLineIds.0"),
            ("DUPLICATE", "removeLineIds.1"),
        ],
        [],
        [("VERSION_CONFLICT", "expectedVersion")],
        [("INVALID", "lines.0.quantity")],
        [("DUPLICATE", "orderId")],
    ]


async def test_an_order_keeps_at_least_one_line(world, ask):
    order = await orders.order(world, ask, discountAmount="4")
    every = [it["id"] for it in order["lines"]]
    (result,) = await _updated(ask, {"orderId": order["id"], "removeLineIds": every})
    refusals = [(it["code"], it["field"][3:]) for it in result["userErrors"]]
    assert refusals == [("TOO_FEW_ITEMS", ["removeLineIds", "1"])]


async def test_an_order_that_is_over_is_not_changed(world, ask):
    order = await orders.order(world, ask)
    cancel = """mutation ($input: OrderCancelLinesInput!) {
      orderCancelLines(input: $input) { userErrors { code } } }"""
    lines = [{"lineId": it["id"], "quantity": it["ordered"]} for it in order["lines"]]
    await ask(cancel, input={"orderId": order["id"], "lines": lines})
    added = [{"productSku": "BOLT", "quantity": "1", "unitPrice": price} for price in ("8", "9")]
    (result,) = await _updated(ask, {"orderId": order["id"], "addLines": added})
    assert reasons(result["userErrors"], 3) == [("WRONG_STATE", "orderId")]


async def test_statements_do_not_grow_with_orders_or_lines(world, ask, database):
    counts = []
    for count in (1, 10):
        made = [await orders.order(world, ask) for _ in range(count)]
        items = [
            {
                "orderId": each["id"],
                "lines": [{"lineId": each["lines"][0]["id"], "quantity": "3"}],
                "addLines": [{"productSku": "NUT", "quantity": "3", "unitPrice": "9"}],
            }
            for each in made
        ]
        with counted(database.engine) as sent:
            assert {it["status"] for it in await _updated(ask, *items)} == {"UPDATED"}
        counts.append(len(sent))
    assert counts[0] == counts[1]


async def test_lines_that_are_sent_twice_are_not_added_twice(world, ask):
    """A further line of the same is one at other terms, or where the first cannot change."""
    order = await orders.order(world, ask)
    bolt = order["lines"][0]
    line = {"productSku": "BOLT", "unitPrice": bolt["unitPrice"]["amount"], "quantity": "7"}
    cheap = {**line, "unitPrice": "0.5"}

    async def add(*lines):
        values = {"orderId": order["id"], "lines": lines}
        payload = await ask(orders.REVISE["orderAddLines"], input=values)
        return reasons(payload["orderAddLines"]["userErrors"])

    assert await add(cheap) == []
    assert await add(cheap, line) == [("DUPLICATE", "lines.0"), ("DUPLICATE", "lines.1")]
    (both,) = await _updated(
        ask,
        {
            "orderId": order["id"],
            "lines": [{"lineId": bolt["id"], "unitPrice": "3"}],
            "addLines": [line],
        },
    )
    assert both["userErrors"] == []
    await deliveries.planned(
        world, ask, order, lines=[{"orderLineId": bolt["id"], "quantity": "1"}]
    )
    assert await add({**line, "unitPrice": "3"}) == []
