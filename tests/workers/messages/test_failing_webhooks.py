"""An endpoint that fails is probed, waited for, and disabled in the end; it disturbs nobody."""

import asyncio
import socket
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from commands.messages.notifications import timing
from commands.messages.webhooks.judging import RetrySchedule
from kit.clock import now
from kit.db.database import Database
from kit.db.lost import Unavailable
from kit.db.reads import Reads
from models.messages.webhooks.tables import Webhook, WebhookLane, WebhookMessage
from resolvers.running.context import Terms
from tests import make
from tests.conftest import PATIENT
from tests.make.feed import rows
from tests.make.messages import hooks
from tests.make.messages.notifications import noted, sent, serving
from tests.make.messages.receivers import Received, Reply, receiver
from tests.make.scene import scene
from tests.workers.messages.conftest import STANDING, drained, hasten
from tests.workers.messages.test_webhooks import ORDERED, REGISTER
from transport.registered import Answers
from workers.messages.webhooks import bodies

pytestmark = pytest.mark.usefixtures("all_recorded")

ORDERS = 6
SUPPORT = """mutation { merchantSettingsUpdate(input: {supportEmail: "help@example.com"}) {
  userErrors { code } } }"""
PREVIEW = """query ($kind: NotificationKind!, $id: ID!, $language: Language!) {
  notificationPreview(kind: $kind, id: $id, language: $language) { subject } }"""
PATIENTLY = (timedelta(hours=1),) * 9


@pytest.fixture
def clock() -> make.Clock:
    """Receivers take only what was signed minutes ago."""
    return make.Clock(now())


async def tried(world: make.World, hook: Any, count: int = ORDERS) -> None:
    """Let an endpoint be tried with a message for each of some objects."""
    await hooks.filled(world, hooks.key(hook["id"]), count)


async def standing(ask: make.Ask, hook: Any) -> Any:
    return (await ask(STANDING, id=hook["id"]))["webhook"]


async def _lane(world: make.World) -> WebhookLane:
    async with world.database.writing(world.merchant_id) as session:
        own = WebhookLane.merchant_id == world.merchant_id
        return (await session.scalars(select(WebhookLane).where(own))).one()


async def test_a_dead_endpoint_costs_a_probe_at_a_time_until_it_answers(
    world, ask, working
) -> None:
    is_dead = True

    async def answer(_: Received) -> Reply:
        return Reply(500 if is_dead else 200)

    schedule = RetrySchedule(PATIENTLY, open_after=3, at_once=2, probe=timedelta(hours=1))
    async with receiver(answer) as there:
        hook, flights = await hooks.created(ask, there.url), working(schedule)
        await tried(world, hook, 100)
        await drained(flights, world, hook)
        # Two at once, and one more before the third failure in a row was known.
        assert len(there.received) in {3, 4}
        failed = len(there.received)
        for probes in range(1, 4):
            await hasten(world, WebhookLane)
            await drained(flights, world, hook)
            assert len(there.received) == failed + probes
        seen = await standing(ask, hook)
        assert (seen["isProbed"], seen["waiting"]) == (True, 100)
        # Each probe was of another message.
        assert len({it.message for it in there.received}) == failed + 3
        # What comes meanwhile asks for no probe of its own.
        await tried(world, hook, 1)
        await drained(flights, world, hook)
        assert len(there.received) == failed + 3
        is_dead = False
        await hasten(world, WebhookLane)
        await drained(flights, world, hook)
        seen = await standing(ask, hook)
        assert (seen["isProbed"], seen["waiting"], seen["failures"]) == (False, 0, 0)


@pytest.mark.parametrize(
    ("status", "headers", "least"),
    [
        (429, {"retry-after": "3600"}, 3500),
        (503, {"retry-after": "Fri, 31 Dec 2099 23:59:59 GMT"}, 86_000),
        (502, {}, 55),
        (504, {"retry-after": "soon"}, 55),
        (504, {"retry-after": f"Fri, 31 Dec {'9' * 20} 23:59:59 GMT"}, 55),
        (500, {"retry-after": "7200"}, 0),
    ],
)
async def test_an_endpoint_is_waited_for_as_it_asks(
    world, ask, working, status, headers, least
) -> None:
    async def answer(_: Received) -> Reply:
        return Reply(status, headers)

    minute = timedelta(minutes=1)
    async with receiver(answer) as there:
        schedule = RetrySchedule((timedelta(0),) * 9, open_after=2, at_once=1, probe=minute)
        hook, flights = await hooks.created(ask, there.url), working(schedule)
        await tried(world, hook)
        await drained(flights, world, hook)
        lane = await _lane(world)
        if status == 500:
            assert len(there.received) == 2
        else:
            assert (len(there.received), lane.is_open) == (1, True)
        assert lane.next_at > now() + timedelta(seconds=least)


@pytest.mark.parametrize("again", ["webhookTest", "webhookResume", "webhookUpdate"])
@pytest.mark.parametrize("failing", [Reply(500), Reply(503, {"retry-after": "9" * 11})])
async def test_an_endpoint_that_was_mended_is_tried_as_soon_as_somebody_wants_it(
    world, ask, working, failing, again
) -> None:
    """A test waits neither behind one that has failed, nor for what the endpoint asked for."""
    is_mended = False

    async def answer(_: Received) -> Reply:
        return Reply(204) if is_mended else failing

    async with receiver(answer) as there, receiver() as elsewhere:
        hook, flights = await hooks.created(ask, there.url), working(RetrySchedule(PATIENTLY))
        own = {"webhookId": hook["id"]}
        await tried(world, hook, 1)
        await hooks.done(ask, "webhookTest", **own)
        await drained(flights, world, hook)
        assert (await standing(ask, hook))["waiting"] == 2
        failed, is_mended = len(there.received), True
        if again == "webhookResume":
            await hooks.done(ask, "webhookPause", **own)
        url = {"url": elsewhere.url} if again == "webhookUpdate" else {}
        await hooks.done(ask, again, **own, **url)
        await drained(flights, world, hook)
        seen = await standing(ask, hook)
        assert (seen["isProbed"], seen["failures"]) == (False, 0)
        # Below five failures in a row nothing but the new test goes before its time.
        waits = 2 if again == "webhookTest" and failing.status == 500 else 0
        wanted = 3 if again == "webhookTest" else 2
        assert seen["waiting"] == waits
        assert len(there.received) + len(elsewhere.received) == failed + wanted - waits


async def test_410_disables_and_resuming_goes_on(world, ask, working) -> None:
    async def gone(_: Received) -> Reply:
        return Reply(410)

    async with receiver(gone) as there:
        hook, flights = await hooks.created(ask, there.url), working(RetrySchedule(at_once=1))
        await tried(world, hook)
        await drained(flights, world, hook)
        seen = await standing(ask, hook)
        assert (seen["state"], seen["disabledFor"], len(there.received)) == ("DISABLED", "GONE", 1)
        listed = "webhook { state timeline(last: 1) { nodes { type actorName payload } } }"
        there.answer = _fine
        resumed = await hooks.done(ask, "webhookResume", listed, webhookId=hook["id"])
        assert resumed["webhook"]["state"] == "ACTIVE"
        await hasten(world)
        await drained(flights, world, hook)
        assert (await standing(ask, hook))["waiting"] == 0


async def _fine(_: Received) -> Reply:
    return Reply()


async def test_after_days_of_failure_it_is_disabled_and_the_journal_and_a_mail_tell(
    world, ask, working
) -> None:
    async with receiver() as there:
        url = there.url
    schedule = RetrySchedule((timedelta(0),) * 9, open_after=1, give_up=timedelta(0), at_once=1)
    hook, flights = await hooks.created(ask, url), working(schedule)
    await tried(world, hook)
    await drained(flights, world, hook)
    seen = await standing(ask, hook)
    assert (seen["state"], seen["disabledFor"], seen["failures"]) == ("DISABLED", "FAILING", 1)
    (entry,) = [it for it in await hooks.entries(world) if it.type == "webhook.disabled"]
    assert (entry.payload, entry.actor_name) == ({"reason": "FAILING"}, "Abruf")
    attempts = await ask("{ webhookAttempts(first: 9) { nodes { status fault } } }")
    assert attempts["webhookAttempts"]["nodes"] == [{"status": None, "fault": "UNREACHABLE"}]
    await ask(SUPPORT)
    await noted(world)
    async with serving() as (server, route):
        (found,) = await sent(world, route, timing.GATHER.total_seconds())
    assert (found.kind.value, found.state.value) == ("WEBHOOK_DISABLED", "SENT")
    (taken,) = server.taken
    assert (taken["To"], taken["Subject"]) == (
        "help@example.com",
        f"The webhook {url} was switched off",
    )
    assert "It has taken nothing that was sent to it" in taken.get_body(("plain",)).get_content()
    named = {"kind": "WEBHOOK_DISABLED", "id": hook["id"], "language": "DE"}
    seen = (await ask(PREVIEW, **named))["notificationPreview"]
    assert seen["subject"] == f"Der Webhook {url} wurde abgeschaltet"
    listed = await ask("{ notifications(first: 9) { nodes { webhook { id } order { id } } } }")
    assert listed["notifications"]["nodes"] == [{"webhook": {"id": hook["id"]}, "order": None}]


async def test_a_message_is_given_up_after_its_last_try_and_the_next_one_goes(
    world, ask, working
) -> None:
    first: list[str] = []

    async def answer(received: Received) -> Reply:
        first[:] = first or [received.message]
        return Reply(500 if received.message == first[0] else 200)

    async with receiver(answer) as there:
        schedule = RetrySchedule((timedelta(0),) * 2, open_after=100)
        hook, flights = await hooks.created(ask, there.url), working(schedule)
        await hooks.filled(world, hooks.key(hook["id"]), 3, objects=1)
        await drained(flights, world, hook)
        names = [it.message for it in there.received]
        assert names[:3] == [names[0]] * 3
        assert len({*names[3:]}) == len(names) - 3 == 2
        states = "query ($id: ID!) { webhook(id: $id) { messages(last: 3) { nodes { state } } } }"
        nodes = (await ask(states, id=hook["id"]))["webhook"]["messages"]["nodes"]
        assert sorted(it["state"] for it in nodes) == ["DELIVERED", "DELIVERED", "FAILED"]


async def test_a_slow_endpoint_delays_no_other(world, ask, working) -> None:
    over = asyncio.Event()

    async def waits(_: Received) -> Reply:
        await over.wait()
        return Reply()

    async with receiver(waits) as late, receiver() as quick:
        flights = working()
        dull, fast = await hooks.created(ask, late.url), await hooks.created(ask, quick.url)
        for each in (dull, fast):
            await tried(world, each)
        hanging = asyncio.create_task(drained(flights, world, dull))
        await late.got(1)
        await drained(flights, world, fast)
        assert len(quick.received) == ORDERS
        assert not hanging.done()
        over.set()
        await hanging
        assert len(late.received) == ORDERS


@pytest.mark.parametrize("outgoing", [5.0], indirect=True)
async def test_a_name_that_is_not_told_is_a_late_attempt_and_delays_no_other(
    world, ask, working, monkeypatch
) -> None:
    over, known = Event(), socket.getaddrinfo

    def silent(host: str, port: int, **how: Any) -> Any:
        if host == "silent.example":
            over.wait(60)
        return known("127.0.0.1" if host.endswith(".example") else host, port, **how)

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    async with receiver() as there:
        urls = [f"http://{name}.example:{there.port}/" for name in ("silent", "quick")]
        dull, fast = [await hooks.created(ask, url) for url in urls]
        for each in (dull, fast):
            await tried(world, each)
        flights = working(RetrySchedule(PATIENTLY, open_after=100))
        hanging = asyncio.create_task(drained(flights, world, dull))
        await drained(flights, world, fast)
        assert len(there.received) == ORDERS
        assert not hanging.done()
        await hanging
        assert len(there.received) == ORDERS
    assert not over.is_set()
    over.set()
    seen = await ask(ATTEMPTS, id=dull["id"])
    assert flights.sender.counted == {"LATE": ORDERS, "DELIVERED": ORDERS}
    late = {"fault": "LATE", "status": None, "answer": "There was no answer in time."}
    assert [it for it in seen["webhookAttempts"]["nodes"] if it["fault"]] == [late] * ORDERS
    assert seen["webhook"] == {"failures": ORDERS, "waiting": ORDERS, "state": "ACTIVE"}
    assert (await standing(ask, fast))["waiting"] == 0


async def test_no_more_messages_a_second_than_an_endpoint_likes(world, ask, working) -> None:
    async with receiver() as there:
        hook, flights = await hooks.created(ask, there.url, perSecond=20), working()
        await tried(world, hook, 30)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await drained(flights, world, hook)
        assert len(there.received) == 30
        # The first is free, then twenty a second: the others need their time.
        assert loop.time() - began >= 29 / 20 - 0.1


ATTEMPTS = """query ($id: ID!) { webhookAttempts(first: 20) {
  nodes { fault status answer } } webhook(id: $id) { failures waiting state } }"""


async def test_what_we_fail_to_write_is_an_attempt_given_up_in_the_end_and_holds_nobody_up(
    world, ask, working, monkeypatch
) -> None:
    written = bodies.to_global

    def failing(type_: str, key: Any) -> str:
        if key == bad:
            raise ArithmeticError
        return written(type_, key)

    async with receiver(_fine) as there:
        hook = await hooks.created(ask, there.url)
        flights = working(RetrySchedule((timedelta(0),), at_once=8))
        await tried(world, hook)
        bad = (await rows(world, WebhookMessage))[0].aggregate_id
        monkeypatch.setattr(bodies, "to_global", failing)
        await drained(flights, world, hook)
        assert len(there.received) == ORDERS - 1
    seen = await ask(ATTEMPTS, id=hook["id"])
    unwritten = [it for it in seen["webhookAttempts"]["nodes"] if it["fault"]]
    text = "We could not write it: ArithmeticError."
    assert unwritten == [{"fault": "UNWRITTEN", "status": None, "answer": text}] * 2
    assert seen["webhook"] == {"failures": 0, "waiting": 0, "state": "ACTIVE"}


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (TimeoutError, "TIMEOUT"),
        (Unavailable, "UNAVAILABLE"),
        (ArithmeticError, "INTERNAL_SERVER_ERROR"),
    ],
)
async def test_a_document_without_an_answer_for_the_moment_is_sent_with_one_later(
    world, ask, working, monkeypatch, failure, code
) -> None:
    here, documents = await scene(world, ask), {"documents": [{"text": ORDERED}]}
    (name,) = (await ask(REGISTER, input=documents))["documentsRegister"]["ids"]
    answers = Answers(world.database, now, Terms(limits=PATIENT))

    async def failing(*_: object) -> None:
        raise failure

    async with receiver() as there:
        hook = await hooks.created(ask, there.url, eventTypes=["order.placed"], document=name)
        flights = working(RetrySchedule(PATIENTLY), ask=answers)
        order = await here.order()
        await hooks.followed(world)
        with monkeypatch.context() as patched:
            patched.setattr(Reads, "texts", failing)
            await drained(flights, world, hook)
        assert there.received == []
        await hasten(world, WebhookMessage, WebhookLane)
        await drained(flights, world, hook)
        (taken,) = there.received
    assert taken.event["data"]["document"]["node"]["number"] == order["number"]
    seen = await ask(ATTEMPTS, id=hook["id"])
    unwritten = {"fault": "UNWRITTEN", "status": None, "answer": f"We could not write it: {code}."}
    assert seen["webhookAttempts"]["nodes"][1:] == [unwritten]
    assert seen["webhook"] == {"failures": 0, "waiting": 0, "state": "ACTIVE"}


async def test_what_finds_no_free_connection_is_not_tried(
    world, ask, database, monkeypatch
) -> None:
    await hooks.created(ask, "http://127.0.0.1:1/", eventTypes=["webhook.*"])
    await hooks.followed(world)
    (hook,), messages = await rows(world, Webhook), await rows(world, WebhookMessage)
    few, own = Database(database.url, pool_size=1), world.merchant_id
    monkeypatch.setattr(few.engine.sync_engine.pool, "_timeout", 0.05)
    async with few.writing(own), few.writing(own):
        with pytest.raises(Unavailable):
            await bodies.bodies(few, ask, hook, messages, now())
    await few.close()
    assert [it.type for it in messages] == ["webhook.created"]
