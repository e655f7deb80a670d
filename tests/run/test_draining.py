"""A server that is told to stop while sockets and streams are open."""

import asyncio
import json
import signal
import socket
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

import asyncpg
import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from kit.embedded import running
from tests.run.abruf import Abruf, Launch
from tests.run.conftest import Far
from tests.run.test_memory import NO_PRICE, order_of_250_lines
from tests.run.test_unread_answers import (
    LONG_ANSWER,
    connected,
    unread,
    unread_socket,
    unread_stream,
)

ORDER = "{ orders(first: 1, filter: { states: [CONFIRMED] }) { nodes { id } } }"
READ = "{ products(first: 1) { totalCount } }"
PATIENT = {"ABRUF_BODY_SECONDS": "600", "ABRUF_HEAD_SECONDS": "600"}
HEAD = (
    "POST /graphql HTTP/1.1\r\nHost: abruf\r\nContent-Type: application/json\r\n"
    "Authorization: Bearer {token}\r\nContent-Length: 900\r\nExpect: 100-continue\r\n\r\n"
)
SUBSCRIBE = "subscription ($id: ID!) { orderStatusChanged(orderId: $id, after: 0) { position } }"


async def _until_closed(abruf: Abruf, opened: asyncio.Event) -> tuple[int | None, str]:
    """Open a socket and a stream until they end; return the close code and the stream's end."""
    token = abruf.tokens["staff"]
    (order,) = abruf.ask(ORDER)["orders"]["nodes"]
    wanted = {"query": SUBSCRIBE, "variables": {"id": order["id"]}}
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    address = f"{abruf.origin}/graphql"
    async with (
        connect(address.replace("http", "ws"), subprotocols=["graphql-transport-ws"]) as socket,
        httpx.AsyncClient(timeout=60) as client,
        client.stream("POST", address, json=wanted, headers=headers) as stream,
    ):
        await socket.send(json.dumps({"type": "connection_init", "payload": {"token": token}}))
        await socket.recv()
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": wanted}))
        assert json.loads(await socket.recv())["type"] == "next"
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: next"
        opened.set()
        remaining = "\n".join([line async for line in lines])
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
        return socket.close_code, remaining


async def _asked_without_end(abruf: Abruf, answers: Counter[str]) -> None:
    """Ask on one connection until the server says that it closes it; count how that ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", abruf.port)
    body = b'{"query": "{ viewer { actor } }"}'
    lines = [
        "POST /graphql HTTP/1.1",
        "Host: abruf",
        "Content-Type: application/json",
        f"Authorization: Bearer {abruf.tokens['staff']}",
        f"Content-Length: {len(body)}",
    ]
    request = "\r\n".join([*lines, "", ""]).encode() + body
    head = b""
    try:
        while b"connection: close" not in head.lower():
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            answers[head.split()[1].decode()] += 1
        remaining = await reader.read()
        answers["more" if remaining else "closed"] += 1
    except (OSError, EOFError) as error:
        answers[type(error).__name__] += 1
    finally:
        writer.close()


async def _loaded(abruf: Abruf, clients: int) -> tuple[Counter[str], int | None, str]:
    """Tell the server to stop under load, while a socket and a stream are open.

    Return how requests and connections ended, the close code, and the stream's end.
    """
    answers, opened = Counter[str](), asyncio.Event()
    live = asyncio.create_task(_until_closed(abruf, opened))
    running = [asyncio.create_task(_asked_without_end(abruf, answers)) for _ in range(clients)]
    async with asyncio.timeout(60):
        while answers["200"] < 10 * clients:  # noqa: ASYNC110 -- nobody tells when it is so.
            await asyncio.sleep(0.001)
        await opened.wait()
        abruf.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*running)
        return answers, *await live


def test_clients_are_told_that_their_connections_close_and_none_is_reset(
    used: Path, launch: Launch
) -> None:
    """Sockets and streams are told to connect again."""
    abruf = launch(used)
    abruf.wait_until_ready()
    answers, code, remaining = asyncio.run(_loaded(abruf, 20))
    assert set(answers) == {"200", "closed"}
    assert answers["closed"] == 20
    assert code == 1012
    assert remaining.endswith("retry: 1000\n")
    assert "complete" not in remaining
    output, _ = abruf.process.communicate(timeout=60)
    assert abruf.process.returncode == 0
    assert "Traceback" not in output
    assert "timeout graceful shutdown exceeded" not in output


def test_who_reads_nothing_leaves_no_fault_in_the_log(used: Path, launch: Launch) -> None:
    """However it has asked; nor does it keep the server for longer than the grace."""
    prices = {f"ABRUF_LIMIT_{it}": NO_PRICE for it in ("COST", "NODES", "BUCKET")}
    # A tenth of it is what they have to end in, on a busy machine too.
    abruf = launch(used, **prices, ABRUF_GRACE_SECONDS="20", **PATIENT)
    abruf.wait_until_ready()
    token, order_id = abruf.tokens["staff"], order_of_250_lines(abruf)
    body = {"query": LONG_ANSWER, "variables": {"id": order_id}}
    assert abruf.ask(LONG_ANSWER, id=order_id)
    with ExitStack() as attack:
        for way in (unread, unread_stream, unread_socket):
            client = attack.enter_context(way(abruf, token, body))
            # Its answer has begun.
            assert client.recv(1, socket.MSG_PEEK)
        unfinished = [attack.enter_context(_unfinished(abruf, it)) for it in (HEAD, HEAD[:-2])]
        abruf.process.send_signal(signal.SIGTERM)
        output, _ = abruf.process.communicate(timeout=60)
        whole, _ = (b"".join(iter(lambda it=it: it.recv(4096), b"")) for it in unfinished)
    assert b"503 Service Unavailable" in whole
    assert json.loads(whole.rpartition(b"\r\n")[2])["errors"][0]["extensions"]["retryAfter"] == 1
    assert abruf.process.returncode == 0
    assert "ERROR" not in output, output


def _unfinished(abruf: Abruf, head: str) -> socket.socket:
    """Begin a request that does not go on; where its head is whole, its body is waited for."""
    client = connected(abruf)
    client.sendall(head.format(token=abruf.tokens["staff"]).encode())
    if head == HEAD:
        assert client.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b'{"query"')
    return client


async def _sent(abruf: Abruf, body: bytes, length: int) -> asyncio.Task[bytes]:
    """Send a request of which so much has come; gives what is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", abruf.port)
    lines = [
        "POST /graphql HTTP/1.1",
        "Host: abruf",
        "Content-Type: application/json",
        f"Authorization: Bearer {abruf.tokens['staff']}",
        f"Content-Length: {length}",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def answered() -> bytes:
        try:
            return await reader.read()
        finally:
            writer.close()

    return asyncio.create_task(answered())


async def _too_slow(abruf: Abruf, owner_url: str, count: int) -> list[bytes]:
    """Tell the server to stop while reads wait for a table, so many, and as many bodies come."""
    body = json.dumps({"query": READ}).encode()
    owner = await asyncpg.connect(owner_url.replace("+asyncpg", ""))
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    try:
        await owner.execute("BEGIN; LOCK products IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(60):
            tasks = [await _sent(abruf, body, len(body)) for _ in range(count)]
            while await owner.fetchval(waiting) < count:  # noqa: ASYNC110 -- nobody tells.
                await asyncio.sleep(0.01)
            tasks += [await _sent(abruf, body[:20], len(body)) for _ in range(count)]
            abruf.process.send_signal(signal.SIGTERM)
            return await asyncio.gather(*tasks)
    finally:
        await owner.close()


def test_who_is_slower_than_the_grace_is_told_so(used: Path, launch: Launch) -> None:
    """uvicorn would cancel them, and answer 500 as plain text."""
    abruf = launch(used, ABRUF_GRACE_SECONDS="1")
    abruf.wait_until_ready()
    with running(used) as server:
        answers = asyncio.run(_too_slow(abruf, server.owner_url, 3))
    output, _ = abruf.process.communicate(timeout=60)
    for answer in answers:
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.decode().lower().split("\r\n")
        (error,) = json.loads(body)["errors"]
        assert lines[0] == "http/1.1 503 service unavailable"
        assert {"connection: close", "retry-after: 1"} <= set(lines)
        assert error["extensions"] == {"code": "OUTCOME_UNKNOWN", "retryAfter": 1}
    assert (abruf.process.returncode, "Traceback" in output) == (0, False), output


async def test_a_database_that_says_nothing_keeps_nobody_from_ending(
    far: Far, tmp_path: Path, launch: Launch
) -> None:
    """Closing a connection waits for its answer, and what is cancelled waits for it, too."""
    way, environment = far
    own = {"ABRUF_DEMO": "1", "ABRUF_GRACE_SECONDS": "1", "ABRUF_WORKER": "1"}
    abruf = launch(tmp_path, **{**environment, **own})
    await asyncio.to_thread(abruf.wait_until_ready)
    await asyncio.to_thread(abruf.ask, READ)
    way.fall_silent()
    body = json.dumps({"query": READ}).encode()
    reads = [await _sent(abruf, body, len(body)) for _ in range(3)]
    abruf.process.send_signal(signal.SIGTERM)
    output, _ = await asyncio.to_thread(abruf.process.communicate, timeout=60)
    await asyncio.wait(reads)
    assert (abruf.process.returncode, "Traceback" in output) == (0, False), output
