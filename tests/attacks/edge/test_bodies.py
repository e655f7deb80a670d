"""Bodies that nobody ends: they keep no turn, and only so many bytes."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest

from kit.loop.apart import Apart
from kit.loop.memory import MUCH
from models.access.viewers import Actor, Viewer
from resolvers.running.buckets import buckets_of
from tests import make
from tests.attacks.edge.conftest import QUERY, Serve
from tests.conftest import NOW, PATIENT
from tests.make.running import until
from transport.connections.requests import FED_AT_ONCE, FRAMING, Requests
from transport.http import requests

OWN = 100_000
PIECE = 60_000
BEGUN = b'{"query": "' + b" " * PIECE
FIT = 2
"""Of them, for 16 kB of each are not counted."""


async def test_bodies_that_do_not_end_keep_no_turn_from_others(serve: Serve) -> None:
    async with serve(at_once=1, waiting=0) as host, AsyncExitStack() as attack:
        for _ in range(12):
            body = host.line(host.request(b'{"query": "', length=900_000))
            await attack.enter_async_context(body)
        await until(lambda: not host.room.strangers and len(host.room) == 12)
        assert host.endpoint.lanes.lanes == 0
        assert (await host.ask()).status == 200


async def test_only_so_many_bytes_of_bodies_are_kept(serve: Serve, world) -> None:
    async with serve(bodies=OWN) as host, AsyncExitStack() as attack:
        other = await world.key(Actor.STAFF)
        lines = [
            await attack.enter_async_context(host.line(host.request(BEGUN, length=900_000)))
            for _ in range(12)
        ]
        found = [asyncio.create_task(it.reply()) for it in lines]
        # Two fit; the others are refused and leave nothing behind.
        await until(lambda: sum(it.done() for it in found) == 12 - FIT)
        refusals = {(it.result().status, it.result().code) for it in found if it.done()}
        assert refusals == {(429, "THROTTLED")}
        assert 0 < host.endpoint.bodies.total <= OWN
        long = {**QUERY, "variables": {"unknown": "a" * OWN}}
        assert (await host.ask(long)).status == 429
        # Small ones are read whatever waits, and another key has a share of its own.
        assert (await host.ask()).status == 200
        assert (await host.ask({**QUERY, "variables": {"x": "a" * PIECE}}, other)).status == 200
        for each in found:
            each.cancel()


async def test_many_keys_of_a_merchant_hold_half_of_all_and_leave_room_for_another(
    serve: Serve, world
) -> None:
    every = 4 * OWN
    async with serve(bodies=OWN, all_bodies=every) as host, AsyncExitStack() as attack:
        other = await make.world(world.database, world.clock)
        for _ in range(8):
            key = await world.key(Actor.STAFF)
            for _ in range(3):
                body = host.line(host.request(BEGUN, key, length=900_000))
                await attack.enter_async_context(body)
                await until(lambda: not host.room.strangers)
        assert 0 < host.endpoint.bodies.total <= every // 2 + PIECE
        long = {**QUERY, "variables": {"x": "a" * PIECE}}
        assert (await host.ask(long)).status == 429
        assert (await host.ask(long, other.token)).status == 200
        assert (await host.ask()).status == 200


TINY = b"1\r\n \r\n"


@pytest.mark.parametrize("known", [True, False])
async def test_pieces_of_a_byte_are_parsed_in_steps_and_end(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    """What lies between pieces is bounded like a head; after an answer nothing is parsed."""
    parse, take = Requests.on_body, Requests._take  # noqa: SLF001 -- a step of the loop.
    steps = list[int]()

    def noted(self: Requests, body: bytes) -> None:
        steps[-1] += 1
        parse(self, body)

    monkeypatch.setattr(Requests, "on_body", noted)
    monkeypatch.setattr(Requests, "_take", lambda it: steps.append(0) or take(it))
    async with serve() as host:
        token = None if known else "abruf_x"
        whole = host.request(b"", token, **{"Transfer-Encoding": "chunked"})
        async with host.line(whole.replace(b"Content-Length: 0\r\n", b"")) as line:
            line.writer.write(TINY * 100_000)
            # What comes first: that it is too much, or that the token is none.
            assert (await line.reply()).status in ({413} if known else {401, 413})
        await host.is_empty()
        assert 0 < max(steps) <= FED_AT_ONCE // len(TINY) + 1
        assert sum(steps) <= FRAMING // (len(TINY) - 1) + 2 * max(steps)
        assert (await host.ask()).status == 200


async def test_a_body_in_pieces_of_an_ordinary_size_is_read(serve: Serve) -> None:
    body = json.dumps({**QUERY, "variables": {"x": "a" * OWN}}).encode()
    pieces = (body[it : it + 100] for it in range(0, len(body), 100))
    sent = b"".join(b"%x\r\n%s\r\n" % (len(it), it) for it in pieces)
    async with serve() as host:
        whole = host.request(b"", **{"Transfer-Encoding": "chunked"})
        begun = whole.replace(b"Content-Length: 0\r\n", b"")
        async with host.line(begun + sent + b"0\r\n\r\n") as line:
            assert (await line.reply()).status == 200


@pytest.mark.parametrize("size", [b"ffffffffffffffff", b"fffffff;a=b", b"F4241"])
@pytest.mark.parametrize("before", [b"", b"1\r\n \r\n"])
async def test_a_piece_that_is_said_to_be_too_long_is_refused_at_once(
    serve: Serve, size: bytes, before: bytes
) -> None:
    async with serve() as host:
        whole = host.request(b"", **{"Transfer-Encoding": "chunked"})
        begun = whole.replace(b"Content-Length: 0\r\n", b"") + before
        # The line arrives in two parts, and nothing of the piece.
        async with host.line(begun + size[:3]) as line:
            line.writer.write(size[3:] + b"\r\n")
            assert ((found := await line.reply()).status, found.code) == (413, "BAD_USER_INPUT")
        await host.is_empty()


OBJECTS = {**QUERY, "variables": {"x": [[{"a": 1}] * (MUCH // 4)] * 4}}
BRACKETS = {"query": f"{{ viewer {{ actor }} }} # {'{' * MUCH}"}


async def test_long_bodies_wait_as_they_came_and_one_of_them_is_held_at_a_time(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a megabyte says takes ten; who waits too long is told when to come again."""
    read, parse = list[int](), requests.json_object
    monkeypatch.setattr(requests, "json_object", lambda it: read.append(len(it)) or parse(it))
    async with serve() as host:
        process = host.endpoint.process
        async with process.long_bodies.alone(("another",)):
            waits = [asyncio.create_task(host.ask(OBJECTS)) for _ in range(3)]
            await until(lambda: host.endpoint.lanes._running.total == 3)  # noqa: SLF001
            # Short ones do not wait.
            assert (await host.ask()).status == 200
            assert len(read) == 1
        # They are refused by what they say, once they are read.
        assert [(await it).status for it in waits] == [200] * 3
        assert len(read) == 4
        process.long_bodies = Apart(patience=0.01)
        async with process.long_bodies.alone(("another",)):
            late = await host.ask(OBJECTS)
        assert (late.status, late.code) == (429, "THROTTLED")
        assert (await host.ask(BRACKETS)).status == 200


async def test_long_bodies_are_read_in_rounds_of_their_own_and_none_without_points(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten at once that are refused at once would otherwise be read in one round of the loop."""
    rounds, parse = list[int](), requests.json_object
    async with serve() as host:
        process, viewers = host.endpoint.process, set[Viewer]()
        share_of = host.endpoint.bodies.share
        monkeypatch.setattr(
            host.endpoint.bodies, "share", lambda it: viewers.add(it) or share_of(it)
        )

        def noted(text: bytes) -> Any:
            rounds.append(process.slices.count)
            return parse(text)

        monkeypatch.setattr(requests, "json_object", noted)
        answers = await asyncio.gather(*[host.ask(BRACKETS) for _ in range(4)])
        assert [it.status for it in answers] == [200] * 4
        assert len(set(rounds)) == 4
        (viewer,) = viewers
        for bucket in buckets_of(viewer, PATIENT, PATIENT):
            share = process.bucket_shares.share(bucket, NOW)
            monkeypatch.setattr(share, "points", -2 * bucket.size)
        for body in (BRACKETS, OBJECTS):
            late = await host.ask(body)
            assert (late.status, late.code) == (429, "THROTTLED")
            assert late.body["extensions"]["cost"]["actualQueryCost"] == 0
        assert len(rounds) == 4
        # Short ones are told in the form of GraphQL.
        assert (await host.ask()).body["errors"][0]["extensions"]["code"] == "THROTTLED"


@pytest.mark.parametrize("query", ["{ viewer { actor } }", "mutation { %s }"])
async def test_only_long_input_of_a_mutation_holds_a_long_bodies_turn(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """Neither brackets in texts do, nor what no input takes, however long the rest goes on."""
    query = query.replace("%s", "channelsUpsert(input: {channels: []}) { userErrors { code } }")
    async with serve() as host:
        apart, made, held = host.endpoint.process.long_bodies, host.endpoint.context, list[int]()

        def note() -> None:
            held.append(len(apart._large._taken))  # noqa: SLF001 -- whose turn it is.

        def noted(*about: Any) -> Any:
            context = made(*about)
            close = context.held.aclose

            async def aclose() -> None:
                await close()
                note()

            monkeypatch.setattr(context.held, "aclose", aclose)
            note()
            return context

        monkeypatch.setattr(host.endpoint, "context", noted)
        for body in ({"query": f"{query} # {'{' * MUCH}"}, {**OBJECTS, "query": query}):
            assert (await host.ask(body)).status == 200
        assert held[:2] == [0, 0]
        assert held[3] == 0 < held[2]
