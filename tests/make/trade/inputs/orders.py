"""A valid input for every mutation of orders and payments: see everything.py."""

from typing import Any

from kit.ids import to_global
from tests.make.master import channels
from tests.make.scene import PACKAGING, PERSON, PLACE, WINDOW, Scene, fresh, versioned
from tests.make.trade import orders

AMOUNTS = {
    "discountPercent": "3",
    "charges": [{"kind": "SHIPPING", "amount": "4.9"}],
    "taxes": [{"category": "STANDARD", "rate": "19", "amount": "4.75"}],
}


async def order_place(s: Scene) -> dict[str, Any]:
    at = {"channelId": s.channel, "windowOverride": "Asked.", **AMOUNTS}
    return {**s.company_fields(), **at, "lines": [s.order_line()]}


async def order_place_guest(s: Scene) -> dict[str, Any]:
    who = {"guest": PERSON, "shipTo": PLACE, "channelId": s.channel}
    return {**s.order_fields(), **who, "lines": [s.order_line()]}


async def order_place_amounts(s: Scene) -> dict[str, Any]:
    """Place an order whose discounts are amounts, not percentages."""
    values = {**await order_place(s), "lines": [s.order_line(discountAmount="1.25")]}
    del values["discountPercent"], values["lines"][0]["discountPercent"]
    return {**values, "discountAmount": "2.5"}


async def orders_import(s: Scene) -> dict[str, Any]:
    when = {"placedAt": "2026-03-01T00:00:00+00:00", "channelId": s.channel, **AMOUNTS}
    return {"orders": [{**s.company_fields(), **when, "lines": [s.order_line()]}]}


async def orders_import_guest(s: Scene) -> dict[str, Any]:
    values = (await orders_import(s))["orders"][0]
    for name in ("partyId", "buyerContactId", "shipToId"):
        del values[name]
    return {"orders": [{**values, "guest": PERSON, "shipTo": PLACE}]}


async def orders_import_cancelled(s: Scene) -> dict[str, Any]:
    (item,) = (await orders_import(s))["orders"]
    return {"orders": [{**item, "cancelledAt": "2026-03-01T12:00:00+00:00"}]}


async def orders_import_closed(s: Scene) -> dict[str, Any]:
    (item,) = (await orders_import(s))["orders"]
    return {"orders": [{**item, "closedAt": "2026-03-01T12:00:00+00:00"}]}


async def orders_import_amounts(s: Scene) -> dict[str, Any]:
    order = await order_place_amounts(s)
    del order["windowOverride"]
    return {"orders": [{**order, "placedAt": "2026-03-01T00:00:00+00:00"}]}


CODES = """
query ($party: ID!, $channel: ID!, $product: ID!) {
  party(id: $party) { number contacts { code } addresses { code } }
  channel(id: $channel) { code } product(id: $product) { sku }
}
"""


async def orders_import_by_codes(s: Scene) -> dict[str, Any]:
    values = (await orders_import(s))["orders"][0]
    named = await s.ask(CODES, party=s.party, channel=s.channel, product=s.product)
    for name in ("partyId", "buyerContactId", "shipToId", "channelId"):
        del values[name]
    line = s.order_line(productSku=named["product"]["sku"])
    del line["productId"]
    codes = {
        "channelCode": named["channel"]["code"],
        "partyNumber": named["party"]["number"],
        "buyerContactCode": named["party"]["contacts"][0]["code"],
        "shipToAddressCode": named["party"]["addresses"][0]["code"],
    }
    return {"orders": [{**values, **codes, "lines": [line]}]}


async def order_approve(s: Scene) -> dict[str, Any]:
    order = await s.pending()
    return {"orderId": order["id"], "expectedVersion": order["version"]}


async def order_approve_unpriced(s: Scene) -> dict[str, Any]:
    (gift,) = await orders.products(s.ask, fresh("S"), listPrice=None)
    portal = to_global("Channel", await channels.channel(s.world, takes_unpriced=True))
    order = await s.order(channelId=portal, lines=[{"productId": gift, "quantity": "1"}])
    prices = [{"lineId": order["lines"][0]["id"], "unitPrice": "2.5"}]
    return {**versioned("orderId", order), "prices": prices}


async def order_reject(s: Scene) -> dict[str, Any]:
    return {**await order_approve(s), "reason": "Too late."}


async def order_hold(s: Scene) -> dict[str, Any]:
    why = {"reason": "FRAUD", "owner": "audit", "note": "Look at it."}
    return {"orderId": (await s.order())["id"], **why}


HELD = """
mutation ($input: OrderHoldInput!) { orderHold(input: $input) { hold { id } } }
"""


async def order_release_hold(s: Scene) -> dict[str, Any]:
    held = await s.ask(HELD, input=await order_hold(s))
    return {"holdId": held["orderHold"]["hold"]["id"]}


async def order_cancel_lines(s: Scene) -> dict[str, Any]:
    order = await s.order()
    lines = [{"lineId": order["lines"][0]["id"], "quantity": "4", "packaging": PACKAGING}]
    version = {"expectedVersion": order["version"], "reason": "Too many."}
    return {"orderId": order["id"], "lines": lines, **version}


async def order_withdraw(s: Scene) -> dict[str, Any]:
    own = to_global("Channel", await channels.channel(s.world, withdrawable=True))
    return {**versioned("orderId", await s.order(channelId=own)), "reason": "Not needed."}


async def order_propose_window(s: Scene) -> dict[str, Any]:
    own = to_global("Channel", await channels.channel(s.world, reschedulable=True))
    order = await s.order(channelId=own)
    return {**versioned("orderId", order), "window": WINDOW, "reason": "We are closed."}


PROPOSED = """
mutation ($input: OrderProposeWindowInput!) {
  orderProposeWindow(input: $input) { order { id version } }
}
"""


async def order_answer_proposal(s: Scene) -> dict[str, Any]:
    proposed = await s.ask(PROPOSED, input=await order_propose_window(s))
    answer = {"answer": "ACCEPTED", "reason": "Gladly.", "windowOverride": "Asked."}
    return {**versioned("orderId", proposed["orderProposeWindow"]["order"]), **answer}


async def order_close(s: Scene) -> dict[str, Any]:
    order = await s.order()
    return {"orderId": order["id"], "expectedVersion": order["version"]}


async def order_confirm(s: Scene) -> dict[str, Any]:
    order = await s.order()
    response = {"response": "ACCEPTED", "window": WINDOW, "overTolerance": "2"}
    response |= {"packaging": PACKAGING}
    lines = [{"lineId": order["lines"][0]["id"], **response}]
    when = {"window": WINDOW, "windowOverride": "Asked."}
    return {**versioned("orderId", order), **when, "lines": lines}


async def order_confirm_amended(s: Scene) -> dict[str, Any]:
    (other,) = await orders.products(s.ask, fresh("S"))
    offered = {"quantity": "8", "productId": other, "window": WINDOW, "reason": "Sold out."}
    order = await s.order()
    lines = [{"lineId": order["lines"][0]["id"], "response": "AMENDED", **offered}]
    until = {"answerBy": "2026-03-09T12:00:00+00:00"}
    return {**versioned("orderId", order), **until, "lines": lines}


async def order_confirm_rejected(s: Scene) -> dict[str, Any]:
    order = await s.order()
    response = {"response": "REJECTED", "reason": "Not made any more."}
    lines = [{"lineId": order["lines"][0]["id"], **response}]
    return {**versioned("orderId", order), "lines": lines}


CONFIRM = """
mutation ($input: OrderConfirmInput!) {
  orderConfirm(input: $input) { order { id version lines { id } } userErrors { code field } }
}
"""


async def order_answer_amendment(s: Scene) -> dict[str, Any]:
    amended = await s.ask(CONFIRM, input=await order_confirm_amended(s))
    order = amended["orderConfirm"]["order"]
    lines = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    return {**versioned("orderId", order), "lines": lines}


def payment(reference: str) -> dict[str, Any]:
    amount = {"amount": "10", "currency": "EUR"}
    when = {"occurredAt": "2026-03-01T00:00:00+00:00"}
    return {"reference": reference, "state": "PARTLY_PAID", "amount": amount, **when}


async def order_record_payment(s: Scene) -> dict[str, Any]:
    return {"orderId": (await s.order())["id"], **payment("P-1")}


async def order_state_amounts(s: Scene) -> dict[str, Any]:
    stated = {name: AMOUNTS[name] for name in ("charges", "taxes")}
    return {**versioned("orderId", await s.order()), **stated}


async def orders_record_payments(s: Scene) -> dict[str, Any]:
    return {"payments": [{"orderId": (await s.order())["id"], **payment("P-2")}]}


async def orders_update(s: Scene) -> dict[str, Any]:
    order = await s.order(lines=[s.order_line(), s.order_line(externalReference="B-2")])
    first, second = (it["id"] for it in order["lines"])
    change = {"lineId": first, "quantity": "4", "packaging": PACKAGING, "window": WINDOW}
    change |= {"unitPrice": "2", "discountPercent": "1", "substitutionAllowed": True}
    change |= {"externalReference": fresh("R")}
    new = s.order_line(externalReference="B-3")
    lines = {"lines": [change], "addLines": [new], "removeLineIds": [second]}
    why = {"windowOverride": "The gate is staffed."}
    return {"orders": [{**versioned("orderId", order), **lines, **why}]}


async def orders_update_amounts(s: Scene) -> dict[str, Any]:
    """Change a line whose discount is an amount, not a percentage."""
    order = await s.order()
    change = {"lineId": order["lines"][0]["id"], "discountAmount": "1.25"}
    lines = {"lines": [change], "addLines": [await _line_by_sku(s)]}
    return {"orders": [{**versioned("orderId", order), **lines}]}


async def _line_by_sku(s: Scene) -> dict[str, Any]:
    """Return a line of a product by SKU, whose discount is an amount."""
    sku = fresh("S")
    await orders.products(s.ask, sku)
    return {"productSku": sku, "quantity": "3", "unitPrice": "2", "discountAmount": "1"}


async def order_add_lines_by_sku(s: Scene) -> dict[str, Any]:
    return {**versioned("orderId", await s.order()), "lines": [await _line_by_sku(s)]}


async def order_add_lines(s: Scene) -> dict[str, Any]:
    order = await s.order()
    lines = {"lines": [s.order_line(externalReference="B-2")]}
    return {**versioned("orderId", order), **lines, "windowOverride": "The gate is staffed."}
