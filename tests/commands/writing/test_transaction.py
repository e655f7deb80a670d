"""What commands read by keys: one kept statement for all viewers of a kind, each sees its own."""

from uuid import UUID

import pytest

from commands.writing import transaction
from commands.writing.transaction import Writing
from kit.ids import from_global, new_id, to_global
from models.access.viewers import Actor, Viewer
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order
from tests.make.master import parties
from tests.make.trade import orders


@pytest.fixture
async def placed(ask, world) -> dict[UUID, UUID]:
    """Two companies of one merchant -> the order that each has placed."""
    found = {}
    for _ in range(2):
        company = await parties.company(world)
        order = await orders.order(world, ask, partyId=to_global("Party", company))
        found[company] = from_global(order["id"])[1]
    return found


def _buyer(world, company: UUID) -> Viewer:
    return Viewer(world.merchant_id, Actor.BUYER, new_id(), "buyer", bound_to=company)


@pytest.mark.parametrize("lock", [False, True])
async def test_buyers_share_the_statements_and_see_their_own_rows_only(
    world, database, placed, lock
):
    kept = []
    wanted = list(placed.values())
    for company, order_id in placed.items():
        async with database.writing(world.merchant_id) as session:
            writing = Writing(session, _buyer(world, company), world.clock())
            seen = await writing.among(Order, "id", wanted, "id", lock=lock)
            lines = await writing.among(OrderLine, "order_id", wanted, "order_id", lock=lock)
            records = await writing.records(Order, "id", wanted)
        assert [row.id for row in seen] == [row.id for row in records] == [order_id]
        assert {line.order_id for line in lines} == {order_id}
        kept.append([it.cache_info().currsize for it in (transaction._among, transaction._records)])  # noqa: SLF001 -- counted, not used.
    assert kept[0] == kept[1]


async def test_what_follows_for_all_sees_every_row_of_the_merchant_and_no_other(
    world, database, placed, clock
):
    wanted = list(placed.values())
    elsewhere = Viewer(new_id(), Actor.STAFF, new_id(), "staff")
    async with database.writing(world.merchant_id) as session:
        for company, order_id in placed.items():
            writing = Writing(session, _buyer(world, company), clock())
            everything = writing.for_all()
            assert {row.id for row in await everything.among(Order, "id", wanted)} == set(wanted)
            assert [row.id for row in await writing.among(Order, "id", wanted)] == [order_id]
        assert await Writing(session, elsewhere, clock()).among(Order, "id", wanted) == []


async def test_a_kept_statement_without_a_viewers_values_shows_nothing(world, database, placed):
    for actor in Actor:
        statement = transaction._among(actor, Order, "id", (), lock=False)  # noqa: SLF001 -- what it would show by itself.
        async with database.writing(world.merchant_id) as session:
            assert (await session.scalars(statement, {"keys": list(placed.values())})).all() == []
