"""The second wall stands before keys, too, which are read before a merchant is known."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests import make

STEAL = {
    "write": "UPDATE api_keys SET revoked_at = now() WHERE id = :key RETURNING id",
    "read": "SELECT id FROM api_keys WHERE id = :key",
}
REFUSED = {
    "make": """INSERT INTO api_keys
            (id, merchant_id, actor, name, scopes, secret_sha256, created_at)
        VALUES (gen_random_uuid(), :theirs, 'STAFF', 'x', '{}', sha256('x'), now())""",
    "move": "UPDATE api_keys SET merchant_id = :mine WHERE id = :key",
    "widen": "UPDATE api_keys SET scopes = '{KEYS_MANAGE}' WHERE id = :key",
    "delete": "DELETE FROM api_keys WHERE id = :key",
}


async def test_the_second_wall_keeps_keys_too(world, database, clock):
    other = await make.world(database, clock)
    key = UUID(other.token.split("_")[1])
    values = {"key": key, "theirs": other.merchant_id, "mine": world.merchant_id}
    for sql in STEAL.values():
        async with database.writing(world.merchant_id) as session:
            assert (await session.execute(text(sql), values)).all() == []
    for sql in REFUSED.values():
        with pytest.raises(DBAPIError, match=r"permission denied|row-level security"):
            async with database.writing(world.merchant_id) as session:
                await session.execute(text(sql), values)
    async with database.writing(None) as session:
        changed = await session.execute(text(STEAL["write"]), values)
        assert changed.all() == []
