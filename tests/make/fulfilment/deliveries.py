"""Deliveries, made over the API: planned, released, packed, dispatched."""

from typing import Any

from kit.ids import to_global
from tests.make import Ask, World, do, reasons
from tests.make.master import locations
from tests.make.trade import orders

WINDOW = {
    "earliest": "2026-03-09T08:00:00+00:00",
    "latest": "2026-03-09T12:00:00+00:00",
    "timeZone": "Europe/Berlin",
}
"""A Monday morning, one week after the clock of a test starts."""
SOON = WINDOW | {"earliest": "2026-03-02T12:00:00+00:00"}
"""From the afternoon on which the clock starts: of what is wanted soon or not at all."""
RECIPIENT = {"name": "Anna Weber", "department": "Goods in"}
FIELDS = """
fragment fields on Delivery {
  id number state version method windowOverride isLate availableActions packing
  window { earliest latest timeZone } recipient { name } shipTo { city } location { id }
  releasedAt packedAt dispatchedAt deliveredAt cancelledAt
  orders { id }
  lines {
    id planned picked packed shipped delivered lost refused shortReason
    orderLine {
      id ordered cancelled backordered planned picked packed shipped delivered refused lost
      product { sku }
    }
  }
  parcels {
    id packing parcelNo status sscc trackingNumbers { number } carrier { id }
    contents { quantity lot serialNumbers deliveryLine { id } }
    parent { id } children { id } repackedFrom { id } repackedInto { id }
  }
  holds { id releasedAt reason }
  receipts { sequence reference lines { shipped received difference note } }
}
"""
_LEAST = "fragment fields on Delivery { id lines { id planned } }"
"""What the next step needs of a delivery that is on its way to where a test begins."""
_MORE = {
    "deliveryPlan": "deliveries { ...fields }",
    "deliveryReship": "delivery { ...fields } reshipment { ...fields }",
    "deliverySplit": "delivery { ...fields } part { ...fields }",
    "deliveryHold": "delivery { ...fields } hold { id }",
    "deliveryPack": "delivery { ...fields } parcels { id sscc status }",
    "deliveryConfirmReceipt": "delivery { ...fields } receipt { id sequence }",
}
READ = "query ($id: ID!) { delivery(id: $id) { ...fields } }" + FIELDS


MANY = {
    "deliveryRelease": "deliveriesRelease",
    "deliveryPack": "deliveriesPack",
    "deliveryDispatch": "deliveriesDispatch",
}
"""Verb for one delivery -> the one for many."""


async def act(ask: Ask, mutation: str, shown: str = FIELDS, **values: Any) -> dict[str, Any]:
    """Run a mutation of deliveries and return its payload, refused or not.

    Where it is refused and there is a verb for many, that one must refuse the same.
    """
    name = mutation[0].upper() + mutation[1:]
    request = _MORE.get(mutation, "delivery { ...fields }")
    document = (
        f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{"
        f" {request} userErrors {{ code field message }} }} }}{shown}"
    )
    payload: dict[str, Any] = (await ask(document, input=values))[mutation]
    if payload["userErrors"] and mutation in MANY:
        found = await among_others(ask, MANY[mutation], values)
        assert found == reasons(payload["userErrors"])
    return payload


async def among_others(ask: Ask, mutation: str, item: dict[str, Any]) -> list[tuple[str, str]]:
    """Run a mutation of many deliveries with one, and return the (code, path) of its refusals."""
    document = (
        f"mutation ($input: {mutation[0].upper() + mutation[1:]}Input!) {{"
        f" {mutation}(input: $input) {{ userErrors {{ code }}"
        " results { userErrors { code field } } } }"
    )
    payload = (await ask(document, input={"deliveries": [item]}))[mutation]
    assert payload["userErrors"] == []
    return reasons(payload["results"][0]["userErrors"], 3)


async def done(ask: Ask, mutation: str, **values: Any) -> dict[str, Any]:
    """Run a mutation that must not be refused."""
    payload = await act(ask, mutation, **values)
    assert payload["userErrors"] == []
    return payload


async def refusals(ask: Ask, mutation: str, **values: Any) -> list[tuple[str, str]]:
    """Run a mutation and return the (code, path) of its refusals."""
    payload = await act(ask, mutation, **values)
    return reasons(payload["userErrors"])


async def read(ask: Ask, delivery: dict[str, Any]) -> dict[str, Any]:
    return (await ask(READ, id=delivery["id"]))["delivery"]


def lines(order: dict[str, Any], *quantities: str) -> list[dict[str, Any]]:
    """Return the lines of a part: all that is unplanned, or these quantities; "0" leaves out."""
    wanted = quantities or [it["unplanned"] for it in order["lines"]]
    pairs = zip(order["lines"], wanted, strict=False)
    return [{"orderLineId": it["id"], "quantity": each} for it, each in pairs if each != "0"]


async def part(world: World, order: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the input of a delivery of the whole order."""
    if "locationId" not in fields:
        fields["locationId"] = to_global("Location", await locations.location(world))
    window = SOON if order.get("cancelIfNotBy") else WINDOW
    valid = {"lines": lines(order), "window": window, "recipient": RECIPIENT}
    return valid | fields


async def planned(
    world: World,
    ask: Ask,
    order: dict[str, Any] | None = None,
    *,
    shown: str = FIELDS,
    **fields: Any,
) -> dict[str, Any]:
    """Plan a delivery of an order (a new one by default); fields: of the part."""
    order = order or await orders.order(world, ask)
    parts = [await part(world, order, **fields)]
    return (await done(ask, "deliveryPlan", shown=shown, deliveries=parts))["deliveries"][0]


async def released(
    world: World,
    ask: Ask,
    order: dict[str, Any] | None = None,
    *,
    shown: str = FIELDS,
    **fields: Any,
) -> dict[str, Any]:
    delivery = await planned(world, ask, order, shown=_LEAST, **fields)
    one = {"deliveryId": delivery["id"]}
    return (await done(ask, "deliveryRelease", shown=shown, **one))["delivery"]


def contents(delivery: dict[str, Any], *quantities: str) -> list[dict[str, Any]]:
    """Return contents of all that is planned, or of these quantities; "0" leaves a line out."""
    wanted = quantities or [it["planned"] for it in delivery["lines"]]
    pairs = zip(delivery["lines"], wanted, strict=False)
    return [{"deliveryLineId": it["id"], "quantity": each} for it, each in pairs if each != "0"]


async def packed(
    world: World,
    ask: Ask,
    order: dict[str, Any] | None = None,
    parcel: dict[str, Any] | None = None,
    *,
    shown: str = FIELDS,
    **fields: Any,
) -> dict[str, Any]:
    """Pack a whole delivery into one parcel with an SSCC; parcel: more of its input."""
    delivery = await released(world, ask, order, shown=_LEAST, **fields)
    one = {"generateSscc": True, "contents": contents(delivery)} | (parcel or {})
    values = {"deliveryId": delivery["id"], "parcels": [one]}
    return (await done(ask, "deliveryPack", shown=shown, **values))["delivery"]


async def dispatched(
    world: World,
    ask: Ask,
    order: dict[str, Any] | None = None,
    parcel: dict[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    delivery = await packed(world, ask, order, parcel, shown=_LEAST, **fields)
    return (await done(ask, "deliveryDispatch", deliveryId=delivery["id"]))["delivery"]


async def received(ask: Ask, delivery: dict[str, Any], quantity: str) -> None:
    """Let a customer tell how much came of the only line of a delivery."""
    (line,) = delivery["lines"]
    came = {"deliveryLineId": line["id"], "received": quantity}
    if quantity != line["planned"]:
        came["difference"] = "SHORT"
    await do(ask, "deliveryConfirmReceipt", deliveryId=delivery["id"], lines=[came])
