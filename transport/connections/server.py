"""uvicorn with connections of ours, and how it stops."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from kit.limits import DEFAULT_BOUNDS, Bounds
from kit.loop.ending import end_if_signalled
from kit.loop.memory import give_back_at_once, settle_all
from kit.telemetry.metrics import Telemetry
from transport.connections.requests import Requests
from transport.connections.room import Room
from transport.connections.sockets import Socket
from transport.draining import Draining

LARGEST_MESSAGE = 256 * 1024
"""Bytes of a socket's message."""
UNCOUNTED = 64 * 1024
"""Bytes that the system may keep of what one client has not read; Linux takes as many again for its
own records. Left to itself it keeps up to 4 MB, which nobody counts: what it took is written."""
TICKS = 10
"""Of uvicorn's clock, ten a second, between two looks at every connection."""
CUT_AFTER = 0.9
"""Part of the grace after which who does not take an answer is cut: there is nothing that it could
still be told, and what is then cancelled would be told as faults."""
DOORS = 8
"""Connections that are taken in a round of the event loop. uvloop takes one from each socket that
listens: who connects and hangs up would fill the system's queue, and others would wait behind it.
"""


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

    def __init__(
        self,
        settings: Settings,
        draining: Draining | None = None,
        delay_s: float = 0,
    ) -> None:
        """Take what to tell, and for how long it goes on although it is not ready any more."""
        super().__init__(settings)
        self.delay_s, self._answers = delay_s, Future[None]()
        self._doors = list[socket.socket]()
        self.room, self._draining = settings.room, draining or Draining()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer until a signal ends it.

        What was made until now stays as long as the process. The collector of cycles is told so:
        looking at all of it again and again would stop every request for a quarter of a second.
        """
        give_back_at_once()
        settle_all()
        super().run(sockets)

    @contextmanager
    def beside(self, listener: socket.socket) -> Iterator[Callable[[], None]]:
        """Answer meanwhile in a thread; signals are for who enters, once it answers.

        Gives what lets it answer until a signal ends it. Raises what ends it by itself.
        """
        with ThreadPoolExecutor(1, "server") as apart:
            running = apart.submit(self.run, [listener])
            try:
                if running in wait((running, self._answers), return_when=FIRST_COMPLETED).done:
                    running.result()

                def last() -> None:
                    with self.capture_signals():
                        end_if_signalled()
                        running.result()

                yield last
            finally:
                self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen. What the system keeps unread is bounded: connections inherit it (tcp(7)).

        OSError: another program listens there, of which uvloop would say nothing.
        """
        for each in sockets or ():
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNCOUNTED)
            each.listen()
            self._doors += (each.dup() for _ in range(DOORS - 1))
        await super().startup(None if sockets is None else [*sockets, *self._doors])
        if self.started:
            self._answers.set_result(None)

    async def on_tick(self, counter: int) -> bool:
        """End what is over, each second."""
        if counter % TICKS == 0:
            self.room.look(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams; uvicorn closes sockets with 1012, on which clients connect again."""
        await self._announced()
        self._draining.begin()
        # Who has connected already is answered: closing the listener would reset it.
        await asyncio.sleep(0)
        own = [asyncio.create_task(it) for it in (self._look_on(), self._cut())]
        try:
            await super().shutdown([*(sockets or ()), *self._doors])
        finally:
            for each in own:
                each.cancel()

    async def _announced(self) -> None:
        """Answer on, until balancers have seen that it is not ready; a second signal ends that."""
        self._draining.is_announced = True
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() < began + self.delay_s and not self.force_exit:
            self.room.look(loop.time())
            await asyncio.sleep(0.1)

    async def _cut(self) -> None:
        """End what waits for its clients alone, while the others have a moment left."""
        if (grace := self.config.timeout_graceful_shutdown) is not None:
            await asyncio.sleep(grace * CUT_AFTER)
            self.room.cut()

    async def _look_on(self) -> None:
        """Do what uvicorn's clock does no more."""
        while True:
            self.room.look(asyncio.get_running_loop().time())
            await asyncio.sleep(1)
