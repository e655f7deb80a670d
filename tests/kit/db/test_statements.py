"""Statements that go to the driver give and take what the same statement of a session does."""

import pytest
from sqlalchemy import Uuid, bindparam, insert, select

from kit.db.statements import Statement
from models.master.parties import Party, PartyRole
from models.trade.orders.tables import Order
from tests.make.master import parties


def test_a_default_in_python_that_nobody_would_give_is_refused():
    keys = {"merchant_id": bindparam("merchant"), "id": bindparam("id")}
    with pytest.raises(ValueError, match="defaults that nobody would give"):
        Statement(insert(Order).values(keys))


async def test_rows_have_the_types_of_their_columns(world):
    await parties.company(world, approval_limit={"amount": "12.5", "currency": "EUR"})
    columns = [getattr(Party, it.key) for it in Party.__table__.c]
    built = select(*columns).where(Party.merchant_id == bindparam("merchant", type_=Uuid()))
    async with world.database.writing(world.merchant_id) as session:
        (row,) = await session.rows(Statement(built), {"merchant": world.merchant_id})
        (same,) = await session.execute(built, {"merchant": world.merchant_id})
    assert row == tuple(same)
    assert PartyRole.CUSTOMER in row.roles


async def test_a_select_sees_what_entities_have_changed(world):
    await parties.company(world)
    of = (Party.merchant_id == world.merchant_id,)
    async with world.database.writing(world.merchant_id) as session:
        (party,) = await session.scalars(select(Party).where(*of))
        party.name = "Changed"
        assert await session.rows(Statement(select(Party.name).where(*of)), {}) == [("Changed",)]
