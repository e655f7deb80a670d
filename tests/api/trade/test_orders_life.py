"""Approving, rejecting, cancelling and closing orders."""

from decimal import Decimal

import pytest
from sqlalchemy import update

from kit.ids import from_global, to_global
from models.access.viewers import Actor
from models.trade.orders.lines import OrderLine
from tests.make import reasons
from tests.make.master import channels
from tests.make.trade import contracts, orders, responses
from tests.make.trade.kept import keep

_SHOWN = """
  order {
    state version confirmedAt closedAt rejectReason availableActions isOpen net { amount }
    lines { lineNo cancelled backordered unplanned openQuantity }
    timeline(first: 9) { nodes { type payload } }
  }
  userErrors { code field message }
"""


def _mutation(verb):
    argument = f"$input: Order{verb}Input!"
    return f"mutation ({argument}) {{ it: order{verb}(input: $input) {{{_SHOWN}}} }}"


APPROVE, REJECT, CLOSE = map(_mutation, ("Approve", "Reject", "Close"))
CANCEL = _mutation("CancelLines")


async def _refusals(ask, query, order, **fields):
    answer = (await ask(query, input={"orderId": order["id"], **fields}))["it"]
    assert answer["order"] is None
    return reasons(answer["userErrors"])


async def _pending(world, ask):
    channel = to_global("Channel", await channels.channel(world, approval_required=True))
    return await orders.order(world, ask, channelId=channel)


def _part(order, number, quantity):
    return {"lineId": order["lines"][number]["id"], "quantity": quantity}


async def _moved(world, order, number, **counters):
    """Move counters of a line as deliveries would."""
    line_id = from_global(order["lines"][number]["id"])[1]
    values = {name: Decimal(value) for name, value in counters.items()}
    async with world.database.writing(world.merchant_id) as session:
        await session.execute(
            update(OrderLine)
            .where(OrderLine.merchant_id == world.merchant_id, OrderLine.id == line_id)
            .values(**values)
        )
        await keep(session, world.merchant_id)


async def test_an_approved_order_is_confirmed(world, ask):
    order = await _pending(world, ask)
    approved = await responses.done(ask, APPROVE, order, expectedVersion=1)
    assert (approved["state"], approved["version"]) == ("CONFIRMED", 2)
    assert approved["confirmedAt"] == "2026-03-02T09:00:00+00:00"
    assert [it["type"] for it in approved["timeline"]["nodes"]] == [
        "order.placed",
        "order.approved",
    ]


async def test_a_rejected_order_is_over(world, ask):
    order = await _pending(world, ask)
    rejected = await responses.done(ask, REJECT, order, reason="No credit.")
    assert (rejected["state"], rejected["rejectReason"]) == ("REJECTED", "No credit.")
    assert not rejected["isOpen"]
    assert rejected["availableActions"] == ["RECORD_PAYMENT", "REORDER"]
    assert rejected["net"] == {"amount": "0"}
    assert await _refusals(ask, APPROVE, order) == [("WRONG_STATE", "orderId")]
    part = _part(order, 0, "1")
    assert await _refusals(ask, CANCEL, order, lines=[part]) == [
        ("WRONG_STATE", "orderId"),
        ("QUANTITY_NOT_OPEN", "lines.0.quantity"),
    ]
    assert await _refusals(ask, CLOSE, order) == [("WRONG_STATE", "orderId")]


async def test_only_a_waiting_order_is_approved_or_rejected(world, ask):
    order = await orders.order(world, ask)
    assert await _refusals(ask, APPROVE, order) == [("WRONG_STATE", "orderId")]
    assert await _refusals(ask, REJECT, order, reason="No.") == [("WRONG_STATE", "orderId")]


@pytest.mark.gate("O11", "orderApprove", "orderReject")
async def test_another_version_is_a_conflict(world, ask):
    order = await orders.order(world, ask)
    part = _part(order, 0, "1")
    await responses.done(ask, CANCEL, order, lines=[part], expectedVersion=1)
    stale = {"expectedVersion": 1}
    assert await _refusals(ask, CANCEL, order, lines=[part], **stale) == [
        ("VERSION_CONFLICT", "expectedVersion")
    ]
    assert await _refusals(ask, CLOSE, order, **stale) == [("VERSION_CONFLICT", "expectedVersion")]


async def test_a_cancelled_part_leaves_the_rest(world, ask):
    order = await orders.order(world, ask)
    left = await responses.done(
        ask, CANCEL, order, lines=[_part(order, 0, "3")], reason="Too many."
    )
    assert [(it["cancelled"], it["unplanned"]) for it in left["lines"]] == [("3", "7"), ("0", "4")]
    assert (left["state"], left["net"]) == ("CONFIRMED", {"amount": "27.5"})
    found = left["timeline"]["nodes"][-1]
    assert found["type"] == "order.lines_cancelled"
    assert found["payload"]["lines"] == [{"line_no": 1, "quantity": "3"}]
    assert list(found["payload"]["moved"].values()) == [{"cancelled": "3"}]
    kept = await ask("query ($id: ID!) { order(id: $id) { cancelReason } }", id=order["id"])
    assert kept == {"order": {"cancelReason": "Too many."}}


async def test_an_order_of_which_nothing_is_left_is_cancelled(world, ask):
    order = await orders.order(world, ask)
    parts = [_part(order, 0, "10"), _part(order, 1, "4")]
    over = await responses.done(ask, CANCEL, order, lines=parts)
    assert (over["state"], over["closedAt"]) == ("CANCELLED", "2026-03-02T09:00:00+00:00")
    assert over["timeline"]["nodes"][-1]["type"] == "order.cancelled"
    assert await _refusals(ask, CLOSE, order) == [("WRONG_STATE", "orderId")]


@pytest.mark.gate("O7", "orderCancelLines")
async def test_what_is_planned_is_not_cancelled(world, ask):
    order = await orders.order(world, ask)
    await _moved(world, order, 0, planned="8")
    assert await _refusals(ask, CANCEL, order, lines=[_part(order, 0, "3")]) == [
        ("QUANTITY_NOT_OPEN", "lines.0.quantity")
    ]
    left = await responses.done(ask, CANCEL, order, lines=[_part(order, 0, "2")])
    assert left["lines"][0]["unplanned"] == "0"


async def test_what_is_cancelled_waits_for_goods_no_longer(world, ask):
    order = await orders.order(world, ask)
    await _moved(world, order, 0, backordered="10")
    left = await responses.done(ask, CANCEL, order, lines=[_part(order, 0, "4")])
    assert left["lines"][0]["backordered"] == "6"


async def test_wrong_parts_cancel_nothing(world, ask):
    order, other = await orders.order(world, ask), await orders.order(world, ask)
    one = _part(order, 0, "1")
    for parts, refusal in (
        ([one, one], ("DUPLICATE", "lines.1.lineId")),
        ([one, _part(other, 0, "1")], ("NOT_FOUND", "lines.1.lineId")),
        ([_part(order, 0, "0.5")], ("SCALE_EXCEEDED", "lines.0.quantity")),
        ([_part(order, 0, "0")], ("NOT_POSITIVE", "lines.0.quantity")),
        ([_part(order, 0, "11")], ("QUANTITY_NOT_OPEN", "lines.0.quantity")),
        ([], ("TOO_FEW_ITEMS", "lines")),
    ):
        assert await _refusals(ask, CANCEL, order, lines=parts) == [refusal]
    shown = await ask(
        "query ($id: ID) { order(id: $id) { version lines { cancelled } } }", id=order["id"]
    )
    assert shown["order"] == {"version": 1, "lines": [{"cancelled": "0"}, {"cancelled": "0"}]}


async def test_closing_cancels_what_was_never_planned(world, ask):
    order = await orders.order(world, ask)
    await _moved(world, order, 0, planned="6", picked="6", packed="6", shipped="6")
    closed = await responses.done(ask, CLOSE, order)
    assert (closed["state"], closed["version"], closed["isOpen"]) == ("CLOSED", 2, False)
    assert [(it["cancelled"], it["openQuantity"]) for it in closed["lines"]] == [
        ("4", "0"),
        ("4", "0"),
    ]
    found = closed["timeline"]["nodes"][-1]
    assert found["type"] == "order.closed"
    assert list(found["payload"]["moved"].values()) == [{"cancelled": "4"}] * 2


@pytest.mark.gate("O16", "orderClose", sure=True)
async def test_an_order_under_way_is_not_closed(world, ask):
    order = await orders.order(world, ask)
    await _moved(world, order, 0, planned="6", picked="6", packed="6", shipped="5")
    assert await _refusals(ask, CLOSE, order) == [("WRONG_STATE", "orderId")]


async def test_a_buyer_manages_nothing(world, ask):
    order = await orders.order(world, ask)
    buyer = ask.by(await world.key(Actor.BUYER, from_global(order["party"]["id"])[1]))
    answer = await buyer.answer(CLOSE, input={"orderId": order["id"]})
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_closing_a_call_off_gives_back_what_was_never_planned(world, ask):
    contract = await contracts.contract(world, ask)
    called = await contracts.call_off(world, ask, contract, "100")
    await _moved(world, called, 0, planned="60", picked="60", packed="60", shipped="60")
    await responses.done(ask, CLOSE, called)
    shown = await ask(contracts.CONTRACT, id=contract["id"])
    assert shown["contract"]["lines"][0]["calledOff"] == "60"


async def test_a_rejected_call_off_gives_everything_back(world, ask):
    contract = await contracts.contract(world, ask)
    channel = to_global("Channel", await channels.channel(world, approval_required=True))
    called = await contracts.call_off(world, ask, contract, "100", channelId=channel)
    assert called["state"] == "PENDING_APPROVAL"
    await responses.done(ask, REJECT, called, reason="Not this month.")
    shown = await ask(contracts.CONTRACT, id=contract["id"])
    assert shown["contract"]["lines"][0]["calledOff"] == "0"
