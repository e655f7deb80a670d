"""Commands as staff, without HTTP; what is due; waiting for what runs by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text

from commands.writing.transaction import Outcome
from commands.writing.verbs import AnyVerb
from kit.clock import Clock
from kit.db.database import Database
from kit.ids import new_id
from kit.inputs import Command
from models.access.viewers import Actor, Scope, Viewer
from resolvers.running.context import Context
from resolvers.running.writing import write
from tests.make import World
from workers.running.dues import Dues, WhenDue


def staff(world: World) -> Viewer:
    return Viewer(world.merchant_id, Actor.STAFF, new_id(), "staff", frozenset(Scope))


async def run(world: World, verb: AnyVerb, takes: type[Command], **fields: Any) -> Outcome:
    """Run a verb in a transaction of its own and return its outcome."""
    context = Context(staff(world), world.database, world.clock)
    context.begin()
    return await write(context, takes.read(fields), verb)


async def do_due(database: Database, clock: Clock, *works: WhenDue) -> None:
    """Do what is due, of whichever merchant, as the worker does."""
    dues = Dues(*works)
    reads = database.reading(None)
    try:
        found = await reads.rows(dues.chore.found, {**dues.chore.values, "now": clock()})
    finally:
        await reads.close()
    for row in found:
        while await dues.step(database, row.merchant_id, row.subject, clock()):
            pass


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it is so; fail after a minute."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 -- nobody tells when it is so.
            await asyncio.sleep(0.001)


@asynccontextmanager
async def locked_products(database: Database) -> AsyncIterator[None]:
    """Keep everybody from the products meanwhile."""
    async with database.engine.begin() as connection:
        await connection.execute(text("LOCK TABLE products IN ACCESS EXCLUSIVE MODE"))
        yield
