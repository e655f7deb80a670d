"""Requests that do not end, never begin, or are none: told in JSON, and never kept."""

import gc
import weakref
from contextlib import AsyncExitStack

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from tests.attacks.edge.conftest import Host, Serve
from tests.make.running import until
from transport.connections.requests import IN_A_ROW, LINGER_S
from transport.connections.room import DOOR

GET = b"GET /livez HTTP/1.1\r\nHost: abruf\r\n"
END = b"\r\n"
HANDSHAKE = b"GET /graphql HTTP/1.1\r\nHost: abruf\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
PIECES = b"POST /graphql HTTP/1.1\r\nHost: abruf\r\nTransfer-Encoding: chunked\r\n\r\n"
HEAD = 4_096


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"a" * 2 * HEAD, 414),
        (b"GET /" + b"a" * 2 * HEAD + b" HTTP/1.1\r\n\r\n", 414),
        (GET + b"X: " + b"a" * 2 * HEAD, 431),
        (GET + b"X: " + b"a" * 2 * HEAD + END + END, 431),
        (GET + b"a" * 2 * HEAD, 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 2 * HEAD, 431),
        (GET + b"X: y\r\n" * 100 + END, 431),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (GET + b"Content-Length: x\r\n\r\n", 400),
        (HANDSHAKE + END, 400),
        (HANDSHAKE + b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13" + 2 * END, 400),
        (HANDSHAKE.replace(b"GET", b"POST") + END, 405),
        (HANDSHAKE + b"Transfer-Encoding: chunked" + 2 * END, 400),
        (b"GET /livez HTTP/1.1" + 2 * END, 400),
        (PIECES.replace(b"chunked", b"gzip, chunked") + b"0" + 2 * END, 501),
        (PIECES.replace(b"chunked", b"gzip\r\nTransfer-Encoding: chunked") + b"0" + 2 * END, 501),
    ],
)
async def test_what_is_no_request_is_refused_in_json(
    serve: Serve, sent: bytes, status: int
) -> None:
    async with serve(head_bytes=HEAD) as host:
        async with host.line(sent) as line:
            found = await line.reply()
            assert (found.status, found.code) == (status, "BAD_USER_INPUT")
            assert found.headers["connection"] == "close"
        await host.is_empty()


async def test_a_head_without_an_end_is_not_kept(serve: Serve) -> None:
    async with serve(head_bytes=HEAD) as host, AsyncExitStack() as attack:
        lines = [
            await attack.enter_async_context(host.line(GET + b"X: " + b"a" * 64 * HEAD))
            for _ in range(40)
        ]
        assert {(await line.reply()).status for line in lines} == {431}
        # Each of them goes on sending; nothing of it is parsed any more.
        for line in lines:
            line.writer.write(b"a" * 64 * HEAD)
        assert kept_in_all(host) <= 40 * HEAD
        assert (await host.ask()).status == 200


def kept_in_all(host: Host) -> int:
    """Return how many bytes of headers all connections keep."""
    connections = list(host.room._inside)  # noqa: SLF001 -- memory has no other face.
    return sum(len(name) + len(value) for it in connections for name, value in it.headers or ())


@pytest.mark.parametrize(
    ("trailers", "status"), [(b"T: x\r\n" * 101, 431), (b"T: " + b"a" * 2 * HEAD, 413)]
)
async def test_what_follows_a_body_in_pieces_is_counted_like_a_head(
    serve: Serve, trailers: bytes, status: int
) -> None:
    async with serve(head_bytes=HEAD) as host:
        whole = host.request(b"", **{"Transfer-Encoding": "chunked"})
        chunked = whole.replace(b"Content-Length: 0\r\n", b"")
        async with host.line(chunked + b"0\r\n" + trailers) as line:
            assert (await line.reply()).status == status
        await host.is_empty()


async def test_heads_without_an_end_are_bounded_together_and_the_longest_leave(
    serve: Serve,
) -> None:
    most, long = 20 * HEAD, HEAD // 2
    async with serve(head_bytes=HEAD, all_heads=most) as host, AsyncExitStack() as attack:
        short = await attack.enter_async_context(host.line(GET))
        await until(lambda: host.room.bytes_of_heads)
        lines = [
            await attack.enter_async_context(host.line(GET + b"X: " + b"a" * long))
            for _ in range(50)
        ]
        await until(lambda: host.room.leaving >= 10)
        left = [it for it in lines if it.reader._buffer]  # noqa: SLF001 -- who has an answer.
        assert {(await it.reply()).status for it in left} == {503}
        assert most - long <= host.room.bytes_of_heads <= most
        short.writer.write(END)
        assert (await short.reply()).status == 200
        for line in lines:
            line.writer.transport.abort()
        await until(lambda: not host.room.bytes_of_heads)


@pytest.mark.parametrize("sent", [GET + b"X: " + b"a" * HEAD, GET + END, b"", PIECES + b"5\r\n"])
async def test_nothing_of_a_connection_waits_for_the_collector(serve: Serve, sent: bytes) -> None:
    """Seven thousand that had sent long heads left 130 MB until it came by."""
    async with serve() as host:
        gc.collect()
        gc.disable()
        try:
            async with host.line(sent) as line:
                await until(lambda: len(host.room) == 1)
                (connection,) = map(weakref.ref, host.room._inside)  # noqa: SLF001 -- as above.
                if sent == GET + END:
                    assert (await line.reply()).status == 200
                elif sent:
                    await until(lambda: host.room.bytes_of_heads or sent.startswith(PIECES))
            await until(lambda: connection() is None)
        finally:
            gc.enable()


async def test_only_so_many_requests_are_taken_in_a_row(serve: Serve) -> None:
    async with serve() as host:
        async with host.line((GET + END) * 5_000) as line:
            await line.until_end()
        gc.collect()
        cycles = [it for it in gc.get_objects() if type(it) is RequestResponseCycle]
        assert len(cycles) <= 2 * IN_A_ROW
        await host.is_empty()


async def test_a_head_that_is_late_is_told_and_ends(serve: Serve) -> None:
    async with serve(head_seconds=10) as host:
        async with host.line(GET) as line:
            await until(lambda: any(it._unparsed for it in host.room._inside))  # noqa: SLF001
            host.later(9)
            assert len(host.room) == 1
            host.later(11)
            assert ((found := await line.reply()).status, found.code) == (408, "BAD_USER_INPUT")
        async with host.line() as line:
            await until(lambda: len(host.room) == 1)
            host.later(11)
            assert await line.until_end() == b""
        await host.is_empty()


async def test_a_body_that_goes_on_after_its_answer_is_cut(serve: Serve) -> None:
    async with serve(head_seconds=10) as host:
        async with host.line(host.request(token="abruf_x", length=1_000_000)) as line:
            assert (await line.reply()).status == 401
            line.writer.write(b"a" * 100)
            await until(lambda: any(it._due for it in host.room._inside))  # noqa: SLF001
            host.later(11)
            await line.until_end()
        await host.is_empty()


async def test_silent_connections_keep_nobody_out(serve: Serve) -> None:
    async with serve(connections=20, of_address=20) as host, AsyncExitStack() as attack:
        for _ in range(60):
            await attack.enter_async_context(host.line())
        assert [(await host.ask()).status for _ in range(5)] == [200] * 5
        assert len(host.room) <= 20


async def test_one_address_has_so_many_connections_and_the_others_theirs(serve: Serve) -> None:
    async with serve(connections=100, of_address=5) as host, AsyncExitStack() as attack:
        for _ in range(30):
            await attack.enter_async_context(host.line())
        assert (await host.ask()).status == 200
        assert len(host.room) <= 5


async def test_a_proxy_that_is_trusted_is_no_single_address(serve: Serve) -> None:
    trusted = ("127.0.0.0/8",)
    async with serve(trusted, connections=100, of_address=5) as host, AsyncExitStack() as clients:
        for _ in range(30):
            await clients.enter_async_context(host.line())
        await until(lambda: len(host.room) == 30)


async def test_who_has_shown_a_token_stays_and_who_has_not_leaves_first(serve: Serve) -> None:
    async with serve(connections=3) as host, AsyncExitStack() as clients:
        known = await clients.enter_async_context(host.line(host.request()))
        assert (await known.reply()).status == 200
        for _ in range(10):
            await clients.enter_async_context(host.line())
        known.writer.write(host.request())
        assert (await known.reply()).status == 200


async def test_where_all_are_busy_a_new_one_is_told_to_come_later(serve: Serve) -> None:
    async with serve(connections=2) as host, AsyncExitStack() as clients:
        for _ in range(2):
            busy = host.line(host.request(b"{", length=100))
            await clients.enter_async_context(busy)
        await until(lambda: not host.room.strangers and len(host.room) == 2)
        found = await host.ask()
        assert (found.status, found.code) == (503, "THROTTLED")
        assert found.headers["retry-after"] == "1"


async def test_who_leaves_for_others_is_told_and_does_not_stay(serve: Serve) -> None:
    async with serve(connections=5) as host, AsyncExitStack() as attack:
        for _ in range(DOOR + 50):
            await attack.enter_async_context(host.line(GET))
        assert (await host.ask()).status == 200
        assert len(host.room) <= 5
        await until(lambda: host.room.leaving <= DOOR)
        host.later(LINGER_S + 1)
        await until(lambda: not host.room.leaving)
