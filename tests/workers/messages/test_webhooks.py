"""What happens reaches endpoints: signed, by one name, in order, and what their owners see."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from commands.messages.webhooks.judging import Schedule
from kit.clock import now
from kit.ids import to_global
from models.access.viewers import Actor, allowed
from tests import make
from tests.make.messages import hooks
from tests.make.messages.receivers import Received, Reply, receiver
from tests.make.scene import scene
from tests.workers.messages.conftest import STANDING, drained, hasten


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
        await hooks.told(world)
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
        for it in staffs.received:
            with pytest.raises(Exception, match="No matching signature"):
                verified(own["secret"], it)
        # Told again, as after a crash, nobody is sent anything more.
        await hooks.told(world)
        await drained(working(), world, every, own)
        assert len(staffs.received) == 2


async def test_a_name_stays_however_often_a_message_is_sent(world, ask, working) -> None:
    answers = iter([Reply(500, body=b"Not\0 now"), Reply(302), Reply(204), Reply(204)])

    async def answer(_: Received) -> Reply:
        return next(answers)

    here = await scene(world, ask)
    async with receiver(answer) as there:
        hook = await hooks.created(ask, there.url, eventTypes=["order.placed"])
        await here.order()
        await hooks.told(world)
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


async def test_both_secrets_sign_for_a_day(world, ask, working) -> None:
    here = await scene(world, ask)
    async with receiver() as there:
        hook = await hooks.created(ask, there.url, eventTypes=["order.placed"])
        own = {"webhookId": hook["id"]}
        second = (await hooks.done(ask, "webhookRotateSecret", "secret", **own))["secret"]
        await here.order()
        await hooks.told(world)
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
        await hooks.told(world)
        slow = working(Schedule(delays=(timedelta(hours=1),) * 9, open_after=100))
        await drained(slow, world, hook)
        told = [(it.event["data"]["id"], it.event["type"]) for it in there.received]
        assert [it for it in told if it[0] == one["id"]] == [(one["id"], "order.placed")]
        assert [it[1] for it in told if it[0] == two["id"]] == OF_TWO
        assert all(it.headers["webhook-replay"] == "true" for it in there.received[:2])
        standing = (await ask(STANDING, id=hook["id"]))["webhook"]
        assert (standing["failures"], standing["isProbed"]) == (0, False)
        good.set()
        await hasten(world)
        await drained(slow, world, hook)
        told = [(it.event["data"]["id"], it.event["type"]) for it in there.received]
        assert [it[1] for it in told if it[0] == one["id"]] == ["order.placed", *OF_TWO]


HOLD = {"reason": "ADDRESS", "owner": "Sales"}
OF_TWO = ["order.placed", "order.held"]
