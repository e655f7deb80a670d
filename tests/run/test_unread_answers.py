"""Answers of megabytes that nobody reads, asked in every way: a server grows by 64 MB at most."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.uri import parse_uri

from tests.run.abruf import ROOT, Abruf
from tests.run.test_memory import (
    MOST_KB,
    forget_peak,
    held_kb,
    order_of_250_lines,
    peak_kb,
    without_prices,
)

LEAST_KB, EACH_OF_SOCKET = 8 * 1024, 6


@pytest.fixture(scope="module")
def attacked(used: Path) -> Any:
    """Give one that is attacked by every test here."""
    with without_prices(used) as one:
        yield one


KEY = """mutation { apiKeyCreate(input: {actor: STAFF, name: "Attack"}) { token } }"""
KEYS, EACH_UNREAD = 12, 12
HOLD = """mutation ($id: ID!, $owner: String!) {
  orderHold(input: {orderId: $id, reason: OTHER, owner: $owner}) {
    userErrors { code } order { lines { order { lines { id } } } } } }"""
LONG_ANSWER = "query ($id: ID!) { order(id: $id) { lines { order { lines { id } } } } }"


Unread = Callable[[Abruf, str, dict[str, Any]], socket.socket]
"""Asks so that nothing, or little, of what is answered is read."""


def connected(abruf: Abruf) -> socket.socket:
    """Return a connection of which the system takes little."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", abruf.port))
    client.settimeout(60)
    return client


def unread(
    abruf: Abruf, token: str, body: dict[str, Any], kind: str = "application/json"
) -> socket.socket:
    """Ask, and read nothing of what is answered."""
    client = connected(abruf)
    headers = {"Authorization": f"Bearer {token}", "Accept": kind}
    request = httpx.Request("POST", f"{abruf.origin}/graphql", json=body, headers=headers)
    head = "".join(f"{key}: {value}\r\n" for key, value in request.headers.items())
    client.sendall(f"POST /graphql HTTP/1.1\r\n{head}\r\n".encode() + request.content)
    return client


def unread_stream(abruf: Abruf, token: str, body: dict[str, Any]) -> socket.socket:
    """Ask for a stream, and read nothing of it."""
    return unread(abruf, token, body, "text/event-stream")


def unread_socket(abruf: Abruf, token: str, body: dict[str, Any]) -> socket.socket:
    """Ask several times, and read nothing of what is answered."""
    client = connected(abruf)
    protocol = ClientProtocol(
        parse_uri(f"ws://127.0.0.1:{abruf.port}/graphql"), subprotocols=["graphql-transport-ws"]
    )

    def send(*messages: dict[str, Any]) -> None:
        for each in messages:
            protocol.send_text(json.dumps(each).encode())
        client.sendall(b"".join(protocol.data_to_send()))

    protocol.send_request(protocol.connect())
    send()
    while protocol.state is not State.OPEN:
        protocol.receive_data(client.recv(4096))
    send({"type": "connection_init", "payload": {"token": token}})
    assert b"connection_ack" in client.recv(4096)
    each = [repeated(body, it) for it in range(EACH_OF_SOCKET)]
    send(*({"id": str(no), "type": "subscribe", "payload": it} for no, it in enumerate(each)))
    return client


def repeated(body: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the same for another owner, where it names one: nobody holds an order twice."""
    own = body["variables"]
    return body | {"variables": own | {it: f"{own[it]}{number}" for it in own if it == "owner"}}


def other_merchant(abruf: Abruf) -> str:
    """Make one, and return a token of its staff; another worker may have made its own there."""
    slug = f"m-{uuid4().hex}"
    environment = {**os.environ, "ABRUF_DATA_DIR": str(abruf.folder)}
    own = ("--merchant", slug, "--actor", "STAFF", "--name", "Attack")
    for words in (("merchant", "create", "--slug", slug, "--name", slug), ("key", "create", *own)):
        command = (sys.executable, "-m", "abruf", *words)
        printed = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        ).stdout
    return next(it for it in printed.split() if it.startswith("abruf_"))


@pytest.fixture(scope="module")
def attackers(attacked: tuple[Abruf, str]) -> list[tuple[str, str]]:
    """Make keys of three merchants: each token with the id of a long order that it sees."""
    abruf, order_id = attacked
    staff = {abruf.tokens["staff"]: order_id}
    for _ in range(2):
        token = other_merchant(abruf)
        staff[token] = order_of_250_lines(abruf, token)
    return [
        (abruf.ask_as(token, KEY)["apiKeyCreate"]["token"], its)
        for _ in range(KEYS // len(staff))
        for token, its in staff.items()
    ]


WAYS = ((unread, 6), (unread_stream, 6), (unread_socket, 1))


@pytest.mark.parametrize(
    ("way", "each", "wanted", "merchants"),
    [
        *((*way, LONG_ANSWER, it) for way in WAYS for it in (1, 3)),
        # On a socket, mutations of one order are one after another for minutes.
        *((*way, HOLD, 3) for way in WAYS[:2]),
    ],
)
def test_answers_that_nobody_reads_take_64_mb_at_most_however_they_are_asked(
    attacked: tuple[Abruf, str],
    attackers: list[tuple[str, str]],
    way: Unread,
    each: int,
    wanted: str,
    merchants: int,
) -> None:
    """By keys of one merchant, and of three at once; payloads of mutations, too."""
    abruf, _ = attacked
    orders = list({its: token for token, its in attackers})[:merchants]
    keys = [it for it in attackers if it[1] in orders]
    for token, order_id in keys[:merchants]:
        assert abruf.ask_as(token, LONG_ANSWER, id=order_id)
        held = abruf.ask_as(token, HOLD, id=order_id, owner=uuid4().hex)["orderHold"]
        assert (held["userErrors"], len(held["order"]["lines"])) == ([], 250)
    forget_peak(abruf.process.pid)
    before = held_kb(abruf.process.pid)
    with ExitStack() as attack:
        for token, order_id in keys * each:
            own = {"owner": uuid4().hex} if wanted == HOLD else {}
            body = {"query": wanted, "variables": {"id": order_id, **own}}
            attack.enter_context(way(abruf, token, body))
        # In a lane it is answered in the order of asking: what was asked before is made by then.
        for token, _ in keys:
            assert abruf.ask_as(token, "{ viewer { name } }")["viewer"]["name"]
        grown = peak_kb(abruf.process.pid) - before
    # As much is held at least as one merchant may hold.
    assert LEAST_KB <= grown <= MOST_KB


def test_answers_of_megabytes_that_nobody_reads_take_64_mb_at_most(
    attacked: tuple[Abruf, str],
) -> None:
    """Of those that are made, held and refused, by many keys; others are answered meanwhile."""
    abruf, order_id = attacked
    body = {"query": LONG_ANSWER, "variables": {"id": order_id}}
    tokens = [abruf.ask(KEY)["apiKeyCreate"]["token"] for _ in range(KEYS)]
    assert len(json.dumps(abruf.ask(LONG_ANSWER, id=order_id))) > 2_500_000
    forget_peak(abruf.process.pid)
    before = held_kb(abruf.process.pid)
    with ExitStack() as attack:
        clients = [attack.enter_context(unread(abruf, it, body)) for it in tokens * EACH_UNREAD]
        for client in clients:
            client.settimeout(60)
            assert client.recv(8, socket.MSG_PEEK) == b"HTTP/1.1"
        assert abruf.ask("{ viewer { name } }")["viewer"]["name"]
    assert peak_kb(abruf.process.pid) - before <= MOST_KB
