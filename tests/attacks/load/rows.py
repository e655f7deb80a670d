"""Rows of one merchant, made by SQL at once, and left: deleting so many takes longer."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import text

from kit.ids import new_id
from tests import make
from tests.attacks.load.limits import LIMITS
from tests.conftest import NOW
from tests.guard import watch
from tests.make.trade.kept import keep


@dataclass(frozen=True)
class Sold:
    """Ids of what every merchant here has. product: one of them."""

    product: UUID
    party: UUID
    channel: UUID
    location: UUID


Ids = TypeVar("Ids", bound=Sold)


@dataclass(frozen=True)
class Filled(Generic[Ids]):
    """A merchant with many rows, and ids of some."""

    world: make.World
    made: Ids


def sold(code: str, name: str, products: int) -> str:
    """Return what makes products, a channel and a location; SKUs begin with the code's letter."""
    return f"""
SET LOCAL statement_timeout = 0;
INSERT INTO products (merchant_id, id, sku, name, unit, scale, is_active)
SELECT :merchant, CASE it WHEN 7 THEN :product ELSE gen_random_uuid() END, '{code[0]}-' || it,
    '{name} ' || it, 'PIECE', 0, true FROM generate_series(1, {products}) AS it;
INSERT INTO channels (merchant_id, id, code, name, kind, guests_allowed, approval_required,
    delivery_methods, is_active)
VALUES (:merchant, :channel, '{code}', '{code}', 'B2B_PORTAL', true, false, '{{PARCEL}}', true);
INSERT INTO locations (merchant_id, id, code, name, kind, time_zone, is_active)
VALUES (:merchant, :location, '{code}', '{code}', 'WAREHOUSE', 'Europe/Berlin', true);
"""


@asynccontextmanager
async def filled(
    url: str, as_app: Callable[[str], str], ids: type[Ids], rows: str
) -> AsyncIterator[Filled[Ids]]:
    """Make the rows of a new merchant, as the owner of the tables."""
    database = make.Walled(as_app(url), url, LIMITS.statement)
    watch(database.engine, database.keyless)
    world = await make.world(database, make.Clock(NOW))
    made = ids(*(new_id() for _ in ids.__dataclass_fields__))
    values = {"merchant": world.merchant_id, **vars(made)}
    async with database.owner.writing(world.merchant_id) as session:
        for statement in rows.split(";"):
            own = {name: it for name, it in values.items() if f":{name}" in statement}
            await session.execute(text(statement), own)
        await keep(session, world.merchant_id)
    async with database.owner.engine.connect() as connection:
        owner = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await owner.execute(text("VACUUM ANALYZE"))
    yield Filled(world, made)
    await database.close()
