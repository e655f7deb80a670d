"""What PostgreSQL keeps prepared for a connection is bounded."""

import json
from collections.abc import Callable

from kit.db.database import Database
from kit.db.driver import CACHES, PREPARED
from tests.make import World

LENGTHS = "SELECT to_json(array_agg(length(statement)))::text FROM pg_prepared_statements"


async def test_a_long_statement_is_not_kept_prepared(
    world: World, database_url: str, as_app: Callable[[str], str]
) -> None:
    """On connections of its own: others keep what the reference executor prepared on them."""
    most = CACHES["max_cacheable_statement_size"]
    database = Database(as_app(database_url), pool_size=1)
    reads = database.reading(world.merchant_id)
    for length in (most // 2, most + 1):
        begun = "SELECT '[]'::text --"
        assert [tuple(it) for it in await reads.texts(begun.ljust(length, "-"), ())] == [("[]",)]
    ((lengths,),) = await reads.texts(LENGTHS, ())
    await reads.end()
    await database.close()
    assert most // 2 in json.loads(lengths)
    assert max(json.loads(lengths)) <= most


async def test_no_more_is_kept_prepared_than_so_many_bytes(
    world: World, database_url: str, as_app: Callable[[str], str]
) -> None:
    """Whatever texts come: the latest are there, and what is forgotten is none of PostgreSQL's."""
    length = CACHES["max_cacheable_statement_size"]
    database = Database(as_app(database_url), pool_size=1)
    reads = database.reading(world.merchant_id)
    texts = [f"SELECT '[{it}]'::text --".ljust(length, "-") for it in range(2 * PREPARED // length)]
    for number, text in enumerate(texts):
        assert [tuple(it) for it in await reads.texts(text, ())] == [(f"[{number}]",)]
    ((lengths,),) = await reads.texts(LENGTHS, ())
    await reads.end()
    await database.close()
    kept = [it for it in json.loads(lengths) if it == length]
    assert PREPARED - 2 * length <= sum(kept) <= PREPARED
