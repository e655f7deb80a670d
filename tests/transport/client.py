"""Small clients of both protocols, that show every frame."""

import gc
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import httpx
import uvicorn
from graphql import ExecutionResult
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from transport.draining import Draining

ORIGIN = "https://portal.example"
"""The one foreign origin that the server allows."""
STATUS = """
subscription ($id: ID!, $after: Int) {
  orderStatusChanged(orderId: $id, after: $after) { position type order { id state } }
}
"""


def results_with_data() -> list[ExecutionResult]:
    """Return the results in memory that hold what was answered.

    No step of Python lies between the look and the choice, as in `kit.loop.memory`.
    """
    known = [*filter(ExecutionResult.__instancecheck__, gc.get_objects())]
    return [it for it in known if it.data]


class Socket:
    """One open socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, message: Any) -> None:
        text = message if isinstance(message, str | bytes) else json.dumps(message)
        await self.connection.send(text)

    async def subscribe(self, key: str, query: str, **variables: Any) -> None:
        payload = {"query": query, "variables": variables}
        await self.send({"id": key, "type": "subscribe", "payload": payload})

    async def next(self) -> dict[str, Any]:
        """Return the next message, which is text."""
        text = await self.connection.recv()
        assert isinstance(text, str)
        return json.loads(text)

    async def until_end(self) -> tuple[int | None, list[str | bytes]]:
        """Read until the server closes; return its code and what came before."""
        messages: list[str | bytes] = []
        with suppress(ConnectionClosed):
            while True:
                messages.append(await self.connection.recv())
        return self.connection.close_code, messages

    async def closed(self) -> int | None:
        """Return the code with which the server closes."""
        return (await self.until_end())[0]


@dataclass(frozen=True)
class Served:
    """A running server and how to reach it."""

    client: httpx.AsyncClient
    url: str
    server: uvicorn.Server
    app: Starlette
    draining: Draining

    @property
    def endpoint(self) -> Any:
        return next(it.app for it in self.app.routes if isinstance(it, WebSocketRoute))

    def limit(self, **numbers: int) -> None:
        """Set limits of the terms on which the server answers."""
        serving = self.endpoint.serving
        limits = replace(serving.terms.limits, **numbers)
        self.endpoint.serving = replace(serving, terms=replace(serving.terms, limits=limits))

    @asynccontextmanager
    async def socket(self, token: str | None = None, **more: Any) -> AsyncIterator[Socket]:
        """Open a socket; with a token it is initialised."""
        more.setdefault("subprotocols", ["graphql-transport-ws"])
        async with connect(self.url, **more) as connection:
            socket = Socket(connection)
            if token is not None:
                await socket.send({"type": "connection_init", "payload": {"token": token}})
                assert (await socket.next())["type"] == "connection_ack"
            yield socket

    @asynccontextmanager
    async def stream(
        self, token: str, query: str, accept: str = "text/event-stream", **variables: Any
    ) -> AsyncIterator[tuple[httpx.Response, AsyncIterator[tuple[str, Any]]]]:
        """Give the response and its events as (event, data)."""
        body, headers = {"query": query, "variables": variables}, {"Accept": accept}
        async with self.sent(token, body, headers) as answer:
            yield answer

    @asynccontextmanager
    async def sent(
        self, token: str, body: Any, headers: Mapping[str, str]
    ) -> AsyncIterator[tuple[httpx.Response, AsyncIterator[tuple[str, Any]]]]:
        """Give the answer to any body, as a stream unless the headers ask for another."""
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream", **headers}
        async with self.client.stream("POST", "/graphql", json=body, headers=headers) as response:
            yield response, events(response)


async def events(response: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    event = ""
    async for line in response.aiter_lines():
        name, _, value = line.partition(":")
        if name == "event":
            event = value.strip()
        elif name == "data":
            yield event, json.loads(value) if value.strip() else None
