"""Changes: all that a viewer sees, as it was recorded, by pages that read what they show."""

from collections import Counter

import pytest
from sqlalchemy import text

from kit.ids import to_global
from loaders.access.journal import changes
from models.access.journal import JournalEntry
from models.access.viewers import Actor
from models.fulfilment.deliveries.tables import Delivery
from models.fulfilment.parcels import Parcel
from models.trade.orders.tables import Order
from tests.guard import counted
from tests.make.counting import nodes, plan_of, sent
from tests.make.feed import rows

PAGE = """
query ($first: Int, $after: String, $types: [EventType!], $aggregates: [ObjectKind!], $about: ID) {
  changes(first: $first, after: $after, types: $types, aggregates: $aggregates, about: $about) {
    nodes { id type objectId } pageInfo { hasNextPage endCursor }
  }
}
"""
SEEN = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Event { type objectId } } }"
OTHERS = """
INSERT INTO journal (merchant_id, id, position, aggregate, aggregate_id, sequence, type,
    occurred_at, recorded_at, actor, actor_name, actor_key_id, payload, payload_version)
SELECT merchant_id, gen_random_uuid(), position + n * :last, aggregate, gen_random_uuid(), 1, type,
    occurred_at, recorded_at, actor, actor_name, actor_key_id, payload, payload_version
FROM journal, generate_series(1, :times) AS n WHERE merchant_id = :merchant
"""
pytestmark = pytest.mark.prepared("everything")


@pytest.fixture
async def viewers(world, ask):
    """Give who is bound to what much has happened to, by actor; staff, too."""
    columns = {
        Actor.BUYER: (Order, "party_id"),
        Actor.WAREHOUSE: (Delivery, "location_id"),
        Actor.CARRIER: (Parcel, "carrier_id"),
    }
    bound = {}
    for actor, (entity, name) in columns.items():
        found = Counter(getattr(row, name) for row in await rows(world, entity))
        del found[None]
        ((bound[actor], _),) = found.most_common(1)
    keys = {actor: await world.key(actor, it) for actor, it in bound.items()}
    return {Actor.STAFF: ask, **{actor: ask.by(it) for actor, it in keys.items()}}


async def expected(world, ask):
    """Return what a viewer sees of all entries, asked one by one."""
    entries = sorted(await rows(world, JournalEntry), key=lambda it: it.position)
    ids, found = [to_global("Event", it.id) for it in entries], []
    for at in range(0, len(ids), 100):
        found += (await ask(SEEN, ids=ids[at : at + 100]))["nodes"]
    return [it for it in found if it is not None]


async def read(ask, first=250, **wanted):
    """Return all changes, page by page."""
    found, after, more = [], None, True
    while more:
        page = (await ask(PAGE, first=first, after=after, **wanted))["changes"]
        found += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


@pytest.mark.parametrize("near", [10_000, 40, 1])
async def test_everybody_reads_what_each_entry_by_itself_shows_in_one_order(
    world, viewers, monkeypatch, near
):
    monkeypatch.setattr(changes, "NEAR", near)
    counts = {}
    for actor, ask in viewers.items():
        whole = await expected(world, ask)
        assert await read(ask, first=60) == whole
        counts[actor] = len(whole)
    assert counts[Actor.STAFF] > counts[Actor.BUYER] > counts[Actor.CARRIER] > 0


@pytest.mark.parametrize("near", [10_000, 5])
async def test_changes_are_those_of_types_of_kinds_and_of_one_object(
    world, viewers, monkeypatch, near
):
    monkeypatch.setattr(changes, "NEAR", near)
    for actor in (Actor.STAFF, Actor.BUYER):
        ask = viewers[actor]
        whole = await expected(world, ask)
        types = ["ORDER_PLACED", "PARCEL_PACKED", "API_KEY_CREATED"]
        assert await read(ask, types=types) == [it for it in whole if it["type"] in types]
        kinds = [it for it in whole if it["type"].startswith(("DELIVERY_", "PRODUCT_"))]
        assert await read(ask, aggregates=["DELIVERY", "PRODUCT"]) == kinds
        about = next(it["objectId"] for it in whole if it["type"] == "ORDER_PLACED")
        own = [it for it in whole if it["objectId"] == about]
        assert await read(ask, first=2, about=about) == own
    buyer, carrier = viewers[Actor.BUYER], viewers[Actor.CARRIER]
    assert await read(carrier, about=about) == []
    assert (await read(buyer, aggregates=["API_KEY"])) == []


async def test_a_page_is_one_statement_and_reads_no_more_of_others_the_more_they_do(world, viewers):
    last, buyer = max(it.position for it in await rows(world, JournalEntry)), viewers[Actor.BUYER]
    values = {"merchant": world.merchant_id, "last": last, "times": 100}
    async with world.database.owner.writing(world.merchant_id) as session:
        await session.execute(text(OTHERS), values)
    async with world.database.owner.engine.connect() as connection:
        own = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await own.execute(text("ANALYZE"))
    first = (await buyer(PAGE, first=20))["changes"]
    with counted(world.database.engine) as statements, sent(world.database) as found:
        page = (await buyer(PAGE, first=20, after=first["pageInfo"]["endCursor"]))["changes"]
    assert (len(page["nodes"]), len(statements)) == (20, 1)
    statement, sent_values = next(it for it in found if "journal" in it[0])
    plan = await plan_of(world, statement, sent_values)
    looked = sum(
        it["Actual Rows"] * it["Actual Loops"] for it in nodes(plan) if "Relation Name" in it
    )
    assert looked < 20_000, f"of {101 * last:,} entries"
