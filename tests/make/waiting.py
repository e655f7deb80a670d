"""Waiting for what happens by itself."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it is so; fail after a minute."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 -- nobody tells when it is so.
            await asyncio.sleep(0.001)
