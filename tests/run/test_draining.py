"""A server that is told to stop while sockets and streams are open."""

import asyncio
import json
import signal
from contextlib import suppress
from pathlib import Path

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.run.abruf import Abruf, Launch

ORDER = "{ orders(first: 1, filter: { states: [CONFIRMED] }) { nodes { id } } }"
SUBSCRIBE = "subscription ($id: ID!) { orderStatusChanged(orderId: $id, after: 0) { position } }"


async def _told(abruf: Abruf) -> tuple[int | None, str]:
    """Open a socket and a stream, stop the server; return the close code and the stream's end."""
    token = abruf.tokens["staff"]
    (order,) = abruf.ask(ORDER)["orders"]["nodes"]
    asked = {"query": SUBSCRIBE, "variables": {"id": order["id"]}}
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    address = f"{abruf.origin}/graphql"
    async with (
        connect(address.replace("http", "ws"), subprotocols=["graphql-transport-ws"]) as socket,
        httpx.AsyncClient(timeout=60) as client,
        client.stream("POST", address, json=asked, headers=headers) as stream,
    ):
        await socket.send(json.dumps({"type": "connection_init", "payload": {"token": token}}))
        await socket.recv()
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": asked}))
        assert json.loads(await socket.recv())["type"] == "next"
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: next"
        abruf.process.send_signal(signal.SIGTERM)
        rest = "\n".join([line async for line in lines])
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
        return socket.close_code, rest


def test_sockets_and_streams_are_told_to_connect_again(used: Path, launch: Launch) -> None:
    abruf = launch(used)
    abruf.wait_until_ready()
    code, rest = asyncio.run(_told(abruf))
    assert code == 1012
    assert rest.endswith("retry: 1000\n")
    assert "complete" not in rest
    said, _ = abruf.process.communicate(timeout=60)
    assert abruf.process.returncode == 0
    assert "Traceback" not in said
    assert "timeout graceful shutdown exceeded" not in said
