"""Charges and taxes that are stated anew, and what that makes of a payment."""

import pytest

from models.access.viewers import Actor, Scope
from tests.make import reasons
from tests.make.trade import orders, payments, responses

FIELDS = """
  order {
    version paymentState availableActions
    totals { net { amount } charges { amount } taxes { amount } gross { amount } }
    charges { kind } taxes { category rate amount { amount } }
    timeline(last: 1) { nodes { type payload } }
  }
  userErrors { code field }
"""
STATE = f"""
mutation ($input: OrderStateAmountsInput!) {{ it: orderStateAmounts(input: $input) {{ {FIELDS} }} }}
"""
READ = "query ($id: ID!) { order(id: $id) { paymentState totals { gross { amount } } } }"
TAX = {"category": "STANDARD", "rate": "19", "amount": "6.65"}
SHIPPING = {"kind": "SHIPPING", "amount": "4.9"}


async def _state(ask, order, **fields):
    return (await ask(STATE, input={"orderId": order["id"], **fields}))["it"]


async def _less(ask, order, quantity="4"):
    """Cancel some of the first line."""
    line = {"lineId": order["lines"][0]["id"], "quantity": quantity}
    return await responses.done(ask, responses.CANCEL, order, lines=[line])


@pytest.mark.gate("O9", "orderStateAmounts")
async def test_totals_are_known_again_once_taxes_are_stated_anew(world, ask):
    order = await orders.order(world, ask, taxes=[TAX], charges=[SHIPPING])
    await _less(ask, order)
    assert (await ask(READ, id=order["id"]))["order"]["totals"]["gross"] is None
    stated = await _state(ask, order, taxes=[{**TAX, "amount": "5.68"}], expectedVersion=2)
    assert stated["userErrors"] == []
    totals = {name: it["amount"] for name, it in stated["order"]["totals"].items()}
    assert totals == {"net": "29.9", "charges": "4.9", "taxes": "5.68", "gross": "35.58"}
    assert stated["order"]["version"] == 3
    entry = stated["order"]["timeline"]["nodes"][0]
    assert (entry["type"], entry["payload"]) == ("order.amounts_stated", {"amounts": ["taxes"]})
    without = await _state(ask, order, charges=[], taxes=[])
    assert (without["order"]["charges"], without["order"]["taxes"]) == ([], [])
    assert without["order"]["totals"]["net"]["amount"] == "25"
    assert without["order"]["totals"]["gross"] is None


async def test_amounts_are_stated_by_who_may_and_of_orders_that_go_on(world, ask):
    order = await orders.order(world, ask)
    buyer = await responses.buyer(world, ask, order)
    assert "STATE_AMOUNTS" not in (await responses.read(buyer, order))["availableActions"]
    assert "STATE_AMOUNTS" in (await responses.read(ask, order))["availableActions"]
    key = await world.key(Actor.STAFF, scopes=[Scope.ORDERS_READ, Scope.ORDERS_MANAGE])
    answer = await ask.by(key).answer(STATE, input={"orderId": order["id"], "taxes": [TAX]})
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    for fields, refused in (
        ({}, [("INVALID", "taxes")]),
        ({"taxes": [TAX, TAX]}, [("DUPLICATE", "taxes.1")]),
        ({"charges": [{**SHIPPING, "amount": "4.999"}]}, [("SCALE_EXCEEDED", "charges.0.amount")]),
        ({"taxes": [TAX], "expectedVersion": 9}, [("VERSION_CONFLICT", "expectedVersion")]),
    ):
        payload = await _state(ask, order, **fields)
        found = reasons(payload["userErrors"])
        assert found == refused
    await _less(ask, order, "10")
    line = {"lineId": order["lines"][1]["id"], "quantity": "4"}
    await responses.done(ask, responses.CANCEL, order, lines=[line])
    gone = await _state(ask, order, taxes=[TAX])
    assert [it["code"] for it in gone["userErrors"]] == ["WRONG_STATE"]


@pytest.mark.parametrize("category", ["ZERO_RATED", "EXEMPT", "REVERSE_CHARGE", "OUT_OF_SCOPE"])
async def test_a_category_without_a_rate_has_none(world, ask, category):
    values = await orders.order_input(world, ask)
    place = "mutation ($i: OrderPlaceInput!) { it: orderPlace(input: $i) { userErrors { field } } }"
    order = await orders.order(world, ask)
    for tax, field in (
        ({"category": category, "rate": "19", "amount": "5"}, "rate"),
        ({"category": category, "rate": "0", "amount": "5"}, "amount"),
        ({"category": "STANDARD", "rate": "0", "amount": "0"}, "rate"),
    ):
        placed = (await ask(place, i={**values, "taxes": [tax]}))["it"]
        stated = await _state(ask, order, taxes=[tax])
        for refused in (placed, stated):
            assert [it["field"] for it in refused["userErrors"]] == [["input", "taxes", "0", field]]
    free = await _state(ask, order, taxes=[{"category": category, "rate": "0", "amount": "0"}])
    assert free["order"]["totals"]["gross"] == {"amount": "35"}


async def test_a_part_that_is_all_that_is_left_is_paid(world, ask):
    order = await orders.order(world, ask)
    await payments.record(ask, order, "PARTLY_PAID", "25")
    assert (await ask(READ, id=order["id"]))["order"]["paymentState"] == "PARTLY_PAID"
    await _less(ask, order, "3")
    assert (await ask(READ, id=order["id"]))["order"]["paymentState"] == "PARTLY_PAID"
    await _less(ask, order, "1")
    assert (await ask(READ, id=order["id"]))["order"]["paymentState"] == "PAID"
    more = await _state(ask, order, charges=[SHIPPING])
    assert more["order"]["paymentState"] == "PARTLY_PAID"
    less = await _state(ask, order, charges=[])
    assert less["order"]["paymentState"] == "PAID"


async def test_while_taxes_are_not_known_anew_a_part_is_a_part(world, ask):
    order = await orders.order(world, ask, taxes=[TAX])
    await payments.record(ask, order, "PARTLY_PAID", "26")
    await _less(ask, order)
    assert (await ask(READ, id=order["id"]))["order"]["paymentState"] == "PARTLY_PAID"
    for amount, state in (("4.75", "PARTLY_PAID"), ("1", "PAID")):
        stated = await _state(ask, order, taxes=[{**TAX, "amount": amount}])
        assert stated["order"]["paymentState"] == state


@pytest.mark.parametrize(
    ("reported", "less"), [("PAID", "PARTLY_PAID"), ("AUTHORISED", "AWAITED"), ("FAILED", "FAILED")]
)
async def test_what_was_the_whole_is_not_once_the_total_is_more(world, ask, reported, less):
    order = await orders.order(world, ask)
    await payments.record(ask, order, reported, "35")
    for tax, state in (("6.65", less), ("0.01", less), (None, reported)):
        stated = await _state(ask, order, taxes=[{**TAX, "amount": tax}] if tax else [])
        assert stated["order"]["paymentState"] == state


async def test_an_order_that_is_changed_to_more_is_paid_in_part(world, ask):
    order = await orders.order(world, ask)
    await payments.record(ask, order, "PAID", "35")
    for quantity, state in (("11", "PARTLY_PAID"), ("10", "PAID")):
        line = {"lineId": order["lines"][0]["id"], "quantity": quantity}
        update = """mutation ($i: OrdersUpdateInput!) { it: ordersUpdate(input: $i) {
          results { order { paymentState } } userErrors { code } } }"""
        items = [{"orderId": order["id"], "lines": [line]}]
        (changed,) = (await ask(update, i={"orders": items}))["it"]["results"]
        assert changed["order"]["paymentState"] == state


async def test_who_states_what_is_there_changes_nothing(world, ask):
    order = await orders.order(world, ask, taxes=[TAX], charges=[SHIPPING])
    same = await _state(ask, order, taxes=[{**TAX, "amount": "6.650"}], charges=[SHIPPING])
    assert (same["userErrors"], same["order"]["version"]) == ([], 1)
    (entry,) = same["order"]["timeline"]["nodes"]
    assert entry["type"] == "order.placed"


UPDATE = """
mutation ($i: OrdersUpdateInput!) { it: ordersUpdate(input: $i) {
  results { order { paymentState } userErrors { code } } userErrors { code } } }
"""
ADD = """
mutation ($i: OrderAddLinesInput!) { it: orderAddLines(input: $i) {
  order { paymentState } userErrors { code } } }
"""


async def _quantity(ask, order, quantity):
    """Change the quantity of the first line; return what is known of the payment then."""
    lines = [{"lineId": order["lines"][0]["id"], "quantity": quantity}]
    done = (await ask(UPDATE, i={"orders": [{"orderId": order["id"], "lines": lines}]}))["it"]
    assert done["results"][0]["userErrors"] == []
    return done["results"][0]["order"]["paymentState"]


@pytest.mark.parametrize(("reported", "less"), [("PAID", "PARTLY_PAID"), ("AUTHORISED", "AWAITED")])
async def test_all_without_an_amount_is_what_the_order_cost_then(world, ask, reported, less):
    order = await orders.order(world, ask)
    done = await payments.record(ask, order, reported)
    assert done["payment"]["amount"] is None
    for quantity, state in (("11", less), ("9", reported), ("10", reported)):
        assert await _quantity(ask, order, quantity) == state
    assert (await _state(ask, order, charges=[SHIPPING]))["order"]["paymentState"] == less
    assert (await _state(ask, order, charges=[]))["order"]["paymentState"] == reported
    (bolt,) = await orders.products(ask, "BOLT")
    line = orders.line(bolt) | {"externalReference": "2"}
    more = (await ask(ADD, i={"orderId": order["id"], "lines": [line]}))["it"]
    assert (more["userErrors"], more["order"]["paymentState"]) == ([], less)
    anew = {"reference": "R-2", "occurredAt": "2026-03-01T13:00:00Z"}
    again = await payments.record(ask, order, reported, **anew)
    assert again["order"]["paymentState"] == reported
