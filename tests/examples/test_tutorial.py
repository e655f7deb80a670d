"""The tutorial does what it says, line by line, on a day of the years to come."""

import asyncio
import json
import re
import shlex
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from examples import receiver
from kit.config import from_environment
from kit.outgoing.client import Client, Rules
from models.access.keys import Merchant
from tests import make
from tests.make.messages import hooks
from tests.operating.called import Called, calling
from workers.messages.webhooks.flights import Flights
from workers.messages.webhooks.sending import WebhookSender

TUTORIAL = Path(__file__).parents[2] / "docs" / "TUTORIAL.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAME = re.compile(r'"([A-Z][A-Z_]+)"')
TOKEN = re.compile(r"abruf_[0-9a-f]+_[0-9a-f]+")
KEY = re.compile(r'"[0-9a-f]{8}-[0-9a-f-]{27}"')
SHOWN = ("id", "secret")
"""Fields that the page shows by a name."""


@pytest.fixture
def clock() -> make.Clock:
    return make.Clock(datetime(2031, 11, 29, 22, 0, tzinfo=UTC))


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch, clock: make.Clock) -> Iterator[HTTPServer]:
    """What listens on the receiver's port; the tutorial says by which secret it verifies."""
    instant = SimpleNamespace(time=lambda: clock().timestamp())
    monkeypatch.setattr(receiver, "time", instant)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield server
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def blocks(listening: HTTPServer) -> list[tuple[str, str]]:
    """The page's blocks: kind and text. Its port is one that is free."""
    page = TUTORIAL.read_text("utf-8").replace("9000", str(listening.server_port))
    return [(kind, text) for kind, text in BLOCK.findall(page)]


@pytest.fixture
def outgoing(blocks: list[tuple[str, str]]) -> Rules:
    """Whom the server may send to, as its first line says."""
    *variables, make_, run = shlex.split(blocks[0][1])
    assert (make_, run) == ("make", "run")
    return from_environment(dict(it.split("=", 1) for it in variables)).outgoing


def named(shown: Any, answer: Any, ids: dict[str, str]) -> Any:
    """Return an answer in which the names of the page stand for ids that it tells first."""
    if isinstance(shown, dict) and isinstance(answer, dict):
        for own in SHOWN:
            if own in answer:
                ids.setdefault(shown[own], answer[own])
                assert ids[shown[own]] == answer[own]
                answer = answer | {own: shown[own]}
        return {key: named(shown.get(key), value, ids) for key, value in answer.items()}
    if isinstance(shown, list) and isinstance(answer, list) and len(shown) == len(answer):
        return [named(*pair, ids) for pair in zip(shown, answer, strict=True)]
    return answer


@dataclass
class Reader:
    """Who does what the page says. ids: what its names stand for."""

    ask: make.Ask
    called: Called
    listening: HTTPServer
    database_url: str
    ids: dict[str, str] = field(default_factory=dict)
    answers: int = 0

    async def shell(self, line: str) -> None:
        """Run a command; its token is the one that asks from now on."""
        program, *words = shlex.split(line)
        if "make" in words:
            return
        assert program == ".venv/bin/python"
        if words[0] == "examples/receiver.py":
            secret, port = words[1:]
            assert port == str(self.listening.server_port)
            self.listening.RequestHandlerClass = receiver.handler(self.ids[secret])
            return
        assert words[:2] == ["-m", "abruf"]
        code, output, _ = await self.called(*words[2:], ABRUF_DATABASE_URL=self.database_url)
        assert code == 0
        if found := TOKEN.search(output):
            self.ask = self.ask.by(found[0])

    def filled(self, text: str) -> str:
        """Return a text with what its names stand for."""
        text = NAME.sub(lambda name: f'"{self.ids.get(name[1], name[1])}"', text)
        return re.sub(r"^NOW\b", self.ids["NOW"], text)

    async def graphql(self, text: str, shown: str) -> None:
        """Send an operation; what it answers is what the page shows."""
        expected = json.loads(shown)
        assert named(expected, await self.ask(self.filled(text)), self.ids) == expected
        self.answers += 1


async def sent(database: make.Walled, clock: make.Clock, outgoing: Rules, webhook: str) -> None:
    """Send what waits for an endpoint, as the worker does."""
    async with database.owner.writing(None) as session:
        wanted = select(Merchant.id).where(Merchant.slug == "tutorial")
        merchant_id = (await session.execute(wanted)).scalar_one()
    world = make.World(database, clock, merchant_id, "")
    await hooks.followed(world)
    client = Client(outgoing)
    flights = Flights(WebhookSender(client, clock, pytest.fail))
    async with asyncio.timeout(60):
        while await flights.step(database, merchant_id, hooks.key(webhook), clock()):
            pass
    client.close()


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Called:
    return calling(monkeypatch, capsys)


@pytest.fixture
def reader(
    ask: make.Ask, called: Called, listening: HTTPServer, database_url: str, clock: make.Clock
) -> Reader:
    now = clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    return Reader(ask, called, listening, database_url, {"NOW": now})


async def test_the_tutorial_runs(
    reader: Reader,
    database: make.Walled,
    clock: make.Clock,
    blocks: list[tuple[str, str]],
    outgoing: Rules,
    capsys: Any,
) -> None:
    printed = 0
    for place, (kind, text) in enumerate(blocks):
        if kind == "sh":
            for line in text.splitlines():
                await reader.shell(line)
        elif kind == "graphql":
            await reader.graphql(text, blocks[place + 1][1])
        elif kind == "text":
            capsys.readouterr()
            await sent(database, clock, outgoing, reader.ids["WEBHOOK"])
            assert KEY.sub('"..."', capsys.readouterr().out) == reader.filled(text)
            printed += 1
    assert (reader.answers > 10, printed) == (True, 1)
