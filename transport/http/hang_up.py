"""A client that hangs up: nobody will read the answer, so the work for it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Receive

GONE = "http.disconnect"
QUICK_S = 0.02
"""Seconds before the client is watched: most answers are there sooner, and a task costs time."""


class HungUp(Exception):
    """The client is gone."""


@asynccontextmanager
async def until_hung_up(receive: Receive) -> AsyncIterator[None]:
    """Cancel what runs inside when the client goes away, its SQL statement with it.

    The request's body must have been read. HungUp: it went away.
    """
    task = asyncio.current_task()
    assert task  # noqa: S101 -- A coroutine that runs is part of a task.
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != GONE:
            pass
        gone = True
        task.cancel()

    watching: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()
    soon = loop.call_later(QUICK_S, lambda: watching.append(loop.create_task(watch())))
    try:
        yield
    except asyncio.CancelledError:
        if gone and task.uncancel() == 0:
            raise HungUp from None
        raise
    finally:
        soon.cancel()
        for each in watching:
            each.cancel()
