"""Names are looked up beside the event loop: those of one owner hold up no other's.

A server of names that does not answer keeps a thread for half a minute, and nothing can end it.
"""

import asyncio
import socket
from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from kit.outgoing.addresses import IpAddress, literal

OF_ONE, OF_ALL = 16, 512
"""Names that are looked up at once: for one owner, and for all."""
_DEADLINE = ContextVar[asyncio.Timeout | None]("deadline of a request", default=None)


@contextmanager
def bounded_by(deadline: asyncio.Timeout) -> Iterator[None]:
    """Let no time of a request count while it waits for its owner's other look-ups."""
    before = _DEADLINE.set(deadline)
    try:
        yield
    finally:
        _DEADLINE.reset(before)


@contextmanager
def _stopped() -> Iterator[None]:
    deadline, now = _DEADLINE.get(), asyncio.get_running_loop().time
    ends = deadline and deadline.when()
    if deadline is None or ends is None:
        yield
        return
    left = ends - now()
    deadline.reschedule(None)
    try:
        yield
    finally:
        deadline.reschedule(now() + left)


class LookUps:
    """Looks names up, each once at a time."""

    def __init__(self) -> None:
        """Look up nothing yet."""
        self._threads = ThreadPoolExecutor(OF_ALL, "look-up")
        self._slots = WeakValueDictionary[Hashable, asyncio.Semaphore]()
        self._running: dict[tuple[str, int], asyncio.Future[Any]] = {}

    async def addresses(self, owner: Hashable, host: str, port: int) -> Sequence[IpAddress]:
        """Return what a host means; one that is written as an address waits for nobody.

        OSError, UnicodeError: it means nothing.
        """
        address = literal(host)
        if address is not None:
            return [address]
        found = self._running.get((host, port)) or await self._begun(owner, host, port)
        # Others may wait for the same, and no thread can be ended.
        answers = await asyncio.shield(found)
        addresses = [literal(str(it[4][0])) for it in answers]
        return [it for it in dict.fromkeys(addresses) if it is not None]

    async def _begun(self, owner: Hashable, host: str, port: int) -> asyncio.Future[Any]:
        """Begin when fewer of the owner's are under way."""
        slots = self._slots.setdefault(owner, asyncio.Semaphore(OF_ONE))
        with _stopped():
            await slots.acquire()
        key, loop = (host, port), asyncio.get_running_loop()
        if key in self._running:
            slots.release()
            return self._running[key]
        look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        running = loop.run_in_executor(self._threads, look_up)

        def over(ended: asyncio.Future[Any]) -> None:
            slots.release()
            del self._running[key]
            # Nobody may be left who would take it.
            _ = ended.cancelled() or ended.exception()

        self._running[key] = running
        running.add_done_callback(over)
        return running

    def close(self) -> None:
        """Look up no more names."""
        self._threads.shutdown(wait=False, cancel_futures=True)
