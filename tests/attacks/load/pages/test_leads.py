"""Whatever leads to a page, it is the page of the list: forwards, backwards, of several filters."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text

from models.access.viewers import Actor
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.attacks.load.limits import LIMITS
from tests.attacks.load.pages.many import ORDERS, OWING, Crowd
from transport.serving import Serving

SIZE = 7
PLACED = "placed_at >= '2026-01-10T00:00:00Z' AND placed_at < '2026-01-10T02:00:00Z'"
CASES = [
    # The index goes on in the order of the list, for each of the values.
    ("states: [CONFIRMED, DRAFT]", "state IN ('CONFIRMED', 'DRAFT')", ORDERS),
    ("fulfilmentStatuses: [SHIPPED, UNFULFILLED, SHIPPED]", "true", ORDERS),
    # Few are put in order, of many the list is gone through.
    ("fulfilmentStatuses: [UNFULFILLED]", "fulfilment_status = 'UNFULFILLED'", OWING),
    ('currency: "EUR"', "currency = 'EUR'", ORDERS),
    ("open: true", "is_owing", OWING),
    (
        'placedFrom: "2026-01-10T00:00:00Z", placedTo: "2026-01-10T02:00:00Z"',
        PLACED,
        120,
    ),
    # Of several, any of which few are leads to the others.
    (
        "states: [CONFIRMED], fulfilmentStatuses: [UNFULFILLED], kind: STANDARD",
        "is_owing",
        OWING,
    ),
    ('states: [CONFIRMED], open: true, netTo: "1"', "false", 0),
    ("states: [CONFIRMED], kind: SAMPLE", "false", 0),
]
SORTS = {"PLACED_AT": "placed_at", "DUE_AT_DESC": "due_at DESC", "NUMBER": "number"}


@pytest.fixture(scope="module")
async def asks(crowd: Crowd) -> AsyncIterator[make.Ask]:
    """Give staff of one server: each server takes points of a merchant for itself."""
    terms = Terms(limits=LIMITS)
    app = application(Serving(crowd.world.database, clock=crowd.world.clock, terms=terms))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        yield make.Ask(client, await crowd.world.key(Actor.STAFF))


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize(("wanted", "condition", "count"), CASES)
async def test_a_page_is_that_of_the_list(
    crowd: Crowd, asks: make.Ask, wanted: str, condition: str, count: int, sort: str
) -> None:
    column = SORTS[sort]
    by_id = "id DESC" if column.endswith("DESC") else "id"
    query = f"SELECT number FROM orders WHERE {condition} ORDER BY {column}, {by_id}"
    async with crowd.world.database.owner.writing(crowd.world.merchant_id) as session:
        numbers = (await session.scalars(text(query))).all()
    assert len(numbers) == count

    async def page(chosen: str) -> tuple[list[str], dict[str, str]]:
        lists = f"orders({chosen}, sort: {sort}, filter: {{{wanted}}})"
        found = await asks(
            f"{{ {lists} {{ nodes {{ number }} pageInfo {{ startCursor endCursor }} }} }}"
        )
        rows = found["orders"]
        return [it["number"] for it in rows["nodes"]], rows["pageInfo"]

    first, info = await page(f"first: {SIZE}")
    assert first == numbers[:SIZE]
    if count:
        second, info = await page(f'first: {SIZE}, after: "{info["endCursor"]}"')
        assert second == numbers[SIZE : 2 * SIZE]
        before, _ = await page(f'last: {SIZE}, before: "{info["startCursor"]}"')
        assert before == first
    last, _ = await page(f"last: {SIZE}")
    assert last == numbers[-SIZE:]
