"""The journal counts without holes, and no reader skips a transaction that was still open."""

import asyncio

from sqlalchemy import select

from commands.writing import journal
from commands.writing.running.run import Author, run_unasked
from commands.writing.transaction import Writing
from kit.ids import new_id
from models.access.journal import JournalEntry
from models.access.viewers import by_itself
from models.events.trade.releases import ReleaseSuperseded
from tests.guard import counted

UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { status } }
}
"""


def _products(prefix: str, count: int) -> dict[str, list[dict[str, str]]]:
    return {"products": [{"sku": f"{prefix}-{each}", "name": "Nut"} for each in range(count)]}


async def _positions(world, after: int) -> list[int]:
    async with world.database.writing(world.merchant_id) as session:
        rows = select(JournalEntry.position).where(
            JournalEntry.merchant_id == world.merchant_id, JournalEntry.position > after
        )
        return list((await session.scalars(rows.order_by(JournalEntry.position))).all())


async def test_a_polling_reader_misses_nothing_while_many_write(ask, world):
    seen: list[int] = []

    async def poll(done: asyncio.Event) -> None:
        while not done.is_set():
            seen.extend(await _positions(world, seen[-1] if seen else 0))

    done = asyncio.Event()
    reader = asyncio.create_task(poll(done))
    await asyncio.gather(*(ask(UPSERT, input=_products(str(it), 5)) for it in range(20)))
    done.set()
    await reader
    seen.extend(await _positions(world, seen[-1] if seen else 0))
    assert seen == list(range(1, 101))


async def test_sequences_count_each_object_from_one(ask, world):
    for name in ("Nut", "Nut M6", "Nut M8"):
        await ask(UPSERT, input={"products": [{"sku": "NUT", "name": name}]})
    async with world.database.writing(world.merchant_id) as session:
        rows = select(JournalEntry.sequence, JournalEntry.type).where(
            JournalEntry.merchant_id == world.merchant_id
        )
        found = (await session.execute(rows.order_by(JournalEntry.position))).all()
    assert [tuple(row) for row in found] == [
        (1, "product.created"),
        (2, "product.updated"),
        (3, "product.updated"),
    ]


async def test_what_is_too_much_for_a_statement_is_counted_on_in_the_next(
    ask, world, database, monkeypatch
) -> None:
    await ask(UPSERT, input=_products("N", 1))
    key, other = new_id(), new_id()
    ids = [key, other, key, key, other]

    async def many(writing: Writing) -> None:
        for each in ids:
            writing.record(ReleaseSuperseded(each, by=key))

    monkeypatch.setattr(journal, "ENTRIES_AT_ONCE", 2)
    author = Author(by_itself(world.merchant_id), world.clock())
    with counted(database.engine) as statements:
        await run_unasked(world.database, author, many)
    assert sum("INSERT INTO journal" in it for it in statements) == 3
    async with world.database.writing(world.merchant_id) as session:
        rows = select(JournalEntry.position, JournalEntry.aggregate_id, JournalEntry.sequence)
        rows = rows.where(JournalEntry.merchant_id == world.merchant_id, JournalEntry.position > 1)
        found = (await session.execute(rows.order_by(JournalEntry.position))).all()
    sequences = [1, 1, 2, 3, 2]
    assert [tuple(row) for row in found] == list(zip(range(2, 7), ids, sequences, strict=True))
