"""Among 100,000 orders, what is read is in proportion to the page: every filter has its index."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from kit.ids import to_global
from models.access.viewers import Actor
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.attacks.load.conftest import LIMITS
from tests.attacks.load.many import PARTIES, PRODUCTS, Many, many
from tests.attacks.load.test_filters import EXPLAIN, looked_at, sent
from tests.conftest import NOW
from tests.guard import watch
from transport.serving import Serving

PAGE = 5
ENOUGH = 100 * PAGE
"""Rows that a page may look at: those of a product or party, of which there are hundreds."""
NAMES = 2 * (PRODUCTS + PARTIES)
"""What contains a text is looked for in each name."""


@dataclass(frozen=True)
class Crowd:
    """A merchant with many orders."""

    world: make.World
    made: Many

    def asked(self) -> dict[str, str]:
        """Return name -> what is read of a page."""
        it = self.made
        product, address = to_global("Product", it.product), to_global("Address", it.address)
        party = to_global("Party", it.party)
        orders = {
            "numberPrefix": '"o-00123"',
            "purchaseOrderPrefix": '"po-4567"',
            "trackingNumber": '"t 000123"',
            "shipToId": f'"{address}"',
            "productId": f'"{product}"',
            "partyIds": f'["{party}"]',
        }
        filters = {
            name: f"orders(first: {PAGE}, filter: {{{name}: {value}}}) {{ nodes {{ id }} }}"
            for name, value in orders.items()
        }
        sorts = {
            sort: f"orders(first: {PAGE}, sort: {sort}) {{ nodes {{ id }} }}"
            for sort in ("DUE_AT", "DUE_AT_DESC", "NUMBER", "PLACED_AT_DESC")
        }
        products = {
            it: f"products(first: {PAGE}, {it}) {{ nodes {{ id }} }}"
            for it in ('filter: {skuPrefix: "m-12"}', "sort: NAME")
        }
        lines = {
            f"lines {it}": f"orderLines(first: {PAGE}, filter: {{{it}}}) {{ nodes {{ id }} }}"
            for it in ("open: true", "open: true, late: true", f'productId: "{product}"')
        }
        kinds = "types: [ORDER, DELIVERY, CONTRACT, PARCEL]"
        searches = {
            f"search {text}": f'search(text: "{text}", {kinds}, first: {PAGE}) {{ id }}'
            for text in ("o-00", "po-4567", "x-9", "t000123", "d-0005", "nothing")
        }
        return {**filters, **sorts, **products, **lines, **searches}


@pytest.fixture(scope="module")
def many_url(new_database: Callable[..., str], migrated: str) -> str:
    """Give a database that need not be emptied."""
    return new_database("many", migrated)


@pytest.fixture(scope="module")
async def crowd(many_url: str, as_app: Callable[[str], str]) -> AsyncIterator[Crowd]:
    database = make.Walled(as_app(many_url), many_url, LIMITS.statement)
    watch(database.engine, database.keyless)
    world = await make.world(database, make.Clock(NOW))
    yield Crowd(world, await many(world))
    await database.close()


async def plans_of(crowd: Crowd, token: str, requests: dict[str, str]) -> dict[str, float]:
    """Return name -> how many rows the statement of a request looks at."""
    world, counts = crowd.world, dict[str, float]()
    app = application(Serving(world.database, clock=world.clock, terms=Terms(limits=LIMITS)))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://abruf"
    ) as client:
        ask = make.Ask(client, token)
        for name, request in requests.items():
            with sent(world.database) as statements:
                await ask(f"{{ {request} }}")
            statement, values = next(it for it in statements if "FROM " in it[0] and it[1])
            reads = world.database.reading(world.merchant_id)
            ((plan,),) = await reads.texts(EXPLAIN + statement, values)
            await reads.end()
            counts[name] = looked_at(plan[0]["Plan"])
    return counts


@pytest.mark.parametrize("actor", [Actor.STAFF, Actor.BUYER])
async def test_a_page_looks_at_rows_in_proportion_to_it(crowd: Crowd, actor: Any) -> None:
    bound = {Actor.BUYER: crowd.made.party}
    token = await crowd.world.key(actor, bound.get(actor))
    requests = crowd.requests()
    anything = f'search(text: "screw 12", first: {PAGE}) {{ id }}'
    within = f'products(first: {PAGE}, filter: {{text: "screw 49"}}) {{ nodes {{ id }} }}'
    counts = await plans_of(crowd, token, {**requests, "anything": anything, "text": within})
    of_names = {it: counts.pop(it) for it in ("anything", "text")}
    assert {it: count for it, count in counts.items() if count > ENOUGH} == {}
    assert {it: count for it, count in of_names.items() if count > NAMES + ENOUGH} == {}
    assert max(counts.values()) > 0
