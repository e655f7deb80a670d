"""What the journal tells of arrivals, whoever says what came: the carrier, the client, or both."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from kit.ids import to_global
from models.access.journal import JournalEntry
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from tests.make import Ask, World
from tests.make.feed import Feed, kinds, row, rows
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.tracking import EACH, Sent, sent

CANCEL = """
mutation ($input: OrderCancelLinesInput!) {
  orderCancelLines(input: $input) { order { fulfilmentStatus } userErrors { code } }
}
"""
CLOSE = """
mutation ($input: OrderCloseInput!) {
  orderClose(input: $input) { order { fulfilmentStatus } userErrors { code } }
}
"""


@pytest.fixture
def feed(ask: Ask, world: World) -> Feed:
    return Feed(ask, world)


async def _confirm(ask: Ask, world: World, made: Sent, received: str, difference: str | None):
    (line,) = await rows(world, DeliveryLine)
    of = {"deliveryLineId": to_global("DeliveryLine", line.id), "received": received}
    fields = [of | ({"difference": difference} if difference else {})]
    delivery_id = to_global("Delivery", made.delivery_id)
    await deliveries.done(ask, "deliveryConfirmReceipt", deliveryId=delivery_id, lines=fields)


async def _check_sums(world: World) -> None:
    """Fail unless the amounts that events of the delivery tell add up to its line's counters."""
    (line,) = await rows(world, DeliveryLine)
    sums: Counter[str] = Counter()
    for entry in await rows(world, JournalEntry):
        if entry.aggregate == "DELIVERY":
            for counter in ("delivered", "refused", "lost"):
                amount = entry.payload.get(counter, {}).get(str(line.order_line_id), 0)
                sums[counter] += Decimal(amount)
    assert sums == {it: getattr(line, it) for it in ("delivered", "refused", "lost")}


CASES = [
    (None, "5", None, ["delivery.delivered", "order.delivered"], "DELIVERED"),
    (
        None,
        "3",
        "SHORT",
        ["delivery.partially_delivered", "order.partially_delivered"],
        "PARTIALLY_DELIVERED",
    ),
    (None, "0", "REFUSED", ["delivery.failed", "order.progressed"], "FAILED"),
    ("LOST", "5", None, ["delivery.delivered", "order.delivered"], "DELIVERED"),
    ("LOST", "0", "SHORT", ["delivery.failed"], "FAILED"),
    ("RETURNED_TO_SENDER", "5", None, ["delivery.delivered", "order.delivered"], "DELIVERED"),
    ("DELIVERED", "5", None, [], "DELIVERED"),
    ("DELIVERED", "4", "DAMAGED", [], "DELIVERED"),
    ("DELIVERED", "0", "REFUSED", ["delivery.failed", "order.arrival_corrected"], "FAILED"),
    (
        "DELIVERED",
        "3",
        "SHORT",
        ["delivery.arrival_corrected", "order.arrival_corrected"],
        "PARTIALLY_DELIVERED",
    ),
]
"""Status that the carrier reports, what the client confirms, what the receipt tells, the state."""


@pytest.mark.parametrize("case", CASES)
async def test_a_receipt_tells_what_it_changes_of_what_tracking_said(
    feed: Feed, ask: Ask, world: World, case: tuple[Any, ...]
) -> None:
    reported, received, difference, news, state = case
    made = await sent(world)
    if reported:
        await feed.results(feed.event(reported, sscc=made.ssccs[0]))
    before = await kinds(world)
    await _confirm(ask, world, made, received, difference)
    assert (await kinds(world))[len(before) :] == ["delivery.received", *news]
    assert (await row(world, Delivery, made.delivery_id)).state is DeliveryState(state)
    await _check_sums(world)


@pytest.mark.parametrize("reported", ["DELIVERED", "LOST", "RETURNED_TO_SENDER"])
@pytest.mark.parametrize(("received", "difference"), [("5", None), ("3", "SHORT")])
async def test_tracking_after_a_receipt_tells_of_the_parcel_only(
    feed: Feed, ask: Ask, world: World, reported: str, received: str, difference: str | None
) -> None:
    made = await sent(world)
    await _confirm(ask, world, made, received, difference)
    before = await kinds(world)
    await feed.results(feed.event(reported, sscc=made.ssccs[0]))
    assert (await kinds(world))[len(before) :] == [f"parcel.{reported.lower()}"]
    await _check_sums(world)


async def test_a_receipt_that_corrects_another_tells_both_ways(ask: Ask, world: World) -> None:
    made = await sent(world)
    for received, difference in (("5", None), ("4", "SHORT"), ("3", "SHORT"), ("5", None)):
        await _confirm(ask, world, made, received, difference)
        await _check_sums(world)
    assert [it for it in await kinds(world) if it != "delivery.received"] == [
        "delivery.delivered",
        "order.delivered",
        "delivery.arrival_corrected",
        "order.arrival_corrected",
        "delivery.arrival_corrected",
        "order.arrival_corrected",
        "delivery.delivered",
        "order.delivered",
    ]


@pytest.mark.parametrize(
    ("mutation", "event"), [(CANCEL, "order.lines_cancelled"), (CLOSE, "order.closed")]
)
async def test_an_order_whose_open_rest_is_cancelled_is_told_as_delivered(
    feed: Feed, ask: Ask, world: World, mutation: str, event: str
) -> None:
    made = await sent(world, ordered=2 * EACH)
    await feed.results(feed.event("DELIVERED", sscc=made.ssccs[0]))
    fields: dict[str, Any] = {"orderId": to_global("Order", made.order_id)}
    if mutation is CANCEL:
        line_id = to_global("OrderLine", made.order_line_id)
        fields["lines"] = [{"lineId": line_id, "quantity": str(EACH)}]
    (answer,) = (await ask(mutation, input=fields)).values()
    assert answer == {"order": {"fulfilmentStatus": "DELIVERED"}, "userErrors": []}
    assert (await kinds(world, "order."))[-3:] == [
        "order.partially_delivered",
        event,
        "order.delivered",
    ]


async def test_a_part_of_the_rest_that_is_cancelled_delivers_no_order(
    feed: Feed, ask: Ask, world: World
) -> None:
    made = await sent(world, ordered=2 * EACH)
    await feed.results(feed.event("DELIVERED", sscc=made.ssccs[0]))
    line = {"lineId": to_global("OrderLine", made.order_line_id), "quantity": "4"}
    fields = {"orderId": to_global("Order", made.order_id), "lines": [line]}
    (answer,) = (await ask(CANCEL, input=fields)).values()
    assert answer == {"order": {"fulfilmentStatus": "PARTIALLY_DELIVERED"}, "userErrors": []}
    assert (await kinds(world))[-1] == "order.lines_cancelled"
