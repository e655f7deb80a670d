"""Commands as staff, without HTTP; waiting for what runs by itself."""

import asyncio
from collections.abc import Callable
from typing import Any

from commands.writing.transaction import Outcome
from commands.writing.verbs import AnyVerb
from kit.ids import new_id
from kit.inputs import Command
from models.access.viewers import Actor, Scope, Viewer
from resolvers.running.context import Context
from resolvers.running.writing import write
from tests.make import World


def staff(world: World) -> Viewer:
    return Viewer(world.merchant_id, Actor.STAFF, new_id(), "staff", frozenset(Scope))


async def run(world: World, verb: AnyVerb, takes: type[Command], **fields: Any) -> Outcome:
    """Run a verb in a transaction of its own and return its outcome."""
    context = Context(staff(world), world.database, world.clock)
    context.begin()
    return await write(context, takes.read(fields), verb)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it is so; fail after a minute."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 -- nobody tells when it is so.
            await asyncio.sleep(0.001)
