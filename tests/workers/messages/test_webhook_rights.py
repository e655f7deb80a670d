"""No right is lent by a webhook, and nothing hidden is told by what it is told, or not."""

import asyncio
from typing import Any

import pytest

from kit.clock import now
from models.access.viewers import Actor, Scope, allowed
from models.messages.webhooks.states import WebhookMessageState
from models.messages.webhooks.tables import WebhookMessage
from resolvers.running.context import Terms
from tests import make
from tests.conftest import PATIENT
from tests.make.feed import rows
from tests.make.messages import hooks
from tests.make.messages.receivers import Received, Reply, receiver
from tests.make.scene import scene
from tests.workers.messages.conftest import drained
from tests.workers.messages.test_webhooks import REGISTER
from transport.registered import Answers

FEW = (Scope.WEBHOOKS_MANAGE, Scope.JOURNAL_READ, Scope.MASTER_DATA_READ)
SECRET = "query ($id: ID!) { node(id: $id) { ... on Order { number purchaseOrderNumber } } }"
ORDERS = ["order.placed"]


@pytest.fixture
def clock() -> make.Clock:
    """Receivers take only what was signed minutes ago."""
    return make.Clock(now())


async def few(world: make.World, ask: make.Ask) -> make.Ask:
    """Return somebody of the staff who reads no orders."""
    return ask.by(await world.key(Actor.STAFF, scopes=list(FEW)))


async def took_over(by: make.Ask, hook: Any, url: str) -> None:
    """Change where an endpoint is, and what it is told, with few rights."""
    own = {"webhookId": hook["id"], "url": url, "eventTypes": ["party.*"], "document": None}
    await hooks.done(by, "webhookUpdate", **own)


@pytest.mark.parametrize("is_sent", [True, False])
async def test_what_was_kept_with_more_rights_goes_to_nobody_with_fewer(
    world, ask, working, is_sent
) -> None:
    """Neither what was sent before, nor what waited for a paused endpoint."""
    here = await scene(world, ask)
    registered = await ask(REGISTER, input={"documents": [{"text": SECRET}]})
    (name,) = registered["documentsRegister"]["ids"]
    flights = working(ask=Answers(world.database, now, Terms(limits=PATIENT)))
    async with receiver() as good, receiver() as evil:
        hook = await hooks.created(ask, good.url, eventTypes=ORDERS, document=name)
        own = {"webhookId": hook["id"]}
        if not is_sent:
            await hooks.done(ask, "webhookPause", **own)
        await here.order()
        await hooks.followed(world)
        await drained(flights, world, hook)
        assert len(good.received) == is_sent
        by = await few(world, ask)
        await took_over(by, hook, evil.url)
        if is_sent:
            await redelivered(by, hook)
        else:
            await hooks.done(by, "webhookResume", **own)
        await drained(flights, world, hook)
        assert evil.received == []
        (kept,) = await rows(world, WebhookMessage)
        assert (kept.state, kept.body) == (WebhookMessageState.WITHDRAWN, None)


SENT = """
query ($id: ID!) {
  webhook(id: $id) { messages(first: 9, filter: {types: ["order.placed"]}) { nodes {
    id body tried(first: 9) { nodes { status answer } }
  } } }
}
"""
ONE = "query ($id: ID!) { node(id: $id) { ... on WebhookMessage { body } } }"


async def read_by(by: make.Ask, hook: Any) -> list[Any]:
    """Return what somebody reads of the messages of an endpoint: body and answers of each."""
    nodes = (await by(SENT, id=hook["id"]))["webhook"]["messages"]["nodes"]
    for each in nodes:
        assert (await by(ONE, id=each["id"]))["node"]["body"] == each["body"]
    return [(it["body"], [n["answer"] for n in it["tried"]["nodes"]]) for it in nodes]


async def repeat(received: Received) -> Reply:
    return Reply(200, body=received.body)


@pytest.mark.parametrize("is_client", [False, True])
async def test_what_was_sent_is_read_by_whom_has_all_rights_of_the_endpoint(
    world, ask, working, is_client
) -> None:
    """Who has fewer reads neither body nor answer: sent again, replayed or taken over."""
    here = await scene(world, ask)

    kind, company = (Actor.BUYER, [here.company]) if is_client else (Actor.STAFF, [])

    async def somebody(*scopes: Scope) -> make.Ask:
        return ask.by(await world.key(kind, *company, scopes=list(scopes)))

    owner = await somebody(*FEW, Scope.ORDERS_READ)
    manager = await somebody(Scope.WEBHOOKS_MANAGE, Scope.JOURNAL_READ)
    every = await somebody(*sorted(allowed(kind)))
    async with receiver(repeat) as there:
        hook, flights = await hooks.created(owner, there.url, eventTypes=ORDERS), working()
        await here.order()
        await hooks.followed(world)
        await drained(flights, world, hook)
        body = there.received[0].body.decode()
        assert await read_by(owner, hook) == await read_by(every, hook) == [(body, [body])]
        assert await read_by(manager, hook) == [(None, [None])]
        await redelivered(manager, hook)
        await drained(flights, world, hook)
        own = {"webhookId": hook["id"], "eventTypes": ["webhook.*"], "document": None}
        await hooks.done(manager, "webhookUpdate", **own)
        assert await read_by(manager, hook) == [(None, [None, None])]
        assert await read_by(every, hook) == [(body, [body, body])]
        # What is sent by its own rights it reads.
        tested = await hooks.done(manager, "webhookTest", "message { id }", webhookId=hook["id"])
        await drained(flights, world, hook)
        found = (await manager(ONE, id=tested["message"]["id"]))["node"]["body"]
        assert found == there.received[-1].body.decode()


async def redelivered(by: make.Ask, hook: Any) -> None:
    read = "query ($id: ID!) { webhook(id: $id) { messages(first: 1) { nodes { id } } } }"
    (node,) = (await by(read, id=hook["id"]))["webhook"]["messages"]["nodes"]
    await hooks.done(by, "webhookRedeliver", "message { state }", messageId=node["id"])


@pytest.mark.parametrize("is_changed", [True, False])
async def test_what_was_sent_is_written_anew_only_for_an_endpoint_that_was_changed(
    world, ask, working, monkeypatch, is_changed
) -> None:
    here = await scene(world, ask)
    async with receiver() as there, receiver() as elsewhere:
        hook = await hooks.created(ask, there.url, eventTypes=ORDERS)
        await here.order()
        await hooks.followed(world)
        flights = working()
        await drained(flights, world, hook)
        monkeypatch.setattr("workers.messages.webhooks.bodies.changed_fields", lambda *_: ["anew"])
        if is_changed:
            await hooks.done(ask, "webhookUpdate", webhookId=hook["id"], url=elsewhere.url)
        await redelivered(ask, hook)
        await drained(flights, world, hook)
        first, second = [*there.received, *elsewhere.received]
        assert first.message == second.message
        assert (second.event["data"]["changed"] == ["anew"]) is is_changed
        assert (first.body == second.body) is not is_changed


async def test_conditions_and_triggers_tell_nothing_hidden(world, ask, monkeypatch) -> None:
    """A client learns from no event that it is told, or not, why its order was held."""
    here = await scene(world, ask)
    buyer = ask.by(await world.key(Actor.BUYER, here.company, scopes=sorted(allowed(Actor.BUYER))))
    fraud = {"conditions": [{"field": "reason", "values": ["FRAUD"]}]}
    for types in (["order.held"], ["order.held", "webhook.disabled"], ["*"]):
        found = await hooks.refused(buyer, url=hooks.URL, eventTypes=types, **fraud)
        assert found == [("INVALID", "conditions.0.field")], types
    gone = {"conditions": [{"field": "reason", "values": ["GONE"]}]}
    assert await hooks.refused(buyer, url=hooks.URL, eventTypes=["webhook.disabled"], **gone) == []
    # Even of one that was written before that was refused.
    for name, then in (("hidden_fields", lambda *_: ()), ("_check_values", lambda *_: None)):
        monkeypatch.setattr(f"commands.messages.webhooks.manage.{name}", then)
    types = ["order.held", "webhook.disabled"]
    await hooks.created(buyer, eventTypes=types, **fraud)
    staffs = await hooks.created(ask, eventTypes=types, **fraud)
    order = await here.order()
    own = {"orderId": order["id"], "reason": "FRAUD", "owner": "risk"}
    await hooks.done(ask, "orderHold", "order { id }", **own)
    await hooks.followed(world)
    kept = [it.webhook_id for it in await rows(world, WebhookMessage)]
    assert kept == [hooks.key(staffs["id"])]


async def test_many_at_once_make_no_more_webhooks_than_there_may_be(
    world, ask, monkeypatch
) -> None:
    terms = {"url": hooks.URL, "eventTypes": ["*"]}
    every = [ask.by(await world.key(Actor.STAFF)) for _ in range(6)]
    for most in range(1, 4):
        monkeypatch.setattr("commands.messages.webhooks.manage.MOST_WEBHOOKS", most)
        found = await asyncio.gather(*(hooks.refused(it, **terms) for it in every))
        assert sorted(found) == [[], *[[("TOO_MANY_ITEMS", "")]] * 5]
