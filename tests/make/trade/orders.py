"""Products and orders, made over the API."""

from typing import Any

from kit.ids import to_global
from tests.make import Ask, World
from tests.make.master import channels, parties

PRODUCTS = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { product { id } } userErrors { code field } }
}
"""
PLACE = """
mutation ($input: OrderPlaceInput!) {
  orderPlace(input: $input) {
    order {
      id number state kind version currency net { amount currency } fulfilmentStatus
      isOpen isLate isBackordered availableActions
      channel { id } party { id number } guest { name } buyerContact { code }
      shipTo { city } shipToAddress { code } recipient { name }
      window { earliest latest timeZone } purchaseOrderNumber externalReference
      deliveryPolicy cancelIfNotBy placedAt confirmedAt
      lines {
        id lineNo ordered cancelled planned shipped openQuantity unplanned discountPercent
        unitPrice { amount currency } net { amount } product { sku } window { latest }
      }
      holds { id } timeline(first: 9) { nodes { type } }
    }
    userErrors { code field message }
  }
}
"""


WINDOW = {
    "earliest": "2026-03-10T07:00:00Z",
    "latest": "2026-03-10T09:00:00Z",
    "timeZone": "Europe/Berlin",
}
LIST_PRICE = {"amount": "2.5", "currency": "EUR"}


async def products(ask: Ask, *skus: str, **fields: Any) -> list[str]:
    """Return the global ids of products, made unless they are there; list price EUR 2.50."""
    items = [{"sku": sku, "name": sku, "listPrice": LIST_PRICE, **fields} for sku in skus]
    results = (await ask(PRODUCTS, input={"products": items}))["productsUpsert"]["results"]
    return [it["product"]["id"] for it in results]


def line(product_id: str, quantity: str = "10", **fields: Any) -> dict[str, Any]:
    return {"productId": product_id, "quantity": quantity, "unitPrice": "2.5", **fields}


async def order_input(world: World, ask: Ask, **fields: Any) -> dict[str, Any]:
    """Return the input of a company's order: ten bolts and four nuts at EUR 2.50."""
    if "channelId" not in fields:
        fields["channelId"] = to_global("Channel", await channels.channel(world))
    if "partyId" not in fields and "guest" not in fields:
        fields["partyId"] = to_global("Party", await parties.company(world))
    if "lines" not in fields:
        bolt, nut = await products(ask, "BOLT", "NUT")
        fields["lines"] = [line(bolt), line(nut, "4")]
    await parties.allow(world, fields.get("partyId"), fields["channelId"])
    return {"currency": "EUR", **fields}


async def order(world: World, ask: Ask, **fields: Any) -> dict[str, Any]:
    """Place an order as the viewer of `ask`; fields: of OrderPlaceInput. Return it with lines.

    Products, channel and party are made where they are not named, by staff.
    """
    staff = ask.by(world.token)
    values = await order_input(world, staff, **fields)
    answer = (await ask(PLACE, input=values))["orderPlace"]
    assert answer["userErrors"] == []
    return answer["order"]


async def ten(world: World, ask: Ask, **fields: Any) -> dict[str, Any]:
    """Place an order of ten bolts."""
    (bolt,) = await products(ask, "BOLT")
    return await order(world, ask, lines=[line(bolt, "10")], **fields)


REVISE = {
    "ordersUpdate": """
mutation ($input: OrdersUpdateInput!) { ordersUpdate(input: $input) {
  results { userErrors { code field message } } userErrors { code field } } }
""",
    "orderAddLines": """
mutation ($input: OrderAddLinesInput!) { orderAddLines(input: $input) {
  userErrors { code field message } } }
""",
}
"""Verb -> the operation that changes lines of orders that are there."""


def actions_of_order(
    order: dict[str, Any], hold: dict[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """Return action -> what may be sent for it, of those that take more than the order's id."""
    one, line = {"orderId": order["id"]}, {"lineId": order["lines"][0]["id"]}
    new = [{"productSku": "NUT", "quantity": "1", "externalReference": "another"}]
    paid = {"reference": "R-1", "state": "PAID", "occurredAt": "2026-03-01T00:00:00Z"}
    return {
        "REJECT": [one | {"reason": "No."}],
        "HOLD": [one | {"reason": "FRAUD", "owner": "Somebody"}],
        "RELEASE_HOLD": [{"holdId": hold["id"]}],
        "RECORD_PAYMENT": [one | paid],
        "STATE_AMOUNTS": [one | {"charges": []}],
        "UPDATE": [{"orders": [one | {"addLines": new}]}],
        "ADD_LINES": [one | {"lines": new}],
        "CANCEL_LINES": [one | {"lines": [line | {"quantity": "1"}]}],
        "CONFIRM": [one | {"lines": [line | {"response": "ACCEPTED"}]}],
        "PROPOSE_WINDOW": [one | {"window": WINDOW}],
        "ANSWER_PROPOSAL": [one | {"answer": "DECLINED"}],
        "ANSWER_AMENDMENT": [one | {"lines": [line | {"isAccepted": False}]}],
    }
