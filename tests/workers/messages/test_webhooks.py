"""What happens reaches endpoints: signed, by one name, in order, and what their owners see."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select
from standardwebhooks import Webhook as Verifier

from commands.access.followers import lanes, positions
from commands.messages.webhooks import again
from commands.messages.webhooks.judging import RetrySchedule
from commands.writing.running.run import run_unasked
from commands.writing.transaction import Writing
from kit.clock import now
from kit.ids import to_global
from models.access.viewers import Actor, Scope, allowed
from models.base.events import EVENTS
from models.messages.webhooks.tables import FOLLOWER, Webhook, WebhookMessage
from resolvers.running.context import Terms
from tests import make
from tests.conftest import PATIENT
from tests.make.feed import rows
from tests.make.messages import hooks
from tests.make.messages.receivers import Received, Reply, receiver
from tests.make.running import do_due
from tests.make.scene import scene
from tests.workers.messages.conftest import STANDING, drained, hasten
from transport.registered import Answers
from workers.messages.webhooks import forgetting

pytestmark = pytest.mark.usefixtures("all_recorded")


@pytest.fixture
def clock() -> make.Clock:
    """Receivers take only what was signed minutes ago."""
    return make.Clock(now())


def verified(secret: str, received: Received) -> dict[str, Any]:
    return Verifier(secret).verify(received.body, received.headers)


async def test_staff_and_a_client_are_each_told_what_they_see(world, ask, working) -> None:
    mine, others = await scene(world, ask), await scene(world, ask)
    scopes = sorted(allowed(Actor.BUYER))
    buyer = ask.by(await world.key(Actor.BUYER, mine.company, scopes=scopes))
    async with receiver() as staffs, receiver() as clients:
        every = await hooks.created(ask, staffs.url, eventTypes=["order.*"])
        own = await hooks.created(buyer, clients.url, eventTypes=["*"])
        one, two = await mine.order(), await others.order()
        await hooks.followed(world)
        await drained(working(), world, every, own)
        placed = [verified(every["secret"], it) for it in staffs.received]
        assert [(it["type"], it["data"]["id"]) for it in placed] == [
            ("order.placed", one["id"]),
            ("order.placed", two["id"]),
        ]
        data = placed[0]["data"]
        assert (data["sequence"], data["payload"]["lines"]) == (1, 1)
        assert {"state", "lines", "window"} <= {*data["changed"]}
        assert placed[0]["timestamp"].endswith("Z")
        seen = [verified(own["secret"], it) for it in clients.received]
        about = {it["data"]["id"] for it in seen if it["type"].startswith("order.")}
        assert about == {one["id"]}
        assert to_global("Party", others.company) not in {it["data"]["id"] for it in seen}
        with pytest.raises(Exception, match="No matching signature"):
            verified(own["secret"], staffs.received[0])
        # Told again, as after a crash, nobody is sent anything more.
        await hooks.followed(world)
        await drained(working(), world, every, own)
        assert len(staffs.received) == 2


@pytest.mark.harmless("webhookRedeliver", "Only what others are told of rows is sent again.")
async def test_a_name_stays_however_often_a_message_is_sent(world, ask, working) -> None:
    answers = iter([Reply(500, body=b"Not\0 now"), Reply(302), Reply(204), Reply(204)])

    async def answer(_: Received) -> Reply:
        return next(answers)

    here = await scene(world, ask)
    async with receiver(answer) as there:
        hook = await hooks.created(ask, there.url, eventTypes=["order.placed"])
        await here.order()
        await hooks.followed(world)
        await drained(working(), world, hook)
        assert len(there.received) == 3
        newest = (await ask(ATTEMPTS, failed=None))["webhookAttempts"]["nodes"][0]
        message = {"messageId": newest["message"]["id"]}
        again = (await hooks.done(ask, "webhookRedeliver", TRIED, **message))["message"]
        nodes = again["tried"]["nodes"]
        assert [it["status"] for it in nodes] == [500, 302, 204]
        assert [it["nextAt"] is None for it in nodes] == [False, False, True]
        assert nodes[0]["answer"] == "Not now"
        await drained(working(), world, hook)
        assert {(it.message, it.body) for it in there.received} == {
            (again["name"], there.received[0].body)
        }
        failed = (await ask(ATTEMPTS, failed=True))["webhookAttempts"]["nodes"]
        assert [it["status"] for it in failed] == [302, 500]


TRIED = "message { id name state tried(first: 9) { nodes { status answer nextAt } } }"


@pytest.mark.harmless("webhookTest", "It tells others of no row but itself.")
async def test_both_secrets_sign_for_a_day(world, ask, working) -> None:
    here = await scene(world, ask)
    async with receiver() as there:
        hook = await hooks.created(ask, there.url, eventTypes=["order.placed"])
        own = {"webhookId": hook["id"]}
        second = (await hooks.done(ask, "webhookRotateSecret", "secret", **own))["secret"]
        await here.order()
        await hooks.followed(world)
        flights = working()
        await drained(flights, world, hook)
        (first,) = there.received
        assert verified(hook["secret"], first) == verified(second, first)
        third = (await hooks.done(ask, "webhookRotateSecret", "secret", **own))["secret"]
        await hooks.done(ask, "webhookTest", **own)
        await drained(flights, world, hook)
        last = there.received[-1]
        assert verified(second, last) == verified(third, last)
        assert len(last.headers["webhook-signature"].split(" ")) == 2
        with pytest.raises(Exception, match="No matching signature"):
            verified(hook["secret"], last)


ATTEMPTS = """
query ($failed: Boolean) {
  webhookAttempts(first: 50, filter: {isFailed: $failed}) {
    nodes { status fault answer nextAt message { id state } }
  }
}
"""


async def test_what_fails_holds_back_only_what_comes_later_of_the_same_object(
    world, ask, working
) -> None:
    here = await scene(world, ask)
    one, two = await here.order(), await here.order()
    good = asyncio.Event()

    async def answer(received: Received) -> Reply:
        is_bad = received.event["data"]["id"] == one["id"] and not good.is_set()
        return Reply(500 if is_bad else 200)

    async with receiver(answer) as there:
        hook = await hooks.created(ask, there.url, eventTypes=["order.*"])
        (await hooks.done(ask, "webhookReplay", webhookId=hook["id"], afterPosition=0))
        for order in (one, two):
            await hooks.done(ask, "orderHold", "order { id }", orderId=order["id"], **HOLD)
        await hooks.followed(world)
        slow = working(RetrySchedule(delays=(timedelta(hours=1),) * 9, open_after=100))
        await drained(slow, world, hook)
        sent = [(it.event["data"]["id"], it.event["type"]) for it in there.received]
        assert [it for it in sent if it[0] == one["id"]] == [(one["id"], "order.placed")]
        assert [it[1] for it in sent if it[0] == two["id"]] == OF_TWO
        assert all(it.headers["webhook-replay"] == "true" for it in there.received[:2])
        standing = (await ask(STANDING, id=hook["id"]))["webhook"]
        assert (standing["failures"], standing["isProbed"]) == (0, False)
        good.set()
        await hasten(world)
        await drained(slow, world, hook)
        sent = [(it.event["data"]["id"], it.event["type"]) for it in there.received]
        assert [it[1] for it in sent if it[0] == one["id"]] == ["order.placed", *OF_TWO]


HOLD = {"reason": "ADDRESS", "owner": "Sales"}
OF_TWO = ["order.placed", "order.held"]


ORDERED = """
query Ordered($id: ID!) {
  node(id: $id) { ... on Order { number party { number } lines { quantity: ordered } } }
  contracts(first: 1) { nodes { id } }
}
"""
REGISTER = """
mutation ($input: DocumentsRegisterInput!) { documentsRegister(input: $input) { ids } }
"""


async def test_a_document_is_asked_with_the_rights_of_its_owner(world, ask, working) -> None:
    mine, others = await scene(world, ask), await scene(world, ask)
    await others.contract()
    documents = {"documents": [{"text": ORDERED}]}
    (name,) = (await ask(REGISTER, input=documents))["documentsRegister"]["ids"]
    scopes = sorted(allowed(Actor.BUYER))
    buyer = ask.by(await world.key(Actor.BUYER, mine.company, scopes=scopes))
    scopes = sorted(allowed(Actor.STAFF) - {Scope.CONTRACTS_READ})
    less = ask.by(await world.key(Actor.STAFF, scopes=scopes))
    full = {"eventTypes": ["order.placed"], "document": name}
    async with receiver() as staffs, receiver() as clients, receiver() as half:
        hooked = [
            await hooks.created(by, there.url, **full)
            for by, there in ((ask, staffs), (buyer, clients), (less, half))
        ]
        order = await mine.order()
        await hooks.followed(world)
        answers = Answers(world.database, now, Terms(limits=PATIENT))
        await drained(working(ask=answers), world, *hooked)
        ((whole,), (own,), (part,)) = (it.received for it in (staffs, clients, half))
        expected = {"number": order["number"], "lines": [{"quantity": "10"}]}
        for each in (whole, own):
            node = each.event["data"]["document"]["node"]
            assert {name: node[name] for name in expected} == expected
        assert len(whole.event["data"]["document"]["contracts"]["nodes"]) == 1
        assert own.event["data"]["document"]["contracts"]["nodes"] == []
        assert "errors" not in whole.event["data"]
        (error, *_) = part.event["data"]["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"


async def test_only_what_is_asked_for_is_sent(world, ask, working) -> None:
    here = await scene(world, ask)
    one, two = await here.order(), await here.order()
    async with receiver() as holds, receiver() as states:
        filters = {"conditions": [{"field": "reason", "values": ["FRAUD", "PAYMENT"]}]}
        held = await hooks.created(ask, holds.url, eventTypes=["order.held"], **filters)
        moved = await hooks.created(ask, states.url, eventTypes=["*"], triggers=["state"])
        for order, reason in ((one, "PAYMENT"), (two, "ADDRESS")):
            own = {"orderId": order["id"], "reason": reason, "owner": "Sales"}
            await hooks.done(ask, "orderHold", "order { id }", **own)
        third = await here.order()
        await hooks.followed(world)
        await drained(working(), world, held, moved)
        ids = [it.event["data"]["id"] for it in holds.received]
        assert ids == [one["id"]]
        sent = [(it.event["type"], it.event["data"]["id"]) for it in states.received]
        assert ("order.placed", third["id"]) in sent
        assert not {"order.held"} & {kind for kind, _ in sent}


@pytest.mark.harmless("webhookReplay", "Only what others are told of rows is sent again.")
async def test_a_replay_sends_what_was_there_before_page_by_page(
    world, ask, working, monkeypatch
) -> None:
    monkeypatch.setattr(again, "REPLAYED_AT_ONCE", 2)
    world.clock.advance(hours=-1)
    here = await scene(world, ask)
    before = [await here.order() for _ in range(5)]
    world.clock.advance(minutes=5)
    between = world.clock().isoformat()
    world.clock.advance(minutes=5)
    after = [await here.order() for _ in range(3)]
    async with receiver() as there:
        hook = await hooks.created(ask, there.url, eventTypes=["order.placed"])
        own, flights = {"webhookId": hook["id"]}, working()
        await hooks.done(ask, "webhookReplay", **own, since=between)
        assert await hooks.refused(ask, "webhookReplay", **own, since=between) == [
            ("WRONG_STATE", "webhookId")
        ]
        await drained(flights, world, hook)
        assert [it.event["data"]["id"] for it in there.received] == [it["id"] for it in after]
        await hooks.done(ask, "webhookReplay", **own, afterPosition=0)
        await drained(flights, world, hook)
        ids = [it.event["data"]["id"] for it in there.received[3:]]
        assert sorted(ids) == sorted(it["id"] for it in [*before, *after])
        names = {it.event["data"]["id"]: it.message for it in there.received}
        assert {it.message for it in there.received} == {*names.values()}


WATERMARK = "query ($id: ID!) { webhook(id: $id) { position waiting } }"


async def test_a_replay_beside_a_late_follower_takes_nothing_new_and_the_watermark_is_true(
    world, ask
) -> None:
    """What nobody has read yet, and what was set aside, is told as new when its time comes."""
    here = await scene(world, ask)
    before = await here.order()
    hook = await hooks.created(ask, eventTypes=["order.placed"])
    key, taken = hooks.key(hook["id"]), await here.order()
    await hooks.followed(world)
    await hooks.settled(world, key)
    aside = await _set_aside(world, await here.order())
    await here.order()
    await hooks.done(ask, "webhookReplay", webhookId=hook["id"], afterPosition=0)
    page = partial(again.replay_page, webhook_id=key)
    assert not await run_unasked(world.database, hooks.author(world), page)
    kept = await rows(world, WebhookMessage)
    replayed = {to_global("Order", it.aggregate_id) for it in kept if it.is_replay}
    assert (replayed, len(kept)) == ({before["id"], taken["id"]}, 2)
    seen = (await ask(WATERMARK, id=hook["id"]))["webhook"]
    assert seen == {"position": aside - 1, "waiting": 2}


async def _set_aside(world: make.World, order: Any) -> int:
    """Let the follower set an order's entries aside; gives the position of the first."""
    entries = await hooks.entries(world)
    first = next(it for it in entries if it.aggregate_id == hooks.key(order["id"]))

    async def put(writing: Writing) -> None:
        place = await positions.claim(writing, FOLLOWER)
        assert place is not None
        await positions.move(writing, place, first.position - 1)
        await lanes.set_aside(writing, FOLLOWER, sorted(EVENTS), first, ArithmeticError())
        await positions.move(writing, place, entries[-1].position)

    await run_unasked(world.database, hooks.author(world), put)
    return first.position


async def test_what_was_sent_is_forgotten_in_the_end(world, ask, working) -> None:
    async with receiver() as there:
        hook, gone = await hooks.created(ask, there.url), await hooks.created(ask, there.url)
        flights = working()
        for each in (hook, gone):
            await hooks.done(ask, "webhookTest", webhookId=each["id"])
        await drained(flights, world, hook)
        await hooks.done(ask, "webhookDelete", webhookId=gone["id"])
        await hooks.done(ask, "webhookPause", webhookId=hook["id"])
        await hooks.filled(world, hooks.key(hook["id"]), 1)
        await do_due(world.database, world.clock, forgetting(30))
        # Of what was deleted nothing is left to be read.
        assert await _left(world) == (2, 2)
        world.clock.advance(days=29)
        await hooks.done(ask, "webhookTest", webhookId=hook["id"])
        world.clock.advance(days=2)
        await do_due(world.database, world.clock, forgetting(30))
        assert await _left(world) == (1, 1)


async def _left(world: make.World) -> tuple[int, int]:
    """Count what is left of webhooks and of messages."""
    async with world.database.writing(world.merchant_id) as session:
        counts = [
            await session.scalar(
                select(func.count())
                .select_from(entity)
                .where(entity.merchant_id == world.merchant_id)
            )
            for entity in (Webhook, WebhookMessage)
        ]
    return counts[0], counts[1]
