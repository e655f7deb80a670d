"""uvicorn with connections of ours, and how it stops."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from kit.limits import DEFAULT_BOUNDS, Bounds
from kit.telemetry.metrics import Telemetry
from transport.connections.cycles import set_aside
from transport.connections.requests import Requests
from transport.connections.room import Room
from transport.connections.sockets import Socket
from transport.draining import Draining

LARGEST_MESSAGE = 256 * 1024
"""Bytes of a socket's message."""
TICKS = 10
"""Of uvicorn's clock, ten a second, between two looks at every connection."""


class Settings(uvicorn.Config):
    """What one server's connections share. trusted: proxies, whose connections are not counted."""

    def __init__(
        self,
        app: ASGIApp,
        bounds: Bounds = DEFAULT_BOUNDS,
        *,
        trusted: Sequence[str] = (),
        telemetry: Telemetry | None = None,
        **more: Any,
    ) -> None:
        """Take the bounds. more: of uvicorn's own."""
        self.bounds, self.telemetry = bounds, telemetry
        self.room = Room(bounds, trusted)
        super().__init__(
            app,
            http=Requests,
            ws=Socket,
            access_log=False,
            server_header=False,
            proxy_headers=bool(trusted),
            forwarded_allow_ips=list(trusted),
            timeout_keep_alive=bounds.idle_seconds,
            **{"log_config": None, "ws_max_size": LARGEST_MESSAGE, **more},
        )


class HttpServer(uvicorn.Server):
    """Looks after its connections, and tells the application that it stops."""

    def __init__(self, settings: Settings, draining: Draining | None = None) -> None:
        """Take what to tell."""
        super().__init__(settings)
        self.room, self._draining = settings.room, draining or Draining()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer until a signal ends it."""
        with set_aside():
            super().run(sockets)

    async def on_tick(self, counter: int) -> bool:
        """End what is over, each second."""
        if counter % TICKS == 0:
            self.room.look(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams; uvicorn closes sockets with 1012, on which clients connect again."""
        self._draining.begin()
        # Who has connected already is answered: closing the listener would reset it.
        await asyncio.sleep(0)
        looking = asyncio.create_task(self._look_on())
        try:
            await super().shutdown(sockets)
        finally:
            looking.cancel()

    async def _look_on(self) -> None:
        """Do what uvicorn's clock does no more."""
        while True:
            self.room.look(asyncio.get_running_loop().time())
            await asyncio.sleep(1)
