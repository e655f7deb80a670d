"""A customer proposes another window, where its channel lets it; the merchant answers."""

from typing import Any

import pytest

from kit.ids import to_global
from models.access.viewers import Actor
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.master import channels, parties
from tests.make.scene import WINDOW
from tests.make.trade import orders

SHOWN = """order { id state version availableActions window { latest } confirmedWindow { latest }
  windowProposal { window { latest } reason answer answerReason } }
  userErrors { code field message }"""
PROPOSE = f"""mutation ($input: OrderProposeWindowInput!) {{
  orderProposeWindow(input: $input) {{ {SHOWN} }} }}"""
ANSWER = f"""mutation ($input: OrderAnswerProposalInput!) {{
  orderAnswerProposal(input: $input) {{ {SHOWN} }} }}"""
READ = """query ($id: ID!) { order(id: $id) { availableActions windowProposal { answer }
  timeline(first: 9) { nodes { type } } } }"""
WITHDRAW = """mutation ($input: OrderWithdrawInput!) {
  orderWithdraw(input: $input) { order { state } } }"""
SUNDAY = {**WINDOW, "earliest": "2026-03-15T07:00:00Z", "latest": "2026-03-15T10:00:00Z"}
PASSED = {**WINDOW, "earliest": "2020-03-13T07:00:00Z", "latest": "2020-03-13T10:00:00Z"}


async def ordered(
    world: World, ask: Ask, terms: dict[str, str] | None = None, **policy: bool
) -> tuple[Ask, dict[str, Any]]:
    """Return a buyer and its order over a channel."""
    hours = [{"weekday": day, "opens": "08:00", "closes": "18:00"} for day in range(1, 6)]
    company = await parties.company(world, addresses=[parties.address(receiving_hours=hours)])
    channel = await channels.channel(world, **{"reschedulable": True, **policy})
    own = {"partyId": to_global("Party", company), "channelId": to_global("Channel", channel)}
    return ask.by(await world.key(Actor.BUYER, company)), await orders.order(
        world, ask, **own, **(terms or {})
    )


async def propose(by: Ask, order: dict[str, Any], **fields: Any) -> dict[str, Any]:
    wanted = {"orderId": order["id"], "window": WINDOW, "reason": "We are closed.", **fields}
    return dict((await by(PROPOSE, input=wanted))["orderProposeWindow"])


async def answer(by: Ask, order: dict[str, Any], what: str, **fields: Any) -> dict[str, Any]:
    answered = {"orderId": order["id"], "answer": what, **fields}
    return dict((await by(ANSWER, input=answered))["orderAnswerProposal"])


def codes(payload: dict[str, Any]) -> list[tuple[str, str]]:
    return [(it["code"], ".".join(it["field"][1:])) for it in payload["userErrors"]]


async def test_what_is_proposed_is_the_window_once_it_is_accepted(world: World, ask: Ask) -> None:
    buyer, order = await ordered(world, ask)
    found = (await buyer(READ, id=order["id"]))["order"]
    assert "PROPOSE_WINDOW" in found["availableActions"]
    assert found["windowProposal"] is None
    waits = (await propose(buyer, order))["order"]
    assert waits["windowProposal"]["answer"] is None
    assert waits["window"] is None
    assert "ANSWER_PROPOSAL" not in waits["availableActions"]
    of_staff = (await ask(READ, id=order["id"]))["order"]["availableActions"]
    assert "ANSWER_PROPOSAL" in of_staff
    taken = (await answer(ask, order, "ACCEPTED", reason="Gladly."))["order"]
    assert taken["window"] == taken["confirmedWindow"] == waits["windowProposal"]["window"]
    proposal = {"reason": "We are closed.", "answer": "ACCEPTED", "answerReason": "Gladly."}
    assert taken["windowProposal"] == {"window": taken["window"], **proposal}
    assert "ANSWER_PROPOSAL" not in taken["availableActions"]
    assert taken["version"] == waits["version"] + 1
    assert codes(await answer(ask, order, "DECLINED")) == [("WRONG_STATE", "orderId")]
    entries = (await buyer(READ, id=order["id"]))["order"]["timeline"]["nodes"]
    assert [it["type"] for it in entries][-2:] == [
        "order.window_proposed",
        "order.proposal_answered",
    ]


async def test_what_is_declined_changes_nothing_and_may_be_proposed_anew(
    world: World, ask: Ask
) -> None:
    buyer, order = await ordered(world, ask)
    await propose(buyer, order)
    declined = (await answer(ask, order, "DECLINED", reason="Too soon."))["order"]
    assert declined["window"] is None
    assert declined["windowProposal"]["answerReason"] == "Too soon."
    assert (await propose(buyer, order))["order"]["windowProposal"]["answerReason"] is None


@pytest.mark.gate("D15", "orderProposeWindow")
@pytest.mark.gate("D6", "orderProposeWindow", "orderAnswerProposal")
async def test_hours_and_the_past_are_asked_of_what_is_agreed_on(world: World, ask: Ask) -> None:
    buyer, order = await ordered(world, ask)
    assert codes(await propose(buyer, order, window=PASSED)) == [
        ("INVALID_WINDOW", "window.latest")
    ]
    closed = await propose(buyer, order, window=SUNDAY, reason=None)
    assert codes(closed) == [("OUTSIDE_RECEIVING_HOURS", "window")]
    await propose(buyer, order, window=SUNDAY)
    refused = await answer(ask, order, "ACCEPTED")
    assert codes(refused) == [("OUTSIDE_RECEIVING_HOURS", "answer")]
    taken = await answer(ask, order, "ACCEPTED", windowOverride="Their porter is there.")
    assert taken["userErrors"] == []


@pytest.mark.gate("D15", "orderAnswerProposal")
async def test_a_window_that_has_passed_meanwhile_is_not_agreed_on(
    world: World, ask: Ask, clock: Any
) -> None:
    buyer, order = await ordered(world, ask)
    await propose(buyer, order)
    clock.advance(days=400)
    assert codes(await answer(ask, order, "ACCEPTED")) == [
        ("INVALID_WINDOW", "answer.window.latest")
    ]


async def test_where_nothing_is_open_or_the_channel_forbids_it_nobody_proposes(
    world: World, ask: Ask
) -> None:
    buyer, order = await ordered(world, ask, reschedulable=False)
    assert codes(await propose(buyer, order)) == [("NOT_ALLOWED", "orderId")]
    buyer, order = await ordered(world, ask, withdrawable=True)
    await deliveries.planned(world, ask, order)
    assert codes(await propose(buyer, order)) == [("QUANTITY_NOT_OPEN", "orderId")]
    found = (await buyer(READ, id=order["id"]))["order"]
    assert "PROPOSE_WINDOW" not in found["availableActions"]


async def test_a_proposal_ends_with_its_order(world: World, ask: Ask) -> None:
    buyer, order = await ordered(world, ask, withdrawable=True)
    await propose(buyer, order)
    await buyer(WITHDRAW, input={"orderId": order["id"]})
    assert (await buyer(READ, id=order["id"]))["order"]["windowProposal"] is None
    assert codes(await answer(ask, order, "ACCEPTED")) == [("WRONG_STATE", "orderId")]


@pytest.mark.gate("D10", "orderProposeWindow", "orderAnswerProposal")
async def test_nothing_is_proposed_or_agreed_on_for_what_is_not_wanted_any_more(
    world: World, ask: Ask, clock: Any
) -> None:
    until = {"deliveryPolicy": "CANCEL_IF_NOT_BY", "cancelIfNotBy": "2026-03-03T00:00:00Z"}
    buyer, order = await ordered(world, ask, until)
    later = [("INVALID_WINDOW", "window")]
    assert codes(await propose(buyer, order)) == later
    assert codes(await propose(buyer, order, window=deliveries.SOON)) == []
    clock.advance(days=1)
    assert codes(await propose(buyer, order)) == [("WRONG_STATE", "orderId"), *later]
    assert codes(await answer(ask, order, "ACCEPTED")) == [("WRONG_STATE", "orderId")]
    offered = (await ask(READ, id=order["id"]))["order"]["availableActions"]
    assert not {"PROPOSE_WINDOW", "ANSWER_PROPOSAL"} & set(offered)
