"""Workers are killed while receivers are dead, slow or odd: everybody hears all, in order, once.

People get each mail, too; twice only where a worker died between the mail server's answer and its
own note, and then under the same message id.
"""

import asyncio
import json
import os
import random
import signal
import socket
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from kit.clock import now
from kit.outgoing.mails import MailRoute
from models.messages.notifications import Notification, NotificationMail, NotificationState
from tests import make
from tests.make.feed import rows
from tests.make.messages import hooks
from tests.make.messages.notifications import PUBLIC_URL, Server, serving
from tests.make.messages.receivers import Received, Receiver, Reply, receiver
from tests.make.scene import PLACE, Scene, fresh, scene
from tests.make.trade import orders

ROOT = Path(__file__).parents[3]
ORDERS = int(os.environ.get("ABRUF_KILL_ORDERS", "6"))
KILLED = int(os.environ.get("ABRUF_KILL_SENDERS", "3"))
AT_ONCE = "mutation { merchantSettingsUpdate(input: {gatherMinutes: 0}) { userErrors { code } } }"
HOLD = {"reason": "PAYMENT", "owner": "Sales"}
SEED = 20261129


@pytest.fixture
def clock() -> make.Clock:
    """The clock of the machine, as the workers read it."""
    return make.Clock(now())


class Workers:
    """Two workers, of which one or the other is killed and another one started."""

    def __init__(
        self, database: make.Walled, folder: Path, ports: Sequence[int], mails: MailRoute
    ) -> None:
        inherited = {key: it for key, it in os.environ.items() if not key.startswith("ABRUF_")}
        ours = {
            "ABRUF_DATABASE_URL": database.url,
            "ABRUF_OWNER_URL": database.owner.url,
            "ABRUF_MIGRATE": "0",
            "ABRUF_DATA_DIR": str(folder),
            "ABRUF_WEBHOOK_HTTP": "1",
            "ABRUF_WEBHOOK_ALLOWED": "127.0.0.0/8",
            "ABRUF_WEBHOOK_PORTS": ",".join(map(str, ports)),
            "ABRUF_SMTP_URL": f"smtp://{mails.host}:{mails.port}",
            "ABRUF_PUBLIC_URL": PUBLIC_URL,
            "ABRUF_MAIL_FROM": mails.sender,
        }
        self._environment = {**inherited, **ours, "PYTHONPATH": str(ROOT)}
        self._running: list[asyncio.subprocess.Process] = []
        self._chance = random.Random(SEED)
        self._log = folder / "log"

    async def start(self) -> None:
        with self._log.open("ab") as log:
            program = str(ROOT / "tests" / "workers" / "messages" / "short.py")
            process = await asyncio.create_subprocess_exec(
                sys.executable, program, env=self._environment, cwd=ROOT, stdout=log, stderr=log
            )
        self._running.append(process)

    async def kill_one(self) -> None:
        """Kill one of them with -9, and start another."""
        victim = self._running.pop(self._chance.randrange(len(self._running)))
        victim.kill()
        await victim.wait()
        await self.start()

    async def stop(self) -> str:
        for each in self._running:
            each.terminate()
        # One that was started just now may not have heard that it shall end in peace.
        for each in self._running:
            assert await each.wait() in {0, -signal.SIGTERM}, self._log.read_text()
        return self._log.read_text()


@asynccontextmanager
async def working(
    database: make.Walled, folder: Path, ports: Sequence[int], mails: MailRoute
) -> AsyncIterator[Workers]:
    workers = Workers(database, folder, ports, mails)
    for _ in range(2):
        await workers.start()
    yield workers
    log = await workers.stop()
    assert "Traceback" not in log, log


def _dead_port() -> int:
    """Return a port on which nobody listens yet."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def _odd(_: Received, calls: list[int] = [0]) -> Reply:  # noqa: B006 -- it counts.
    """Answer 500 to every third."""
    calls[0] += 1
    return Reply(500 if calls[0] % 3 == 0 else 200)


async def _slow(_: Received) -> Reply:
    await asyncio.sleep(0.4)
    return Reply()


async def _changed(here: Scene) -> list[tuple[str, str]]:
    """Place orders and hold each; returns what happened, object by object."""
    happened = []
    for _ in range(ORDERS):
        email = f"{fresh('guest').lower()}@example.com"
        guest = {"name": "Guest", "email": email}
        order = await orders.order(here.world, here.ask, guest=guest, shipTo=PLACE)
        await hooks.done(here.ask, "orderHold", "order { id }", orderId=order["id"], **HOLD)
        happened += [(order["id"], "order.placed"), (order["id"], "order.held")]
    return happened


def _verified(secret: str, each: Received) -> Any:
    """Return what was sent, signed as of then: a long play ends long after."""
    at = datetime.fromtimestamp(int(each.headers["webhook-timestamp"]), UTC)
    signed = Verifier(secret).sign(each.message, at, each.body.decode())
    assert signed in each.headers["webhook-signature"].split(" ")
    return json.loads(each.body)


def _firsts(receiver_: Receiver, secret: str) -> dict[str, list[str]]:
    """Return object -> its events in the order in which they came first; each is verified."""
    sequences: dict[str, list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    for each in receiver_.received:
        event = _verified(secret, each)
        key = f"{event['type']} {event['data']['id']}"
        if names.setdefault(key, each.message) != each.message:
            pytest.fail(f"{key} has two names")
        kinds = sequences[event["data"]["id"]]
        if event["type"] not in kinds:
            kinds.append(event["type"])
    return dict(sequences)


async def test_killed_workers_lose_nothing_and_rename_nothing(
    database, clock, client, tmp_path
) -> None:
    async with AsyncExitStack() as stack:
        mails, route = await stack.enter_async_context(serving())
        mails.slow_s = 0.1
        worlds = [await make.world(database, clock) for _ in range(2)]
        scenes = [await scene(it, make.Ask(client, it.token)) for it in worlds]
        odd, slow, good = [
            await stack.enter_async_context(receiver(it)) for it in (_odd, _slow, _good)
        ]
        port = _dead_port()
        ports = [port, *(it.port for it in (odd, slow, good))]
        urls = [odd.url, slow.url, good.url, f"http://127.0.0.1:{port}/hook"]
        mine = [await hooks.created(scenes[0].ask, it, eventTypes=["order.*"]) for it in urls]
        theirs = await hooks.created(scenes[1].ask, good.url + "/2", eventTypes=["order.*"])
        for here in scenes:
            await here.ask(AT_ONCE)
        workers = await stack.enter_async_context(working(database, tmp_path, ports, route))
        first, others = await asyncio.gather(*(_changed(it) for it in scenes))
        for _ in range(KILLED):
            seen = len(good.received)
            first += await _changed(scenes[0])
            await good.got(seen + 1, within=120)
            await workers.kill_one()
        revived = await stack.enter_async_context(receiver(_good, port=port))
        await _all_are_settled(scenes, [*mine, theirs])
        expected = _by_object(first)
        parts = _parted(good)
        for there, hook in zip((odd, slow, parts["/hook"], revived), mine, strict=True):
            assert _firsts(there, hook["secret"]) == expected
        assert _firsts(parts["/hook/2"], theirs["secret"]) == _by_object(others)
        await _each_was_told(worlds, mails, len(expected) + len(_by_object(others)))


async def _each_was_told(worlds: Sequence[make.World], mails: Server, orders_: int) -> None:
    """Compare what a mail server has taken with what was to be told."""
    noted = [it for world in worlds for it in await _all_are_sent(world)]
    assert len(noted) == orders_
    sent = {it.address: it.message_id for it in noted}
    assert {it["To"]: it["Message-ID"] for it in mails.taken} == sent
    assert len(mails.taken) <= len(noted) + KILLED


async def _all_are_sent(world: make.World) -> Sequence[Notification]:
    """Wait until the mail server has taken what is to be told; returns that."""
    async with asyncio.timeout(30 * KILLED):
        while True:
            if {it.state for it in await rows(world, Notification)} == {NotificationState.SENT}:
                break
            await asyncio.sleep(0.2)
    assert await rows(world, NotificationMail) == []
    return await rows(world, Notification)


async def _good(_: Received) -> Reply:
    return Reply()


def _by_object(happened: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key, kind in happened:
        found[key].append(kind)
    return dict(found)


def _parted(there: Receiver) -> dict[str, Receiver]:
    """Return what came to each path of a receiver."""
    found: dict[str, Receiver] = {}
    for each in there.received:
        found.setdefault(each.path, Receiver("http", there.port, _good)).received.append(each)
    return found


STANDING = "query ($id: ID!) { webhook(id: $id) { waiting state position } }"


async def _all_are_settled(scenes: Sequence[Scene], webhooks: Sequence[Any]) -> None:
    """Wait until followers have read all, and nothing waits for any endpoint."""
    owners = [scenes[0]] * (len(webhooks) - 1) + [scenes[1]]
    async with asyncio.timeout(30 * KILLED):
        for here, hook in zip(owners, webhooks, strict=True):
            last = (await hooks.entries(here.world))[-1].position
            while True:
                seen = (await here.ask(STANDING, id=hook["id"]))["webhook"]
                assert seen["state"] == "ACTIVE"
                if seen["waiting"] == 0 and seen["position"] == last:
                    break
                await asyncio.sleep(0.2)
