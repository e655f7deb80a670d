"""What is wanted again is found without reading all that happened."""

from sqlalchemy.ext.asyncio import create_async_engine

from tests.make import Ask, World
from tests.make.counting import looked_at, plan_of, sent
from tests.make.messages import hooks
from tests.make.trade import orders

ENTRIES = 3_000
HALVES = 13
"""In which so many entries are halved, with those that are there already."""
FILL = """
WITH last AS (
  SELECT * FROM journal WHERE merchant_id = '{merchant}' ORDER BY position DESC LIMIT 1
), more AS (
  INSERT INTO journal (merchant_id, id, position, aggregate, aggregate_id, sequence, type,
    occurred_at, recorded_at, actor, actor_name, actor_key_id,
    payload, payload_version)
  SELECT merchant_id, gen_random_uuid(), position + it, aggregate, aggregate_id, sequence + it,
    type, occurred_at, recorded_at, actor, actor_name, actor_key_id, payload, payload_version
  FROM last, generate_series(1, {count}) AS it
)
UPDATE merchant_counters SET value = value + {count}
WHERE merchant_id = '{merchant}' AND name = 'JOURNAL'
"""


async def test_the_start_of_a_replay_is_found_by_halving_the_journal(
    world: World, ask: Ask, database_url: str
) -> None:
    await orders.order(world, ask)
    hook = await hooks.created(ask, eventTypes=["order.placed"])
    owner = create_async_engine(database_url)
    async with owner.begin() as session:
        fill = FILL.format(merchant=world.merchant_id, count=ENTRIES)
        await session.exec_driver_sql(f"SET LOCAL app.merchant = '{world.merchant_id}'")
        assert (await session.exec_driver_sql(fill)).rowcount == 1
        await session.exec_driver_sql("ANALYZE journal")
    await owner.dispose()
    with sent(world.database) as statements:
        await hooks.done(ask, "webhookReplay", webhookId=hook["id"], since="2026-01-01T00:00:00Z")
    found = [it for it in statements if it[0].startswith("WITH RECURSIVE")]
    assert len(found) == 2
    for statement, values in found:
        assert looked_at(await plan_of(world, statement, values)) <= 2 * HALVES
