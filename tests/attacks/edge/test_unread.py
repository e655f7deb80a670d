"""Clients that ask and do not read: what waits for them is counted, bounded, and goes."""

import asyncio
import fcntl
import json
import logging
import sys
import termios
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from kit.telemetry.metrics import Telemetry
from models.access.viewers import Actor
from tests.attacks.edge.conftest import QUERY, UPSERT, Host, Serve, Texts
from tests.make.running import until
from transport.connections.frames import FRAMES
from transport.connections.server import UNCOUNTED
from transport.connections.sockets import AHEAD, Socket
from transport.draining import Draining
from transport.edge import Outermost
from transport.http.answers import PIECE, Answer
from transport.http.holdings import SMALL
from transport.live import sockets as live

FIELDS = " ".join(f"a{number}: name" for number in range(25))
LONG = {"query": f"{{ products(first: 250) {{ nodes {{ {FIELDS} }} }} }}"}
"""Its answer has about 650 kB."""
OWN = 1_000_000
SECONDS = 1_000
"""More than the longest answer may take."""


async def size_of(host: Host) -> int:
    found = await host.ask(LONG)
    assert found.status == 200
    return int(found.headers["content-length"])


@pytest.mark.usefixtures("products")
async def test_answers_that_nobody_reads_are_bounded_and_go(serve: Serve, world):
    async with serve(answers=OWN) as host, AsyncExitStack() as attack:
        one, other = await size_of(host), await world.key(Actor.STAFF)
        assert one > SMALL
        for _ in range(20):
            await attack.enter_async_context(host.line(host.request(LONG)))
        await until(lambda: host.endpoint.answers.total >= OWN)
        found = await host.ask(LONG)
        assert (found.status, found.code) == (429, "THROTTLED")
        assert host.endpoint.answers.total <= OWN + one
        assert (await host.ask(QUERY)).status == 200
        assert (await host.ask(LONG, other)).status == 200
        host.later(0)
        host.later(SECONDS)
        await host.is_empty()
        assert (await host.ask(LONG)).status == 200


@pytest.mark.usefixtures("products")
async def test_the_system_keeps_little_of_what_nobody_reads(serve: Serve):
    """What it takes, nobody counts: nearly all must wait where it is counted, and be cut."""
    async with serve() as host, AsyncExitStack() as attack:
        one = await size_of(host)
        for _ in range(3):
            await attack.enter_async_context(host.line(host.request(LONG)))
        inside: Any = host.room._inside  # noqa: SLF001 -- memory has no other face.
        await until(lambda: sum(it.transport.get_write_buffer_size() > 0 for it in inside) == 3)
        assert 3 * one - host.endpoint.answers.total < UNCOUNTED
        for each in inside:
            taken = fcntl.ioctl(each.transport.get_extra_info("socket"), termios.TIOCOUTQ, bytes(4))
            assert 0 < int.from_bytes(taken, sys.byteorder) <= 2 * UNCOUNTED < one // 4
        host.later(0)
        host.later(SECONDS)
        await host.is_empty()


@pytest.mark.usefixtures("products")
async def test_who_reads_slowly_gets_the_whole_answer(serve: Serve):
    async with serve() as host, host.line(host.request(LONG)) as line:
        await line.reader.readuntil(b"\r\n\r\n")
        for _ in range(3):
            # Each look finds that something was taken since the one before.
            await line.reader.readexactly(100_000)
            await until(lambda: host.endpoint.answers.total > 0)
            host.later(0)
        assert len(host.room) == 1


@pytest.mark.usefixtures("products")
async def test_an_answer_that_tells_of_a_write_is_always_sent(serve: Serve):
    async with serve(answers=0) as host:
        found = await host.ask(LONG)
        assert found.status == 429
        fields = {"input": {"products": [{"sku": "P1", "name": "new"}]}}
        found = await host.ask({"query": UPSERT, "variables": fields})
        assert found.body["data"] == {"productsUpsert": {"userErrors": []}}


class Dumb:
    """A socket whose client sends and does not read."""

    def __init__(self, host: Host, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.protocol = ClientProtocol(
            parse_uri(f"ws://127.0.0.1:{host.port}/graphql"), subprotocols=["graphql-transport-ws"]
        )
        self.protocol.send_request(self.protocol.connect())
        self.flush()

    def flush(self) -> None:
        self.writer.write(b"".join(self.protocol.data_to_send()))

    def opened(self, data: bytes) -> None:
        self.protocol.receive_data(data)

    def send(self, *messages: object) -> None:
        for each in messages:
            self.protocol.send_text(json.dumps(each).encode())
        self.flush()


def sockets(host: Host) -> list[Socket]:
    inside = host.room._inside  # noqa: SLF001 -- memory has no other face.
    return [it for it in inside if isinstance(it, Socket)]


async def opened(host: Host, clients: AsyncExitStack, *, known: bool = True) -> Dumb:
    line = await clients.enter_async_context(host.line())
    dumb = Dumb(host, line.writer)
    dumb.opened(await line.reader.readuntil(b"\r\n\r\n"))
    if known:
        dumb.send({"type": "connection_init", "payload": {"token": host.token}})
        await until(lambda: not host.room.strangers)
    return dumb


@pytest.mark.usefixtures("products")
async def test_a_socket_that_reads_nothing_is_bounded_and_ends(serve: Serve):
    async with serve(answers=OWN) as host, AsyncExitStack() as attack:
        one = await size_of(host)
        dumb = await opened(host, attack)
        for number in range(20):
            dumb.send({"id": str(number), "type": "subscribe", "payload": LONG})
        await until(lambda: host.endpoint.answers.total >= OWN)
        assert (await host.ask(LONG)).status == 429
        assert host.endpoint.answers.total <= OWN + one
        host.later(0)
        host.later(SECONDS)
        await host.is_empty()


@pytest.mark.usefixtures("products")
async def test_what_is_refused_is_not_held_while_its_refusal_waits(serve: Serve, monkeypatch):
    """Nor once its client is gone: a refusal stands behind what the client has not taken."""
    texts = Texts()
    monkeypatch.setattr(live, "orjson", texts)
    async with serve(answers=OWN) as host, AsyncExitStack() as attack:
        one = await size_of(host)
        dumb = await opened(host, attack)
        for number in range(20):
            dumb.send({"id": str(number), "type": "subscribe", "payload": LONG})
        await until(lambda: texts.written(one) == 20 and not host.endpoint.lanes.lanes)
        held = texts.at_least(one)
        assert 0 < held * one <= host.endpoint.answers.total <= OWN + one
        host.later(0)
        host.later(SECONDS)
        await host.is_empty()
        assert texts.at_least(one) == 0


async def test_messages_that_do_not_end_are_counted_with_bodies_and_bounded(serve: Serve):
    piece = b" " * 200_000
    async with serve(bodies=OWN) as host, AsyncExitStack() as attack:
        for dumb in [await opened(host, attack) for _ in range(8)]:
            dumb.protocol.send_text(piece, fin=False)
            dumb.flush()
        await until(lambda: len(sockets(host)) <= OWN // len(piece))
        assert OWN // 2 < host.endpoint.bodies.total <= OWN + len(piece)
        assert (await host.ask(QUERY)).status == 200
        host.later(SECONDS)
        await host.is_empty()


class Noted(str):
    """A text that tells when nobody holds it any more."""

    __slots__ = ()
    held = 0

    def __init__(self, _: str) -> None:
        Noted.held += 1

    def __del__(self) -> None:
        Noted.held -= 1


@pytest.mark.parametrize("kind", ["ping", "subscribe"])
async def test_a_message_is_not_held_while_its_answer_waits(serve: Serve, monkeypatch, kind: str):
    """Neither what is refused nor what nobody reads of it."""
    receive = Socket.receive

    async def noted(socket: Socket) -> Any:
        message = await receive(socket)
        return {**message, "text": Noted(message.pop("text"))} if "text" in message else message

    def read(text: str) -> dict[str, Any]:
        message = json.loads(text)
        return message if "token" in text else {key: Noted(it) for key, it in message.items()}

    monkeypatch.setattr(Socket, "receive", noted)
    monkeypatch.setattr(live, "json_object", read)
    async with serve(bodies=0) as host, AsyncExitStack() as attack:
        dumb = await opened(host, attack)
        (socket,) = sockets(host)
        await until(lambda: not Noted.held)
        monkeypatch.setattr(live, "is_well_formed", lambda _: True)
        socket.pause_writing()
        dumb.send({"id": "1", "type": kind, "payload": "x" * 10_000, "more": "x"})
        await until(socket._sending.locked)  # noqa: SLF001 -- waiting has no other face.
        # Its type and id; the name of the type is needed while it is answered.
        assert Noted.held <= 2
        socket.resume_writing()
    await until(lambda: not Noted.held)


@pytest.mark.usefixtures("products")
async def test_a_long_message_is_sent_in_frames(serve: Serve):
    """So that the connection holds little of it, and nothing once its client has taken most."""
    async with serve() as host, AsyncExitStack() as attack:
        one = await size_of(host)
        line = await attack.enter_async_context(host.line())
        dumb = Dumb(host, line.writer)
        dumb.opened(await line.reader.readuntil(b"\r\n\r\n"))
        dumb.send({"type": "connection_init", "payload": {"token": host.token}})
        dumb.send({"id": "1", "type": "subscribe", "payload": LONG})
        (socket,) = sockets(host)
        frames = list[Frame]()
        while not any(b'"complete"' in it.data for it in frames):
            assert socket.transport.get_write_buffer_size() <= 3 * PIECE
            dumb.opened(await line.reader.read(10_000))
            frames += [it for it in dumb.protocol.events_received() if isinstance(it, Frame)]
        assert max(len(it.data) for it in frames) == PIECE
        assert [it.opcode for it in frames].count(Opcode.CONT) == one // PIECE
        text = b"".join(it.data for it in frames if it.opcode is Opcode.CONT or not it.fin)
        assert len(json.loads(text)["payload"]["data"]["products"]["nodes"]) == 250


@pytest.mark.usefixtures("products")
async def test_an_operation_that_is_given_up_in_the_midst_of_its_message_leaves_others_theirs(
    serve: Serve,
):
    """Its message goes on to the end, and stays counted until then."""
    async with serve() as host, AsyncExitStack() as attack:
        one = await size_of(host)
        line = await attack.enter_async_context(host.line())
        dumb = Dumb(host, line.writer)
        dumb.opened(await line.reader.readuntil(b"\r\n\r\n"))
        dumb.send({"type": "connection_init", "payload": {"token": host.token}})
        dumb.send({"id": "1", "type": "subscribe", "payload": LONG})
        await until(lambda: host.endpoint.answers.total >= one)
        dumb.send({"id": "1", "type": "complete"}, {"type": "ping"})
        (socket,) = sockets(host)
        await until(lambda: not socket.queue.qsize() and len(socket._sending._waiters or ()) == 1)  # noqa: SLF001 -- waiting has no other face.
        assert host.endpoint.answers.total >= one
        dumb.send({"id": "2", "type": "subscribe", "payload": QUERY})
        kinds, text = list[str](), b""
        while "complete" not in kinds:
            dumb.opened(await line.reader.read(10_000))
            for frame in dumb.protocol.events_received():
                if isinstance(frame, Frame):
                    text += frame.data
                    if frame.fin:
                        kinds.append(json.loads(text)["type"])
                        text = b""
        assert kinds == ["connection_ack", "next", "pong", "next", "complete"]
        await until(lambda: not host.endpoint.answers.total)


@pytest.mark.usefixtures("products")
async def test_a_socket_is_closed_in_the_midst_of_a_message(serve: Serve):
    async with serve() as host, AsyncExitStack() as attack:
        line = await attack.enter_async_context(host.line())
        dumb = Dumb(host, line.writer)
        dumb.opened(await line.reader.readuntil(b"\r\n\r\n"))
        dumb.send({"type": "connection_init", "payload": {"token": host.token}})
        dumb.send({"id": "1", "type": "subscribe", "payload": LONG})
        (socket,) = sockets(host)
        await until(lambda: socket.transport.get_write_buffer_size() > 0)
        # As if its client had just taken a frame.
        socket.writable.set()
        await socket.send({"type": "websocket.close", "code": 4403, "reason": "The end."})
        frames = list[Frame]()
        while dumb.protocol.close_rcvd is None:
            dumb.opened(await line.reader.read(10_000))
            frames += [it for it in dumb.protocol.events_received() if isinstance(it, Frame)]
        assert dumb.protocol.close_rcvd.code == 4403
        assert not any(it.fin for it in frames if it.opcode is Opcode.CONT)
    assert host.endpoint.answers.total == 0


async def test_a_connection_keeps_no_answer_of_which_it_has_the_last_piece() -> None:
    """It has copies of pieces: a view of the last one would keep all megabytes, uncounted."""
    texts, sent = Texts(), list[Any]()

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any: ...

    await Answer(texts.dumps(["x" * 1_000_000]), 200, None, None)({}, receive, send)
    assert texts.at_least(1_000_000) == 0
    assert sum(len(it.get("body", b"")) for it in sent) > 1_000_000


@pytest.mark.parametrize("stops", [False, True])
async def test_what_failed_is_not_held_while_that_is_told(monkeypatch, *, stops: bool) -> None:
    texts, held = Texts(), list[int]()

    async def fails(*_: Any) -> None:
        answer = texts.dumps(["x" * 1_000_000])
        raise asyncio.CancelledError if stops else RuntimeError(len(answer))

    async def send(_: Any) -> None:
        held.append(texts.at_least(1_000_000))

    async def receive() -> Any: ...

    # What tests note of a log holds what was logged.
    monkeypatch.setattr(logging.getLogger("abruf"), "disabled", True)
    draining = Draining()
    if stops:
        draining.begin()
    outermost = Outermost(fails, Telemetry(), draining)
    await outermost({"type": "http", "headers": []}, receive, send)
    assert held == [0, 0]


async def test_pings_of_a_client_that_reads_nothing_are_not_answered_without_end(serve: Serve):
    async with serve() as host, AsyncExitStack() as attack:
        dumb = await opened(host, attack)
        (socket,) = sockets(host)
        for _ in range(50):
            for _ in range(FRAMES // 2):
                dumb.protocol.send_ping(b"x" * 125)
            dumb.flush()
            await until(lambda: socket.conn.counted == FRAMES // 2)
            while socket.conn.counted:
                host.later(0)
        # 3 MB have come; the answers are as long.
        assert socket.transport.get_write_buffer_size() < 4 * SMALL


async def test_messages_that_come_by_the_thousand_close_the_socket(serve: Serve):
    async with serve() as host, AsyncExitStack() as attack:
        dumb = await opened(host, attack, known=False)
        (socket,) = sockets(host)
        dumb.send(*[{"type": "ping"}] * 10_000)
        await until(lambda: socket.close_sent or socket.queue.qsize() >= AHEAD)
        assert socket.queue.qsize() <= AHEAD + 2
        await until(lambda: not sockets(host))


@pytest.mark.parametrize("begun", [b"", b"{"], ids=["in a frame", "between two"])
async def test_a_message_that_does_not_end_is_given_up(serve: Serve, begun: bytes):
    async with serve() as host, AsyncExitStack() as attack:
        dumb = await opened(host, attack)
        if begun:
            dumb.protocol.send_text(begun, fin=False)
            dumb.flush()
        else:
            dumb.protocol.send_text(b"x" * 100_000)
            dumb.writer.write(b"".join(dumb.protocol.data_to_send())[:50_000])
        (socket,) = sockets(host)
        await until(lambda: socket.frames or len(socket.conn.reader.buffer) > 1_000)
        host.later(0)
        assert len(sockets(host)) == 1
        host.later(host.server.config.bounds.body_seconds + 1)
        await until(lambda: not sockets(host))


async def test_a_stranger_sends_no_long_message(serve: Serve):
    async with serve() as host, AsyncExitStack() as attack:
        dumb = await opened(host, attack, known=False)
        dumb.send({"type": "connection_init", "payload": {"token": "x" * 40_000}})
        await until(lambda: not sockets(host))
        dumb = await opened(host, attack)
        (socket,) = sockets(host)
        assert socket.conn.max_message_size == host.server.config.ws_max_size > 40_000


async def test_sockets_that_do_not_begin_leave_for_others(serve: Serve):
    async with serve(connections=10) as host, AsyncExitStack() as attack:
        for _ in range(30):
            await opened(host, attack, known=False)
        assert (await host.ask()).status == 200
        assert len(host.room) <= 10
