"""One merchant's keys attack in every way while another merchant reads and writes beside them.

A round is one attack, sent all the time by eight keys, beside which the innocent key reads and
writes five times each; all of it must be answered, nothing refused. Rounds play every attack once,
in the order of a seed, and go on for as long as ABRUF_ATTACK_SECONDS says: `make simulate` plays
for ten minutes. Memory is weighed before and after all of them, PostgreSQL's too.
"""

import asyncio
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit.clock import now
from kit.embedded import Server, running
from kit.loop.memory import MUCH
from tests import make
from tests.attacks.load.playing import chosen_seed, rounds
from tests.run.abruf import Abruf
from tests.run.test_memory import (
    ATTACKS,
    IMPORT,
    LETTER,
    LONG_EVENT,
    MAIL,
    MOST_KB,
    ORDERS,
    import_of,
    order_of_250_lines,
)
from transport.connections.requests import IN_A_ROW

KEYS, TURNS = 8, 5
"""Keys that attack at once; reads and writes of the innocent one beside each attack."""
CREATE = """mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { token } }"""
READ = "{ products(first: 5) { nodes { sku name } } orders(first: 5) { nodes { number } } }"
WRITE = """mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { status product { sku } } userErrors { code } }
}"""
LARGE = f"{{ products(first: 250) {{ nodes {{ {' '.join(f'a{it}: id' for it in range(25))} }} }} }}"
PATIENCE_S = 60


async def token_of_another(server: Server) -> str:
    """Return a token of the staff of a new merchant."""
    database = make.Walled(server.app_url, server.owner_url)
    try:
        return (await make.world(database, make.Clock(now()))).token
    finally:
        await database.close()


@dataclass
class Battle:
    """A server, the keys that attack it, the key of another merchant, and what came of it."""

    abruf: Abruf
    order_id: str
    keys: list[str]
    innocent: str
    folder: Path
    counts: Counter[str] = field(default_factory=Counter)

    def post(
        self, client: httpx.Client, token: str, query: str, **variables: Any
    ) -> httpx.Response:
        return client.post(
            f"{self.abruf.origin}/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE_S,
        )

    @contextmanager
    def flooded(self, documents: list[str], **variables: Any) -> Iterator[None]:
        """Let every key ask them again and again meanwhile."""
        over = threading.Event()

        def attack(key: str, first: int) -> None:
            with httpx.Client() as client:
                number = first
                while not over.is_set():
                    document = documents[number % len(documents)]
                    known = {"id": self.order_id} if "$id" in document else variables
                    # What was seen before would be known, and so cheap.
                    self.post(client, key, f"{document} # {number}", **known)
                    number += 1
                    self.counts["attacks"] += 1

        threads = [
            threading.Thread(target=attack, args=(key, place * 1_000))
            for place, key in enumerate(self.keys)
        ]
        for each in threads:
            each.start()
        try:
            yield
        finally:
            over.set()
            for each in threads:
                each.join()

    @contextmanager
    def connected(self, sent: Callable[[str, str], bytes]) -> Iterator[None]:
        """Hold five connections of every key, which sent something and read nothing.

        sent: what, of a token and the id of a long order.
        """
        with ExitStack() as lines:
            for key in self.keys * 5:
                line = lines.enter_context(socket.socket())
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                line.connect(("127.0.0.1", self.abruf.port))
                with suppress(ConnectionError):
                    line.sendall(sent(key, self.order_id))
                self.counts["attacks"] += 1
            yield

    def live(self, turns: int) -> None:
        """Read and write as the innocent one; each must be answered, none refused."""
        with httpx.Client() as client:
            for number in range(turns):
                product = {"sku": f"S{number}", "name": "Shaft"}
                read = self.post(client, self.innocent, READ)
                wrote = self.post(client, self.innocent, WRITE, input={"products": [product]})
                for answer in (read, wrote):
                    assert (answer.status_code, "errors" in answer.json()) == (200, False), (
                        answer.text
                    )
                assert wrote.json()["data"]["productsUpsert"]["results"][0]["product"]
                self.counts["reads"] += 1
                self.counts["writes"] += 1

    def read_mail(self) -> None:
        """Look at one: its language's words and numbers, and its templates, stay as code does."""
        document = f"query ($id: ID!) {{ notificationPreview({MAIL}) {{ {LETTER} }} }}"
        with httpx.Client() as client:
            answer = self.post(client, self.keys[0], document, id=self.order_id)
        assert answer.json()["data"]["notificationPreview"]["subject"]

    def memory_kb(self) -> int:
        """Return what its process holds."""
        lines = Path(f"/proc/{self.abruf.process.pid}/status").read_text().splitlines()
        return next(int(it.split()[1]) for it in lines if it.startswith("VmRSS"))

    def database_kb(self) -> int:
        """Return what PostgreSQL's processes hold each by itself: its cache is of all of them."""
        held = 0
        for each in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                status = (each / "status").read_text()
                is_ours = (each / "cwd").resolve().is_relative_to(self.folder)
                if status.startswith("Name:\tpostgres") and is_ours:
                    # One that has just ended has no such line any more.
                    own = [it for it in status.splitlines() if it.startswith("RssAnon:")]
                    held += sum(int(it.split()[1]) for it in own)
        return held


def request(token: str, body: bytes, length: int, more: str = "") -> bytes:
    return (
        f"POST /graphql HTTP/1.1\r\nHost: abruf\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {length}\r\n{more}\r\n"
    ).encode() + body


def unread(token: str, _: str) -> bytes:
    body = f'{{"query": "{LARGE}"}}'.encode()
    return request(token, body, len(body))


def unread_events(token: str, order_id: str) -> bytes:
    body = json.dumps({"query": LONG_EVENT, "variables": {"id": order_id}}).encode()
    return request(token, body, len(body), "Accept: text/event-stream\r\n")


def unended(token: str, _: str) -> bytes:
    return request(token, b'{"query": "' + b" " * 100_000, 900_000)


def in_pieces(token: str, _: str) -> bytes:
    begun = request(token, b"", 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    return begun + b"1\r\n \r\n" * 2_000


def unended_head(token: str, _: str) -> bytes:
    return request(token, b"", 0)[:-2] + b"X-Long: " + b"x" * 4_000


def wrong_tokens(token: str, _: str) -> bytes:
    return request(token[:-1] + "~", b"{}", 2) * IN_A_ROW


WAYS: dict[str, Callable[[str, str], bytes]] = {
    "unread answers": unread,
    "unread events": unread_events,
    "bodies without end": unended,
    "bodies in pieces": in_pieces,
    "heads without end": unended_head,
    "silence": lambda _, __: b"",
    "wrong tokens": wrong_tokens,
}
IMPORTS = "imports of as many lines as one is done at a time"


@pytest.fixture(scope="module")
def battle(used: Path) -> Iterator[Battle]:
    abruf = Abruf(used)
    try:
        abruf.wait_until_ready()
        abruf.read_on()
        with running(used) as server:
            innocent = asyncio.run(token_of_another(server))
        made = [
            abruf.ask(CREATE, input={"actor": "STAFF", "name": f"Attacker {each}"})["apiKeyCreate"]
            for each in range(KEYS)
        ]
        yield Battle(abruf, order_of_250_lines(abruf), [it["token"] for it in made], innocent, used)
        assert abruf.stop() == 130
    finally:
        abruf.kill()


def test_nobody_is_starved_by_another_merchants_attacks_and_memory_comes_back(
    battle: Battle,
) -> None:
    names = [*ATTACKS, *WAYS, IMPORTS]
    random.Random(chosen_seed()).shuffle(names)
    battle.live(TURNS)
    battle.read_mail()
    before, database = battle.memory_kb(), battle.database_kb()
    assert database > 0
    for number in rounds(len(names)):
        name = names[number % len(names)]
        if name in WAYS:
            attack = battle.connected(WAYS[name])
        elif name == IMPORTS:
            lines = import_of(f"{number} ", MUCH // ORDERS, "1")
            attack = battle.flooded([IMPORT], input=lines)
        else:
            attack = battle.flooded(ATTACKS[name])
        with attack:
            battle.live(TURNS)
    battle.live(TURNS)
    assert battle.counts["reads"] == battle.counts["writes"] >= TURNS * (len(names) + 2)
    assert battle.counts["attacks"] >= KEYS * len(names)
    comes_back(battle.memory_kb, before)
    comes_back(battle.database_kb, database)


def comes_back(held: Callable[[], int], before: int) -> None:
    """Wait until hardly more is held than before: what is left is given back when it is quiet."""
    until = time.monotonic() + PATIENCE_S
    while (more := held() - before) > MOST_KB:
        assert time.monotonic() < until, f"{more} kB are not given back"
        time.sleep(0.1)
