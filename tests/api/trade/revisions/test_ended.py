"""Orders that are there and open, and are sent again with their end: they are over as of then."""

from typing import Any

import pytest

from kit.ids import to_global
from tests.make import Ask, Clock, World, reasons
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.trade import orders

IMPORT = """
mutation ($input: OrdersImportInput!) { ordersImport(input: $input) {
  results { status order { id state closedAt lines { id unplanned } } userErrors { code field } }
} }
"""
RECORD = """
mutation ($input: DeliveriesRecordInput!) { deliveriesRecord(input: $input) {
  results { userErrors { code field message } }
} }
"""
ADD = """
mutation ($input: OrderAddLinesInput!) { orderAddLines(input: $input) {
  userErrors { code field message }
} }
"""
SEEN = """
query ($id: ID!) { order(id: $id) {
  state net { amount } lines { cancelled shipped delivered openQuantity }
  timeline(first: 20) { nodes { type occurredAt } }
} }
"""
STEPS = ("plannedAt", "packedAt", "dispatchedAt", "deliveredAt")
AT = {name: f"2026-02-1{day}T08:00:00Z" for day, name in enumerate(STEPS)}
PLACED, ENDED = "2026-02-09T08:00:00Z", "2026-02-20T08:00:00+00:00"


async def _item(world: World, ask: Ask) -> dict[str, Any]:
    """Return an order as another system sends it."""
    await orders.products(ask, "BOLT", "NUT")
    return {
        "partyId": to_global("Party", await parties.company(world)),
        "channelId": to_global("Channel", await channels.channel(world)),
        "currency": "EUR",
        "externalReference": "E",
        "placedAt": PLACED,
        "lines": [
            {"productSku": sku, "quantity": "10", "unitPrice": "1", "externalReference": sku}
            for sku in ("BOLT", "NUT")
        ],
    }


async def _sent(ask: Ask, item: dict[str, Any], **more: Any) -> dict[str, Any]:
    (result,) = (await ask(IMPORT, input={"orders": [item | more]}))["ordersImport"]["results"]
    return result


async def _left(world: World, ask: Ask, order: dict[str, Any], *quantities: str) -> None:
    """Record that a part of an order left, and arrived."""
    at = to_global("Location", await locations.location(world))
    lines = deliveries.lines(order, *quantities)
    part = await deliveries.part(world, order, locationId=at, lines=lines, **AT)
    (result,) = (await ask(RECORD, input={"deliveries": [part]}))["deliveriesRecord"]["results"]
    assert result["userErrors"] == []


def _codes(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(it["code"], it["field"][-1]) for it in result["userErrors"]]


async def test_a_long_order_is_continued_and_then_over_as_of_then(world, ask):
    item = await _item(world, ask)
    order = (await _sent(ask, item))["order"]
    line = {"productSku": "NUT", "quantity": "1", "unitPrice": "6", "externalReference": "NUT-2"}
    added = await ask(ADD, input={"orderId": order["id"], "lines": [line]})
    assert added["orderAddLines"]["userErrors"] == []
    over = await _sent(ask, item, closedAt=ENDED)
    assert (over["status"], over["userErrors"]) == ("UPDATED", [])
    assert (over["order"]["state"], over["order"]["closedAt"]) == ("CLOSED", ENDED)
    whole = (await ask(SEEN, id=order["id"]))["order"]
    assert whole["net"]["amount"] == "26"
    assert whole["timeline"]["nodes"][-1] == {"type": "order.closed", "occurredAt": ENDED}
    await _left(world, ask, over["order"], "10", "0", "1")
    seen = (await ask(SEEN, id=order["id"]))["order"]
    assert [tuple(it.values()) for it in seen["lines"]] == [
        ("0", "10", "10", "0"),
        ("10", "0", "0", "0"),
        ("0", "1", "1", "0"),
    ]
    assert seen["net"]["amount"] == "16"
    assert (await _sent(ask, item, closedAt=ENDED))["status"] == "UNCHANGED"


@pytest.mark.gate("O16", "ordersImport")
async def test_an_end_waits_for_what_is_under_way_and_comes_after_what_left(world, ask):
    item = await _item(world, ask)
    order = (await _sent(ask, item))["order"]
    planned = await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "1", "0"))
    assert _codes(await _sent(ask, item, closedAt=ENDED)) == [("WRONG_STATE", "closedAt")]
    await deliveries.done(ask, "deliveryCancel", deliveryId=planned["id"])
    await _left(world, ask, order, "6", "0")
    ends = ({"cancelledAt": ENDED}, {"closedAt": AT["packedAt"]}, {"closedAt": ENDED})
    assert [_codes(await _sent(ask, item, **end)) for end in ends] == [
        [("WRONG_STATE", "cancelledAt")],
        [("INVALID_DATE", "closedAt")],
        [],
    ]
    seen = (await ask(SEEN, id=order["id"]))["order"]
    assert (seen["state"], seen["net"]["amount"]) == ("CLOSED", "6")
    assert [it["cancelled"] for it in seen["lines"]] == ["4", "10"]


@pytest.mark.gate("O16", "ordersImport")
async def test_what_left_and_was_lost_has_left(world, ask):
    """It may still arrive: its order is closed then, and not cancelled, nor later than it left."""
    item = await _item(world, ask)
    order = (await _sent(ask, item))["order"]
    sent = await deliveries.dispatched(world, ask, order)
    feed, ended = Feed(ask, world), world.clock().isoformat()
    await feed.results(*(feed.event("LOST", sscc=it["sscc"]) for it in sent["parcels"]))
    refused = _codes(await _sent(ask, item, cancelledAt=ended))
    assert refused == [("WRONG_STATE", "cancelledAt")]
    early = _codes(await _sent(ask, item, closedAt=ENDED))
    assert early == [("INVALID_DATE", "closedAt")]
    world.clock.advance(hours=6)
    found = (feed.event("DELIVERED", sscc=it["sscc"], isCorrection=True) for it in sent["parcels"])
    await feed.results(*found)
    assert (await _sent(ask, item, closedAt=ended))["order"]["state"] == "CLOSED"


async def test_an_open_order_is_cancelled_as_of_then(world, ask):
    item = await _item(world, ask)
    over = await _sent(ask, item)
    over = await _sent(ask, item, cancelledAt=ENDED)
    assert (over["status"], over["order"]["state"]) == ("UPDATED", "CANCELLED")
    seen = (await ask(SEEN, id=over["order"]["id"]))["order"]
    assert seen["net"]["amount"] == "0"
    assert [(it["type"], it["occurredAt"]) for it in seen["timeline"]["nodes"]][1:] == [
        ("order.lines_cancelled", ENDED),
        ("order.cancelled", ENDED),
    ]


@pytest.mark.gate("D10", "ordersImport")
async def test_nothing_changes_any_more_of_what_was_wanted_by_an_instant(
    world: World, ask: Ask, clock: Clock
) -> None:
    """As good as cancelled it is before the runner has come by; only what is the same says so."""
    wanted = {"deliveryPolicy": "CANCEL_IF_NOT_BY", "cancelIfNotBy": "2026-03-03T00:00:00Z"}
    item = await _item(world, ask) | wanted
    assert (await _sent(ask, item))["status"] == "CREATED"
    clock.advance(days=2)
    whenever = {"deliveryPolicy": "PARTIAL_BACKORDER", "cancelIfNotBy": None}
    for changed, path in (
        ({"cancelIfNotBy": "2026-03-20T00:00:00Z"}, "cancelIfNotBy"),
        (whenever, "deliveryPolicy"),
        ({"note": "Ring"}, "note"),
        ({"lines": [it | {"quantity": "3"} for it in item["lines"]]}, "lines.0.quantity"),
    ):
        refused = (await _sent(ask, item, **changed))["userErrors"]
        assert ("WRONG_STATE", path) in reasons(refused, 3)
    assert (await _sent(ask, item))["status"] == "UNCHANGED"
    ended = await _sent(ask, item, cancelledAt="2026-03-02T12:00:00Z")
    assert (ended["status"], ended["order"]["state"]) == ("UPDATED", "CANCELLED")


@pytest.mark.gate("D10", "orderAddLines", "ordersImport")
async def test_a_long_order_that_was_recorded_after_its_last_instant_is_continued(
    world: World, ask: Ask
) -> None:
    """It is history, which its importer completes."""
    wanted = {"deliveryPolicy": "CANCEL_IF_NOT_BY", "cancelIfNotBy": "2026-02-12T08:00:00Z"}
    item = await _item(world, ask) | wanted
    order = (await _sent(ask, item))["order"]
    line = {"productSku": "BOLT", "quantity": "3", "unitPrice": "1", "externalReference": "MORE"}
    payload = (await ask(ADD, input={"orderId": order["id"], "lines": [line]}))["orderAddLines"]
    assert payload["userErrors"] == []
    ended = await _sent(ask, item, cancelledAt=ENDED)
    assert (ended["status"], ended["order"]["state"]) == ("UPDATED", "CANCELLED")
