"""Statements on many rows take no plan that was made while their tables were empty."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from commands.writing import kept
from kit.db.driver import MANY, is_long
from kit.db.sessions import Session
from kit.ids import new_id
from models.trade.orders.tables import Order
from tests import make
from tests.attacks.load.rows import sold

ORDERS, WANTED = 2_000, 250
LOADED = (
    sold("NEW", "New", 9)
    + f"""
INSERT INTO orders (merchant_id, id, number, channel_id, guest, kind, state, delivery_policy,
    payment_state, currency, placed_at, version)
SELECT :merchant, gen_random_uuid(), 'N-' || it, :channel, '{{}}', 'STANDARD', 'CONFIRMED',
    'PARTIAL_BACKORDER', 'AWAITED', 'EUR', now(), 1 FROM generate_series(1, {ORDERS}) AS it;
INSERT INTO order_lines (merchant_id, id, order_id, line_no, product_id, unit, scale, currency,
    unit_price, discount_percent, substitution_allowed, ordered, placed_at)
SELECT :merchant, gen_random_uuid(), orders.id, 1, :product, 'PIECE', 0, 'EUR', 2.5, 0, false, 9,
    orders.placed_at FROM orders WHERE orders.merchant_id = :merchant
"""
)
"""Orders of an import into a new installation, before anything has analysed its tables."""
PARTS = tuple((Order, number) for number in range(len(Order.__kept__)))
KEPT = """SELECT coalesce(sum(generic_plans + custom_plans), 0) FROM pg_prepared_statements
WHERE statement LIKE 'WITH kept_orders_now%'"""


@pytest.fixture
async def loading(world: make.World) -> AsyncIterator[Session]:
    """Load orders in a transaction that is not committed."""
    async with world.database.writing(world.merchant_id) as session:
        await session.rows(kept.alone(PARTS), named(world, [new_id()]))
        ids = {name: new_id() for name in ("product", "channel", "location")}
        values = {"merchant": world.merchant_id, **ids}
        for statement in LOADED.split(";"):
            own = {name: it for name, it in values.items() if f":{name}" in statement}
            await session.execute(text(statement), own)
        yield session
        await session.rollback()


def named(world: make.World, keys: list[Any]) -> dict[str, Any]:
    return {"merchant_id": world.merchant_id, "kept_orders": keys}


async def test_what_many_orders_keep_is_read_by_no_plan_that_was_kept(
    world: make.World, loading: Session
) -> None:
    statement = kept.alone(PARTS)
    keys = list(
        await loading.scalars(
            text(f"SELECT id FROM orders WHERE orders.merchant_id = :own LIMIT {WANTED}"),
            {"own": world.merchant_id},
        )
    )
    count = text(KEPT)
    before = (await loading.execute(count)).scalar_one()
    assert before > 0
    assert len(await loading.rows(statement, named(world, keys))) == WANTED
    assert (await loading.execute(count)).scalar_one() == before


def test_what_names_many_rows_is_long() -> None:
    assert is_long([new_id()] * (MANY + 1))
    assert not is_long([new_id()] * MANY)
    assert not is_long("text")
