"""Workers and servers are killed, receivers dead, slow or odd: all is told, in order, once.

People get each mail, too; twice only where a worker died between the mail server's answer and its
own note, and then under the same message id. The seed is printed; `make kill` plays longer, with 20
merchants and 2,000 changes.
"""

import asyncio
import json
import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook as Verifier

from kit.clock import now
from models.messages.notifications import Notification, NotificationMail, NotificationState
from tests import make
from tests.make.feed import rows
from tests.make.messages import hooks
from tests.make.messages.notifications import Server, serving
from tests.make.messages.receivers import Received, Receiver, Reply, receiver
from tests.make.scene import PLACE, Scene, fresh, scene
from tests.make.trade import orders
from tests.walls.programs import free_port
from tests.workers.messages.processes import SERVER, WORKER, Processes, working
from workers.running.chores import Chore

ORDERS = int(os.environ.get("ABRUF_KILL_ORDERS", "5"))
KILLED = int(os.environ.get("ABRUF_KILL_SENDERS", "2"))
KILLED_WORKERS = (KILLED + 1) // 2
"""A worker is killed first, then a server, and so on; servers send nothing."""
MERCHANTS = int(os.environ.get("ABRUF_KILL_SENDING", "2"))
WORKERS = 2 if MERCHANTS == 2 else 3
AT_ONCE = "mutation { merchantSettingsUpdate(input: {gatherMinutes: 0}) { userErrors { code } } }"
HOLD = {"reason": "PAYMENT", "owner": "Sales"}
EVENTS = 2 * ORDERS * MERCHANTS
"""That each receiver is told of."""
WITHIN_S = 60 + 30 * KILLED
"""Seconds within which more is heard after a process was killed, and nothing waits at the end."""
CHANGED_WITHIN_S = WITHIN_S + EVENTS
"""Seconds within which all is changed, whatever was killed meanwhile."""
STANDING = "query ($id: ID!) { webhook(id: $id) { waiting state position } }"
LAGGING = "{ workers(first: 9) { nodes { name behind lanes(first: 1) { nodes { id } } } } }"
Happened = dict[str, list[str]]
"""Object -> what happened to it, in order."""


@pytest.fixture
def clock() -> make.Clock:
    """The clock of the machine, as the workers read it."""
    return make.Clock(now())


async def _good(_: Received) -> Reply:
    return Reply()


async def _slow(_: Received) -> Reply:
    await asyncio.sleep(0.4)
    return Reply()


async def _odd(_: Received, calls: list[int] = [0]) -> Reply:  # noqa: B006 -- it counts.
    """Answer 500 to every third."""
    calls[0] += 1
    return Reply(500 if calls[0] % 3 == 0 else 200)


class Merchant:
    """One of the merchants, with an endpoint at each receiver. happened: so far."""

    def __init__(self, here: Scene, path: str) -> None:
        self.here, self.path, self.happened = here, path, Happened()
        self.hooks = list[dict[str, Any]]()

    @classmethod
    async def of(cls, world: make.World, client: httpx.AsyncClient, path: str) -> "Merchant":
        made = cls(await scene(world, make.Ask(client, world.token)), path)
        await made.here.ask(AT_ONCE)
        return made

    async def subscribe(self, ports: Sequence[int]) -> None:
        """Ask for what happens to orders at each receiver."""
        for port in ports:
            url = f"http://127.0.0.1:{port}{self.path}"
            self.hooks.append(await hooks.created(self.here.ask, url, eventTypes=["order.*"]))

    async def change(self) -> None:
        """Place orders and hold each."""
        here = self.here
        for _ in range(ORDERS):
            guest = {"name": "Guest", "email": f"{fresh('guest').lower()}@example.com"}
            fields = {"channelId": here.channel, "lines": [orders.line(here.product, "1")]}
            order = await orders.order(here.world, here.ask, guest=guest, shipTo=PLACE, **fields)
            await hooks.done(here.ask, "orderHold", "order { id }", orderId=order["id"], **HOLD)
            self.happened[order["id"]] = ["order.placed", "order.held"]

    async def settle(self) -> None:
        """Wait until followers have read all, and nothing waits for any endpoint."""
        last = (await hooks.entries(self.here.world))[-1].position
        for hook in self.hooks:
            while True:
                seen = (await self.here.ask(STANDING, id=hook["id"]))["webhook"]
                assert seen["state"] == "ACTIVE"
                if seen["waiting"] == 0 and seen["position"] == last:
                    break
                await asyncio.sleep(0.2)
        followers = (await self.here.ask(LAGGING))["workers"]["nodes"]
        assert [it for it in followers if it["behind"] or it["lanes"]["nodes"]] == []

    async def mails(self) -> Sequence[Notification]:
        """Wait until the mail server has taken what is to be told; returns that."""
        world = self.here.world
        while True:
            found = await rows(world, Notification)
            if {it.state for it in found} == {NotificationState.SENT}:
                break
            await asyncio.sleep(0.2)
        assert await rows(world, NotificationMail) == []
        return found


def _verified(secret: str, each: Received) -> Any:
    """Return what was sent, signed as of then: a long play ends long after."""
    at = datetime.fromtimestamp(int(each.headers["webhook-timestamp"]), UTC)
    signed = Verifier(secret).sign(each.message, at, each.body.decode())
    assert signed in each.headers["webhook-signature"].split(" ")
    return json.loads(each.body)


def _firsts(there: Receiver, path: str, secret: str) -> Happened:
    """Return object -> its events in the order in which they came first; each is verified."""
    sequences: dict[str, list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    for each in there.received:
        if each.path == path:
            event = _verified(secret, each)
            key = f"{event['type']} {event['data']['id']}"
            if names.setdefault(key, each.message) != each.message:
                pytest.fail(f"{key} has two names")
            kinds = sequences[event["data"]["id"]]
            if event["type"] not in kinds:
                kinds.append(event["type"])
    return dict(sequences)


async def _killed(processes: Processes, good: Receiver) -> None:
    """Kill a worker, a server, and so on, each after as much more was heard of what is to come."""
    for number, program in enumerate(islice(cycle((WORKER, SERVER)), KILLED), 1):
        await good.got(number * EVENTS // (KILLED + 1), within=WITHIN_S)
        await processes.kill_one(program)


async def test_killed_workers_and_servers_lose_nothing_and_rename_nothing(
    database, clock, tmp_path
) -> None:
    seed = int(os.environ.get("ABRUF_KILL_SEED", "20261129"))
    sys.stdout.write(f"seed {seed}\n")
    async with AsyncExitStack() as stack:
        mails, route = await stack.enter_async_context(serving())
        mails.slow_s = 0.1
        odd, slow, good = [
            await stack.enter_async_context(receiver(it)) for it in (_odd, _slow, _good)
        ]
        ports = [odd.port, slow.port, good.port, dead := free_port()]
        processes = Processes(database, tmp_path, ports, route, random.Random(seed))
        own = [free_port() for _ in range(2)]
        client = await stack.enter_async_context(working(processes, own, WORKERS))
        worlds = [await make.world(database, clock) for _ in range(MERCHANTS)]
        paths = [f"/{place}" for place in range(MERCHANTS)]
        merchants = await asyncio.gather(
            *(Merchant.of(it, client, path) for it, path in zip(worlds, paths, strict=True))
        )
        await asyncio.gather(*(it.subscribe(ports) for it in merchants))
        changes = asyncio.gather(*(it.change() for it in merchants))
        async with asyncio.timeout(CHANGED_WITHIN_S):
            await asyncio.gather(changes, _killed(processes, good))
        revived = await stack.enter_async_context(receiver(_good, port=dead))
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*(it.settle() for it in merchants))
            noted = [it for each in merchants for it in await each.mails()]
        for each in merchants:
            for there, hook in zip((odd, slow, good, revived), each.hooks, strict=True):
                assert _firsts(there, each.path, hook["secret"]) == each.happened
        _each_was_told(noted, mails)


def _each_was_told(noted: Sequence[Notification], mails: Server) -> None:
    """Compare what a mail server has taken with what was to be told."""
    assert len(noted) == ORDERS * MERCHANTS
    sent = {(it.address, it.message_id) for it in noted}
    assert {(it["To"], it["Message-ID"]) for it in mails.taken} == sent
    copies = Counter(it["Message-ID"] for it in mails.taken)
    assert max(copies.values()) <= 1 + KILLED_WORKERS
    assert copies.total() - len(copies) <= Chore.at_once * KILLED_WORKERS
