"""Keys: their last uses are written beside requests, answers go when nobody repeats them."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from commands.writing.running import expired
from models.access.keys import ApiKey, IdempotencyKey
from models.access.viewers import Actor
from server import application
from tests import make
from tests.guard import counted
from tests.make.running import do_due
from transport.identity.authentication import Authentication
from transport.serving import Serving
from workers.access.keys import FORGET_ANSWERS, Uses

VIEWER = "{ viewer { name } }"
UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { status } userErrors { code } }
}
"""


def nut(key: str) -> dict[str, Any]:
    """Return the input of a mutation under an idempotency key."""
    return {"products": [{"sku": "NUT", "name": "Nut"}], "idempotencyKey": key}


async def last_used(world: make.World, token: str) -> datetime | None:
    async with world.database.writing(world.merchant_id) as session:
        own = select(ApiKey.last_used_at).where(ApiKey.merchant_id == world.merchant_id)
        return await session.scalar(own.where(ApiKey.id == UUID(token.split("_")[1])))


async def answers(world: make.World) -> int:
    async with world.database.writing(world.merchant_id) as session:
        own = select(IdempotencyKey.id).where(IdempotencyKey.merchant_id == world.merchant_id)
        return len((await session.scalars(own)).all())


async def noted(world: make.World, *tokens: str) -> Uses:
    """Return uses, one of each token now."""
    uses = Uses()
    authentication = Authentication(world.database, world.clock, uses)
    for token in tokens:
        assert await authentication.viewer(token) is not None
    return uses


async def test_the_last_use_is_written_at_most_once_a_minute(world, database, clock):
    processes = [(uses, Authentication(database, clock, uses)) for uses in (Uses(), Uses())]
    seen = []
    for seconds in (0, 30, 30, 59, 1):
        clock.advance(seconds=seconds)
        for uses, each in processes:
            await each.viewer(world.token)
            await uses.write(database)
        seen.append(await last_used(world, world.token))
    start = clock() - timedelta(seconds=120)
    minute = timedelta(minutes=1)
    assert seen == [start, start, start + minute, start + minute, start + 2 * minute]


async def test_uses_are_written_beside_requests_and_at_the_end(world, database, clock):
    app = application(Serving(database, clock=clock))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
            assert (await make.Ask(client, world.token)(VIEWER))["viewer"]
            assert await last_used(world, world.token) is None
    assert await last_used(world, world.token) == clock()


async def test_uses_are_written_now_and_then(world, database):
    uses = await noted(world, world.token)
    every = uses.written(database, timedelta(seconds=60), timedelta(0))
    async with asyncio.timeout(60), every:
        while await last_used(world, world.token) is None:
            pass


async def test_the_uses_of_all_keys_of_a_merchant_are_one_statement(world, database, clock):
    tokens = [world.token, *[await world.key(Actor.STAFF) for _ in range(20)]]
    uses = await noted(world, *tokens)
    with counted(database.engine) as sent:
        await uses.write(database)
    assert len(sent) == 1
    assert {await last_used(world, it) for it in tokens} == {clock()}
    with counted(database.engine) as sent:
        await uses.write(database)
    assert sent == [], "what was written is noted no more"


async def test_a_key_that_another_transaction_holds_is_not_waited_for(world, database, clock):
    other = await world.key(Actor.STAFF)
    uses = await noted(world, world.token, other)
    held = select(ApiKey).where(
        ApiKey.merchant_id == world.merchant_id, ApiKey.id == UUID(world.token.split("_")[1])
    )
    async with database.writing(world.merchant_id) as session:
        await session.scalars(held.with_for_update())
        await uses.write(database)
        assert await last_used(world, other) == clock()
    assert await last_used(world, world.token) is None


async def test_a_use_that_cannot_be_written_fails_nothing(world, caplog):
    away = make.Walled("postgresql+asyncpg://127.0.0.1:1/none", world.database.owner.url)
    uses = await noted(world, world.token)
    await uses.write(away)
    assert "The database cannot be reached" in caplog.text
    await away.close()


async def test_an_answer_goes_when_it_has_been_kept_long_enough(ask, world, database, clock):
    await ask(UPSERT, input=nut("k"))
    for hours, rows in ((23, 1), (1.5, 1), (1, 0)):
        clock.advance(hours=hours)
        await do_due(database, clock, FORGET_ANSWERS)
        assert await answers(world) == rows


async def test_answers_of_many_statements_go_in_one_round(
    ask, world, database, clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(expired, "DELETED_AT_ONCE", 2)
    for number in range(5):
        await ask(UPSERT, input=nut(f"k-{number}"))
    clock.advance(hours=26)
    with counted(database.engine) as sent:
        await do_due(database, clock, FORGET_ANSWERS)
    deleted = [it for it in sent if "DELETE FROM idempotency_keys" in it]
    assert (await answers(world), len(deleted)) == (0, 3)


async def test_processes_that_forget_at_once_do_not_wait_for_each_other(
    ask, world, database, clock
):
    for number in range(2):
        await ask(UPSERT, input=nut(f"k-{number}"))
    clock.advance(hours=26)
    held = select(IdempotencyKey).where(IdempotencyKey.merchant_id == world.merchant_id)
    async with database.writing(world.merchant_id) as session:
        await session.scalars(held.limit(1).with_for_update())
        await do_due(database, clock, FORGET_ANSWERS)
        assert await answers(world) == 1
    clock.advance(hours=1)
    await do_due(database, clock, FORGET_ANSWERS)
    assert await answers(world) == 0
