"""Requests that do not end, never begin, or are none: told in JSON, and never kept."""

import gc
from contextlib import AsyncExitStack

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from tests.attacks.edge.conftest import Serve, Site
from tests.make.running import until
from transport.connections.requests import IN_A_ROW, LINGER_S
from transport.connections.room import DOOR

GET = b"GET /livez HTTP/1.1\r\nHost: abruf\r\n"
END = b"\r\n"
HANDSHAKE = b"GET /graphql HTTP/1.1\r\nHost: abruf\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
HEAD = 4_096


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"a" * 2 * HEAD, 414),
        (b"GET /" + b"a" * 2 * HEAD + b" HTTP/1.1\r\n\r\n", 414),
        (GET + b"X: " + b"a" * 2 * HEAD, 431),
        (GET + b"X: " + b"a" * 2 * HEAD + END + END, 431),
        (GET + b"a" * 2 * HEAD, 431),
        (GET + b"X: y\r\n" * 100 + END, 431),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (GET + b"Content-Length: x\r\n\r\n", 400),
        (HANDSHAKE + END, 400),
        (HANDSHAKE + b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13" + 2 * END, 400),
        (HANDSHAKE.replace(b"GET", b"POST") + END, 405),
        (HANDSHAKE + b"Transfer-Encoding: chunked" + 2 * END, 400),
    ],
)
async def test_what_is_no_request_is_refused_in_json(
    serve: Serve, sent: bytes, status: int
) -> None:
    async with serve(head_bytes=HEAD) as site:
        async with site.line(sent) as line:
            told = await line.told()
            assert (told.status, told.code) == (status, "BAD_USER_INPUT")
            assert told.headers["connection"] == "close"
        await site.is_empty()


async def test_a_head_without_an_end_is_not_kept(serve: Serve) -> None:
    async with serve(head_bytes=HEAD) as site, AsyncExitStack() as attack:
        lines = [
            await attack.enter_async_context(site.line(GET + b"X: " + b"a" * 64 * HEAD))
            for _ in range(40)
        ]
        assert {(await line.told()).status for line in lines} == {431}
        # Each of them goes on sending; nothing of it is parsed any more.
        for line in lines:
            line.writer.write(b"a" * 64 * HEAD)
        assert kept_in_all(site) <= 40 * HEAD
        assert (await site.ask()).status == 200


def kept_in_all(site: Site) -> int:
    """Return how many bytes of headers all connections keep."""
    connections = list(site.room._inside)  # noqa: SLF001 -- memory has no other face.
    return sum(len(name) + len(value) for it in connections for name, value in it.headers or ())


async def test_what_follows_a_body_in_pieces_is_counted_like_a_head(serve: Serve) -> None:
    chunked = b"POST /livez HTTP/1.1\r\nHost: abruf\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    async with serve(head_bytes=HEAD) as site:
        async with site.line(chunked) as line:
            for _ in range(3):
                line.writer.write(b"Trailer: " + b"a" * HEAD + END)
            await line.rest()
        await site.is_empty()


async def test_only_so_many_requests_are_taken_in_a_row(serve: Serve) -> None:
    async with serve() as site:
        async with site.line((GET + END) * 5_000) as line:
            await line.rest()
        gc.collect()
        cycles = [it for it in gc.get_objects() if type(it) is RequestResponseCycle]
        assert len(cycles) <= 2 * IN_A_ROW
        await site.is_empty()


async def test_a_head_that_is_late_is_told_and_ends(serve: Serve) -> None:
    async with serve(head_seconds=10) as site:
        async with site.line(GET) as line:
            await until(lambda: any(it._unparsed for it in site.room._inside))  # noqa: SLF001
            site.later(9)
            assert len(site.room) == 1
            site.later(11)
            assert ((told := await line.told()).status, told.code) == (408, "BAD_USER_INPUT")
        async with site.line() as line:
            await until(lambda: len(site.room) == 1)
            site.later(11)
            assert await line.rest() == b""
        await site.is_empty()


async def test_a_body_that_goes_on_after_its_answer_is_cut(serve: Serve) -> None:
    async with serve(head_seconds=10) as site:
        async with site.line(site.request(token="abruf_x", length=1_000_000)) as line:
            assert (await line.told()).status == 401
            line.writer.write(b"a" * 100)
            await until(lambda: any(it._due for it in site.room._inside))  # noqa: SLF001
            site.later(11)
            await line.rest()
        await site.is_empty()


async def test_silent_connections_keep_nobody_out(serve: Serve) -> None:
    async with serve(connections=20, of_address=20) as site, AsyncExitStack() as attack:
        for _ in range(60):
            await attack.enter_async_context(site.line())
        assert [(await site.ask()).status for _ in range(5)] == [200] * 5
        assert len(site.room) <= 20


async def test_one_address_has_so_many_connections_and_the_others_theirs(serve: Serve) -> None:
    async with serve(connections=100, of_address=5) as site, AsyncExitStack() as attack:
        for _ in range(30):
            await attack.enter_async_context(site.line())
        assert (await site.ask()).status == 200
        assert len(site.room) <= 5


async def test_a_proxy_that_is_trusted_is_no_single_address(serve: Serve) -> None:
    trusted = ("127.0.0.0/8",)
    async with serve(trusted, connections=100, of_address=5) as site, AsyncExitStack() as clients:
        for _ in range(30):
            await clients.enter_async_context(site.line())
        await until(lambda: len(site.room) == 30)


async def test_who_has_shown_a_token_stays_and_who_has_not_leaves_first(serve: Serve) -> None:
    async with serve(connections=3) as site, AsyncExitStack() as clients:
        known = await clients.enter_async_context(site.line(site.request()))
        assert (await known.told()).status == 200
        for _ in range(10):
            await clients.enter_async_context(site.line())
        known.writer.write(site.request())
        assert (await known.told()).status == 200


async def test_where_all_are_busy_a_new_one_is_told_to_come_later(serve: Serve) -> None:
    async with serve(connections=2) as site, AsyncExitStack() as clients:
        for _ in range(2):
            busy = site.line(site.request(b"{", length=100))
            await clients.enter_async_context(busy)
        await until(lambda: not site.room.strangers and len(site.room) == 2)
        told = await site.ask()
        assert (told.status, told.code) == (503, "THROTTLED")
        assert told.headers["retry-after"] == "1"


async def test_who_leaves_for_others_is_told_and_does_not_stay(serve: Serve) -> None:
    async with serve(connections=5) as site, AsyncExitStack() as attack:
        for _ in range(DOOR + 50):
            await attack.enter_async_context(site.line(GET))
        assert (await site.ask()).status == 200
        assert len(site.room) <= 5
        await until(lambda: site.room.leaving <= DOOR)
        site.later(LINGER_S + 1)
        await until(lambda: not site.room.leaving)
