"""Orders that are sent again under their references: as they were, edited, or too late for that."""

import pytest

from tests.api.trade.revisions.test_orders_import import WINDOW, _imported, _item, _masters
from tests.guard import counted
from tests.make.fulfilment import deliveries
from tests.make.trade import orders

READ = """
query ($number: String!) { order(number: $number) {
  id note version net { amount } taxes { amount { amount } }
  totals { discount { amount } charges { amount } }
  purchaseOrderNumber shipTo { city }
  lines { id lineNo ordered unplanned product { sku } unitPrice { amount } net { amount } }
  timeline(first: 9) { nodes { type } }
} }
"""
PLACE = {"line1": "Ringstr. 1", "city": "Köln", "country": "DE"}


_EMPTY = dict.fromkeys(("line1", "city", "country"), "")


async def _order(ask, number="O-000001"):
    return (await ask(READ, number=number))["order"]


def _quantities(order):
    return [(it["lineNo"], it["product"]["sku"], it["ordered"]) for it in order["lines"]]


async def _statuses(ask, *items):
    results = (await _imported(ask, *items))["results"]
    return [it["status"] if not it["userErrors"] else it["userErrors"] for it in results]


async def test_what_is_sent_again_as_it_was_changes_nothing(world, ask):
    await _masters(world, ask)
    item = _item(
        "1",
        shipTo=PLACE,
        taxes=[{"category": "STANDARD", "rate": "19", "amount": "4.75"}],
        charges=[{"kind": "SHIPPING", "amount": "4.9"}],
        discountAmount="2",
    )
    assert await _statuses(ask, item) == ["CREATED"]
    before = await _order(ask)
    assert await _statuses(ask, item) == ["UNCHANGED"]
    assert await _order(ask) == before


@pytest.mark.gate("O7", "ordersImport")
async def test_zeros_behind_amounts_say_nothing_also_where_it_is_too_late(world, ask):
    await _masters(world, ask)
    first = {
        "taxes": [{"category": "STANDARD", "rate": "19", "amount": "1.20"}],
        "charges": [{"kind": "SHIPPING", "amount": "4.9"}],
    }
    again = {
        "taxes": [{"category": "STANDARD", "rate": "19.0", "amount": "1.2"}],
        "charges": [{"kind": "SHIPPING", "amount": "4.90"}],
    }
    item = _item("1", **first)
    assert await _statuses(ask, item) == ["CREATED"]
    assert await _statuses(ask, item | again) == ["UNCHANGED"]
    order = await _order(ask)
    some = {"orderLineId": order["lines"][0]["id"], "quantity": "2"}
    await deliveries.planned(world, ask, order, lines=[some])
    assert await _statuses(ask, item | again) == ["UNCHANGED"]
    again["taxes"][0]["amount"] = "1.3"
    ((found,),) = await _statuses(ask, item | again)
    assert found["code"] == "WRONG_STATE"


async def test_an_edited_order_becomes_what_is_sent(world, ask):
    await _masters(world, ask)
    item = _item("1", shipTo=PLACE)
    await _imported(ask, item)
    bolt, nut, cog = item["lines"]
    edited = {
        **item,
        "lines": [bolt | {"quantity": "7"}, cog, nut | {"unitPrice": "1", "quantity": "1"}],
        "note": "Ring twice.",
        "shipTo": PLACE | {"city": "Bonn"},
        "charges": [{"kind": "SHIPPING", "amount": "5"}],
    }
    assert await _statuses(ask, edited) == ["UPDATED"]
    order = await _order(ask)
    assert _quantities(order) == [(1, "BOLT", "7"), (2, "NUT", "1"), (3, "COG", "5")]
    assert (order["note"], order["shipTo"]["city"], order["version"]) == ("Ring twice.", "Bonn", 2)
    assert order["net"]["amount"] == "105.81"
    assert [it["type"] for it in order["timeline"]["nodes"]] == ["order.placed", "order.updated"]
    assert await _statuses(ask, edited) == ["UNCHANGED"]


async def test_a_line_that_is_not_sent_any_more_is_taken_out_and_its_number_is_not_used_again(
    world, ask
):
    await _masters(world, ask)
    item = _item("1")
    await _imported(ask, item)
    bolt, _, cog = item["lines"]
    assert await _statuses(ask, item | {"lines": [bolt, cog]}) == ["UPDATED"]
    assert _quantities(await _order(ask)) == [(1, "BOLT", "5"), (2, "NUT", "0"), (3, "COG", "5")]
    assert await _statuses(ask, item | {"lines": [bolt, cog]}) == ["UNCHANGED"]
    assert await _statuses(ask, item) == ["UPDATED"]
    quantities = [(1, "BOLT", "5"), (2, "NUT", "0"), (3, "COG", "5"), (4, "NUT", "5")]
    assert _quantities(await _order(ask)) == quantities


async def test_lines_are_known_by_their_references(world, ask):
    await _masters(world, ask)
    line = {"unitPrice": "1", "quantity": "1"}
    lines = [line | {"productSku": "BOLT", "externalReference": it} for it in ("A", "B")]
    await _imported(ask, _item("1", lines=lines))
    turned = [lines[1] | {"quantity": "3"}, lines[0]]
    assert await _statuses(ask, _item("1", lines=turned)) == ["UPDATED"]
    assert [it[2] for it in _quantities(await _order(ask))] == ["1", "3"]


@pytest.mark.gate("O7", "ordersImport")
@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"lines": 0, "quantity": "6"}, [["lines", "0", "quantity"]]),
        ({"lines": 1, "quantity": "6"}, []),
        ({"note": "Ring."}, []),
        ({"currency": "EUR"}, [["currency"]]),
        ({"currency": "JPY", "lines": None}, [["currency"]]),
        (
            {"shipTo": PLACE | {"city": "Bonn", "postalCode": "53111"}},
            [["shipTo", "city"], ["shipTo", "postalCode"]],
        ),
        ({"window": None, "discountPercent": "5"}, [["discountPercent"], ["window"]]),
        ({"cut": 1}, [["lines"]]),
    ],
)
async def test_what_is_too_late_is_refused_with_every_difference(world, ask, change, paths):
    await _masters(world, ask)
    item = _item("1", shipTo=PLACE, window=WINDOW, discountAmount="2")
    await _imported(ask, item)
    order = await _order(ask)
    first = {"orderLineId": order["lines"][0]["id"], "quantity": "2"}
    await deliveries.planned(world, ask, order, lines=[first])
    edited = {**item, "lines": [dict(it) for it in item["lines"]]}
    if "discountPercent" in change:
        del edited["discountAmount"]
    if "lines" in change and change["lines"] is None:
        edited["currency"] = change["currency"]
        del edited["discountAmount"]
        for line in edited["lines"]:
            line.pop("unitPrice", None)
    elif "lines" in change:
        edited["lines"][change["lines"]]["quantity"] = change["quantity"]
    elif "cut" in change:
        edited["lines"] = edited["lines"][change["cut"] :]
    else:
        edited |= change
    (result,) = (await _imported(ask, edited))["results"]
    assert result["status"] == ("REFUSED" if paths else "UPDATED")
    assert [it["field"][3:] for it in result["userErrors"]] == paths
    assert {it["code"] for it in result["userErrors"]} <= {"WRONG_STATE"}
    taken = "Something of line 1 is planned, and "
    assert {it["message"] for it in result["userErrors"]} <= {
        f"{taken}window is another there.",
        f"{taken}discountPercent is nothing there, not 5.",
        f"{taken}quantity is 5 there, not 6.",
        f'{taken}city is "Köln" there, not "Bonn".',
        f'{taken}postalCode is nothing there, not "53111".',
        f"{taken}line 1 is to go.",
        'O-000001 is there already, and currency is "USD" there, not "EUR".',
        'O-000001 is there already, and currency is "USD" there, not "JPY".',
    }


async def test_what_was_cancelled_since_does_not_make_the_order_another_one(world, ask):
    await _masters(world, ask)
    item = _item("1", taxes=[{"category": "STANDARD", "rate": "19", "amount": "4.75"}])
    await _imported(ask, item)
    order = await _order(ask)
    cancel = """mutation ($input: OrderCancelLinesInput!) {
      orderCancelLines(input: $input) { userErrors { code } } }"""
    lines = [{"lineId": order["lines"][0]["id"], "quantity": "2"}]
    await ask(cancel, input={"orderId": order["id"], "lines": lines})
    assert await _statuses(ask, item) == ["UNCHANGED"]


async def test_statements_do_not_grow_with_the_number_of_edited_orders(world, ask, database):
    await _masters(world, ask)
    counts = []
    for count in (1, 20):
        items = [_item(f"{count}-{number}") for number in range(count)]
        await _imported(ask, *items)
        edited = [it | {"note": "Edited.", "lines": it["lines"][:2]} for it in items]
        with counted(database.engine) as sent:
            assert set(await _statuses(ask, *edited)) == {"UPDATED"}
        counts.append(len(sent))
    assert counts[0] == counts[1]


async def test_lines_that_continue_an_order_stay_when_its_first_ones_are_sent_again(world, ask):
    await _masters(world, ask)
    item = _item("1", discountAmount="10")
    await _imported(ask, item)
    order_id = (await _order(ask))["id"]
    await orders.products(ask, "BOLT", isActive=True)
    more = [{"productSku": "BOLT", "quantity": str(it), "unitPrice": str(it)} for it in (7, 8)]
    add = """mutation ($input: OrderAddLinesInput!) {
      orderAddLines(input: $input) { userErrors { code message field } } }"""
    added = await ask(add, input={"orderId": order_id, "lines": more})
    assert added["orderAddLines"]["userErrors"] == []
    assert await _statuses(ask, item) == ["UNCHANGED"]
    bolt, nut, _ = item["lines"]
    first = item | {"lines": [bolt | {"quantity": "6"}, nut]}
    assert await _statuses(ask, first) == ["UPDATED"]
    order = await _order(ask)
    assert [it[2] for it in _quantities(order)] == ["6", "5", "0", "7", "8"]
    assert order["totals"]["discount"]["amount"] == "10"
    assert await _statuses(ask, first) == ["UNCHANGED"]
    whole = first | {"lines": [*first["lines"], *more]}
    assert await _statuses(ask, whole) == ["UNCHANGED"]


async def test_what_is_left_out_stays_and_null_empties_it(world, ask):
    await _masters(world, ask)
    person = {"name": "Ann"}
    stated = {
        "shipTo": PLACE | {"city": "Bonn"},
        "recipient": person,
        "window": WINDOW,
        "note": "Ring.",
        "purchaseOrderNumber": "P-1",
        "kind": "SAMPLE",
        "discountAmount": "2",
        "charges": [{"kind": "SHIPPING", "amount": "4.9"}],
        "taxes": [{"category": "STANDARD", "rate": "19", "amount": "4.75"}],
    }
    item = _item("1", **stated)
    item["lines"][0] |= {"window": WINDOW, "externalReference": "A", "substitutionAllowed": True}
    await _imported(ask, item)
    before = await _order(ask)
    lines = [{"productSku": it["productSku"], "quantity": "5"} for it in item["lines"]]
    bare = {name: it for name, it in item.items() if name not in stated} | {"lines": lines}
    assert await _statuses(ask, bare) == ["UNCHANGED"]
    assert await _order(ask) == before
    empty = dict.fromkeys(stated)
    blank = bare | {"kind": "", "note": "", "discountAmount": "", "shipTo": _EMPTY}
    assert await _statuses(ask, blank) == ["UNCHANGED"]
    assert await _statuses(ask, bare | empty) == ["UPDATED"]
    after = await _order(ask)
    assert (after["note"], after["purchaseOrderNumber"], after["taxes"]) == (None, None, [])
    totals = after["totals"]
    assert (totals["discount"]["amount"], totals["charges"]["amount"]) == ("0", "0")
    assert after["shipTo"] != before["shipTo"]
    lines[0] |= {"quantity": "4", "unitPrice": None}
    (result,) = (await _imported(ask, bare | {"lines": lines}))["results"]
    assert [it["code"] for it in result["userErrors"]] == ["PRICE_UNKNOWN"]
