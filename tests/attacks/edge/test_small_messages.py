"""Sockets that do not read: what is small, or has said nothing yet, is counted, too."""

from contextlib import AsyncExitStack

import pytest

from tests.attacks.edge.conftest import Serve, Texts
from tests.attacks.edge.test_unread import opened, sockets
from tests.make.running import until
from transport.http.holdings import SMALL
from transport.live import sockets as live


@pytest.mark.usefixtures("products")
async def test_small_messages_behind_others_are_bounded_like_large_ones(serve: Serve, monkeypatch):
    """One that has nothing before it goes into the system's own buffers."""
    small = {"query": "{ products(first: 250) { nodes { id name } } }"}
    texts = Texts()
    monkeypatch.setattr(live, "orjson", texts)
    async with serve(answers=0) as host, AsyncExitStack() as attack:
        dumb = await opened(host, attack)
        (socket,) = sockets(host)
        socket.pause_writing()
        for number in range(10):
            dumb.send({"id": str(number), "type": "subscribe", "payload": small})
        await until(lambda: texts.written(SMALL // 2) == 10 and not host.endpoint.lanes.lanes)
        assert max(texts.sizes) <= SMALL
        assert texts.at_least(SMALL // 2) == 1
        socket.resume_writing()


async def test_operations_of_sockets_are_bounded_while_they_last(serve: Serve, monkeypatch):
    """Also where their messages are short and nothing is answered yet."""
    texts = Texts()
    monkeypatch.setattr(live, "orjson", texts)
    async with serve(bodies=3 * live.PER_OPERATION) as host, AsyncExitStack() as attack:
        dumb = await opened(host, attack)
        subscribe = {"query": "subscription { changed { cursor } }"}
        for number in range(10):
            dumb.send({"id": str(number), "type": "subscribe", "payload": subscribe})
        # The others are refused.
        await until(lambda: sum(size > 100 for size in texts.sizes) == 7)
        assert 3 * live.PER_OPERATION <= host.endpoint.bodies.total < 4 * live.PER_OPERATION
    assert host.endpoint.bodies.total == 0
