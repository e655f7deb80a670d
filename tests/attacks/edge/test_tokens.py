"""Wrong tokens: slowed down by address, never the right ones; and what clients' words are kept."""

import asyncio
import secrets
from collections import Counter

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from models.access.viewers import Actor
from tests.make.counting import statements
from transport.http import accepted
from transport.identity.guesses import LOOKED_UP_AT_ONCE, WAITING


def guess() -> str:
    return f"abruf_{secrets.token_hex(16)}_{secrets.token_hex(32)}"


async def test_wrong_tokens_are_slowed_down_and_right_ones_beside_them_are_not(serve, world):
    async with serve(guesses=5) as host:
        assert (await host.ask()).status == 200
        with statements(world.database) as request:
            found = await asyncio.gather(*(host.ask(token=guess()) for _ in range(60)))
        counts = Counter((it.status, it.code) for it in found)
        assert counts == {(401, "UNAUTHENTICATED"): 5, (429, "THROTTLED"): 55}
        assert {it.headers["retry-after"] for it in found if it.status == 429} == {"1"}
        assert len(request) <= 5 + LOOKED_UP_AT_ONCE + WAITING
        # The address is the same: who is known is served, and who comes with a new token, too.
        assert (await host.ask()).status == 200
        assert (await host.ask(token=await world.key(Actor.STAFF))).status == 200


async def test_wrong_tokens_are_forgiven_one_by_one(serve, clock):
    async with serve(guesses=2) as host:
        assert [(await host.ask(token=guess())).status for _ in range(3)] == [401, 401, 429]
        clock.advance(seconds=2)
        assert [(await host.ask(token=guess())).status for _ in range(2)] == [401, 429]


async def test_another_address_may_guess_for_itself(serve):
    async with serve(("127.0.0.1",), guesses=1) as host:
        for address in ("203.0.113.1", "2001:db8::1", "2001:db8:0:1::1"):
            found = [
                await host.ask(token=guess(), **{"X-Forwarded-For": address}) for _ in range(2)
            ]
            assert [it.status for it in found] == [401, 429]
        found = await host.ask(token=guess(), **{"X-Forwarded-For": "2001:db8::2:3"})
        assert found.status == 429


async def test_sockets_guess_no_faster(serve):
    async with serve(guesses=1) as host:
        codes = []
        for _ in range(2):
            url = f"ws://127.0.0.1:{host.port}/graphql"
            async with connect(url, subprotocols=["graphql-transport-ws"]) as socket:
                await socket.send(
                    f'{{"type": "connection_init", "payload": {{"token": "{guess()}"}}}}'
                )
                with pytest.raises(ConnectionClosed):
                    await socket.recv()
                codes.append(socket.close_code)
        assert codes == [4403, 1013]


async def test_no_other_spelling_of_a_token_is_a_token(serve):
    async with serve() as host:
        _, key, secret = host.token.split("_")
        dashes = f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"
        for other in (
            f"abruf_{key.upper()}_{secret}",
            f"abruf_{key}_{secret.upper()}",
            f"abruf_{{{key}}}_{secret}",
            f"abruf_{dashes}_{secret}",
            f"abruf_urn:uuid:{key}_{secret}",
            f"abruf_{key}_{secret[:2]} {secret[2:]}",
            f" {host.token}",
            f"\t{host.token}",
        ):
            assert (await host.ask(token=other)).status == 401
        assert (await host.ask()).status == 200


async def test_long_words_of_clients_are_not_remembered(serve):
    async with serve() as host:
        before = accepted._read.cache_info().currsize  # noqa: SLF001 -- memory has no other face.
        for number in range(50):
            accept = f"application/json, x/{number}{'y' * 5_000}"
            assert (await host.ask(Accept=accept)).status == 200
        assert accepted._read.cache_info().currsize <= before + 1  # noqa: SLF001


async def test_many_right_tokens_at_once_are_all_served(serve, world):
    keys = [await world.key(Actor.STAFF) for _ in range(40)]
    async with serve(guesses=5) as host:
        found = await asyncio.gather(*(host.ask(token=key) for key in keys * 3))
        assert {it.status for it in found} == {200}
