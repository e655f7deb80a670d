"""Among 20,000 orders, what is read is in proportion to the page: every filter has its index."""

from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest

from kit.ids import to_global
from loaders.reading.leading import MOST_GATHERED
from loaders.reading.wholes import MOST_COUNTED
from models.access.viewers import Actor
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.attacks.load.limits import LIMITS
from tests.attacks.load.pages.many import OWING, PARTIES, PRODUCTS, Crowd, Many
from tests.make.counting import looked_at, plan_of, sent
from transport.serving import Serving

PAGE = 5
ENOUGH = MOST_GATHERED + 100 * PAGE
"""Rows that a page may look at: those of a product or party, and those that are put in order."""
NAMES = 2 * (PRODUCTS + PARTIES)
"""What contains a text is looked for in each name."""


def requests(made: Many) -> Iterator[str]:
    """Yield what is read, each a page."""
    product, address = to_global("Product", made.product), to_global("Address", made.address)
    party, size = to_global("Party", made.party), f"first: {PAGE}"
    filters = (
        *('numberPrefix: "o-00123"', 'purchaseOrderPrefix: "po-1567"'),
        *('trackingNumber: "t 000123"', f'shipToId: "{address}"'),
        *(f'productId: "{product}"', f'partyIds: ["{party}"]'),
    )
    for wanted in filters:
        yield f"orders({size}, filter: {{{wanted}}}) {{ nodes {{ id }} }}"
    for wanted in ("open: true", "late: true", "backordered: true", "late: true, open: true"):
        yield f"orders({size}, filter: {{{wanted}}}) {{ nodes {{ id }} totalCount }}"
    for statuses in ("UNFULFILLED", "PARTIALLY_RETURNED", "SHIPPED", "UNFULFILLED, RETURNED"):
        wanted = f"fulfilmentStatuses: [{statuses}]"
        yield f"orders({size}, filter: {{{wanted}}}) {{ nodes {{ id }} }}"
    yield f"orders({size}, filter: {{stoppedByPayment: true}}) {{ nodes {{ id }} totalCount }}"
    for wanted in ("late: true", "open: true"):
        yield f"deliveries({size}, filter: {{{wanted}}}) {{ nodes {{ id }} }}"
    for wanted in ("fulfilmentStatuses: [PARTIALLY_RETURNED]", 'currency: "USD"', "kind: SAMPLE"):
        yield f"orders(first: 0, filter: {{{wanted}}}) {{ totalCount }}"
    yield f"orders({size}) {{ nodes {{ availableActions }} }}"
    yield from sorted_requests(size)
    for wanted in ('filter: {skuPrefix: "m-12"}', "sort: NAME"):
        yield f"products({size}, {wanted}) {{ nodes {{ id }} }}"
    for wanted in ("open: true", "open: true, late: true", f'productId: "{product}"'):
        yield f"orderLines({size}, filter: {{{wanted}}}) {{ nodes {{ id }} }}"
    for sort in ("NEWEST_FIRST", "OLDEST_FIRST"):
        yield f"orderLines({size}, sort: {sort}) {{ nodes {{ id }} }}"
    for text in ("o-00", "po-1567", "x-9", "t000123", "d-0005", "novak-15", "mira nov", "nothing"):
        kinds = "types: [ORDER, DELIVERY, CONTRACT, PARCEL]"
        yield f'search(text: "{text}", {kinds}, {size}) {{ id }}'


def sorted_requests(size: str) -> Iterator[str]:
    """Yield each order of sorting, and what is asked by amount."""
    for sort in ("DUE_AT", "DUE_AT_DESC", "NUMBER", "PLACED_AT_DESC", "NET", "NET_DESC"):
        yield f"orders({size}, sort: {sort}) {{ nodes {{ id }} }}"
    for wanted in ('currency: "USD"', 'netFrom: "1", netTo: "9"', 'currency: "EUR", netTo: "2"'):
        for sort in ("NET", "PLACED_AT_DESC", "NUMBER"):
            yield f"orders({size}, sort: {sort}, filter: {{{wanted}}}) {{ nodes {{ id }} }}"


async def rows_of(crowd: Crowd, token: str, requests: Iterable[str]) -> dict[str, float]:
    """Return request -> how many rows its statement looks at."""
    world, counts = crowd.world, dict[str, float]()
    app = application(Serving(world.database, clock=world.clock, terms=Terms(limits=LIMITS)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        ask = make.Ask(client, token)
        for request in requests:
            with sent(world.database) as statements:
                await ask(f"{{ {request} }}")
            statement, values = next(it for it in statements if "FROM " in it[0] and it[1])
            counts[request] = looked_at(await plan_of(world, statement, values))
    return counts


@pytest.mark.parametrize("actor", [Actor.STAFF, Actor.BUYER])
async def test_a_page_looks_at_rows_in_proportion_to_it(crowd: Crowd, actor: Any) -> None:
    bound = {Actor.BUYER: crowd.made.party}
    token = await crowd.world.key(actor, bound.get(actor))
    counts = await rows_of(crowd, token, requests(crowd.made))
    assert {it: count for it, count in counts.items() if count > ENOUGH} == {}
    assert max(counts.values()) > 0
    names = (
        f'search(text: "screw 12", first: {PAGE}) {{ id }}',
        f'products(first: {PAGE}, filter: {{text: "screw 49"}}) {{ nodes {{ id }} }}',
    )
    counts = await rows_of(crowd, token, names)
    assert {it: count for it, count in counts.items() if count > NAMES + ENOUGH} == {}


async def test_a_list_is_counted_up_to_a_bound(crowd: Crowd) -> None:
    token = await crowd.world.key(Actor.STAFF)
    counted = "totalCount isTotalCountExact"
    lists = [f"orders(first: 0{it}) {{ {counted} }}" for it in ("", ", filter: {late: true}")]
    app = application(Serving(crowd.world.database, clock=crowd.world.clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://abruf") as it:
        every, late = [(await make.Ask(it, token)(f"{{ {each} }}"))["orders"] for each in lists]
    assert every == {"totalCount": MOST_COUNTED, "isTotalCountExact": False}
    assert late == {"totalCount": OWING, "isTotalCountExact": True}
    looked = await rows_of(crowd, token, lists)
    assert max(looked.values()) <= 2 * (MOST_COUNTED + 1)
