"""Reads that nobody waits for any more."""

import asyncio
import gc
from typing import Any

import pytest

from kit.ids import new_id
from loaders.trade import orders
from models.access.viewers import Actor, Viewer
from resolvers.running.context import Context


async def test_what_nobody_waits_for_any_more_fails_in_silence(database, clock) -> None:
    """Who hangs up before it is read leaves nothing in the log."""
    failed = list[Any]()
    asyncio.get_running_loop().set_exception_handler(lambda _, about: failed.append(about))
    context = Context(Viewer(new_id(), Actor.STAFF, new_id(), "staff"), database, clock)
    context.begin()
    given_up, kept = (context.load(orders.by_id, new_id()) for _ in range(2))
    assert isinstance(given_up, asyncio.Future)
    given_up.cancel()
    await context.finish()
    with pytest.raises(RuntimeError, match="ended"):
        await kept
    del given_up, kept, context
    await asyncio.sleep(0)
    gc.collect()
    assert failed == []
