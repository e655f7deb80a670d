"""Frames that cost a client six bytes: few are parsed at once, and a flood ends."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

import pytest
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from tests.attacks.edge.conftest import Host, Serve
from tests.attacks.edge.test_unread import Dumb, opened, sockets
from tests.make.running import until
from transport.connections.frames import FRAMES, MORE, STRANGE
from transport.connections.sockets import PARSED_AT_ONCE, Socket

FLOOD = 40_000
"""As many as one read of a socket has."""
SHORTEST = 6
"""Bytes of a client's frame with nothing in it."""
STEP = PARSED_AT_ONCE // SHORTEST + 1


class Parsed:
    """Counts the frames that a server parses, in all and before others have their turn."""

    def __init__(self) -> None:
        self.all = self.most = self._now = 0

    def note(self) -> None:
        self.all += 1
        if not self._now:
            asyncio.get_running_loop().call_soon(self._end)
        self._now += 1
        self.most = max(self.most, self._now)

    def _end(self) -> None:
        self._now = 0


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Parsed:
    counted, take = Parsed(), ServerProtocol.recv_frame

    def noted(protocol: ServerProtocol, frame: Frame) -> None:
        counted.note()
        take(protocol, frame)

    monkeypatch.setattr(ServerProtocol, "recv_frame", noted)
    return counted


def flood(dumb: Dumb, opcode: Opcode, *, fin: bool = True) -> None:
    first = b"" if fin else Frame(Opcode.TEXT, b"", fin=False).serialize(mask=True)
    dumb.writer.write(first + Frame(opcode, b"", fin=fin).serialize(mask=True) * FLOOD)


async def is_ended(host: Host, dumb: Dumb) -> None:
    await until(lambda: not sockets(host))
    await until(dumb.writer.transport.is_closing)


@pytest.mark.parametrize("known", [False, True], ids=["a stranger", "a client"])
@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG, Opcode.CONT, Opcode.TEXT])
async def test_a_flood_of_frames_is_parsed_in_steps_and_ends(
    serve: Serve,
    parsed: Parsed,
    caplog: pytest.LogCaptureFixture,
    opcode: Opcode,
    *,
    known: bool,
):
    async with serve() as host, AsyncExitStack() as attack:
        dumb = await opened(host, attack, known=known)
        flood(dumb, opcode, fin=opcode is not Opcode.CONT)
        await is_ended(host, dumb)
    assert 0 < parsed.most <= STEP
    assert parsed.all <= FRAMES + STEP
    assert "Exception" not in caplog.text


async def test_what_follows_a_close_is_not_parsed_without_end(serve: Serve, parsed: Parsed):
    async with serve() as host, AsyncExitStack() as attack:
        dumb = await opened(host, attack)
        (socket,) = sockets(host)
        dumb.send("no message")
        await until(lambda: socket.close_sent)
        flood(dumb, Opcode.TEXT)
        await is_ended(host, dumb)
    assert parsed.most <= STEP
    assert parsed.all <= FRAMES + STEP


async def test_frames_before_the_handshake_is_answered_end_it(serve: Serve, parsed: Parsed):
    async with serve() as host, AsyncExitStack() as attack:
        line = await attack.enter_async_context(host.line())
        dumb = Dumb(host, line.writer)
        await until(lambda: sockets(host))
        flood(dumb, Opcode.PING)
        await is_ended(host, dumb)
    assert parsed.all <= FRAMES + STEP


async def test_pings_of_a_patient_client_are_answered_for_ever(serve: Serve):
    async with serve() as host, AsyncExitStack() as clients:
        dumb = await opened(host, clients)
        (socket,) = sockets(host)
        for _ in range(2 * FRAMES // MORE):
            for _ in range(MORE):
                dumb.protocol.send_ping(b"")
            dumb.flush()
            await until(lambda: socket.conn.counted == MORE)
            host.later(0)
        assert sockets(host) == [socket]


@pytest.mark.parametrize("known", [False, True], ids=["a stranger", "a client"])
async def test_a_stranger_says_little_and_a_client_as_much_as_is_handled(
    serve: Serve, parsed: Parsed, *, known: bool
):
    most = FRAMES // STRANGE
    async with serve() as host, AsyncExitStack() as attack:
        dumb = await opened(host, attack, known=known)
        (socket,) = sockets(host)
        for _ in range(2 * most if known else most):
            taken = parsed.all
            dumb.send({"type": "ping"})
            await until(partial(_is_taken, parsed, taken, socket))
        dumb.send({"type": "ping"})
        if known:
            assert sockets(host) == [socket]
        else:
            await until(lambda: not sockets(host))


def _is_taken(parsed: Parsed, before: int, socket: Socket) -> bool:
    return parsed.all == before + 1 and socket.queue.empty()


async def test_a_long_message_arrives_whole_in_steps(serve: Serve):
    async with serve() as host, AsyncExitStack() as clients:
        line = await clients.enter_async_context(host.line())
        dumb = Dumb(host, line.writer)
        dumb.opened(await line.reader.readuntil(b"\r\n\r\n"))
        dumb.send({"type": "connection_init", "payload": {"token": host.token}})
        await until(lambda: not host.room.strangers)
        for _ in range(3):
            dumb.send({"type": "ping", "payload": {"long": "x" * 200_000}})
            await line.reader.readuntil(b'"pong"')
