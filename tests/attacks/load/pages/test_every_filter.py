"""Every filter of every list, in each of its orders, looks at rows in proportion to the page.

Plans are those that the server makes: for whatever values. What may not be found so is said, with
its bound, in docs/decisions/0070-leads.md.
"""

from typing import Any

import httpx
import pytest

from loaders.reading.leading import MOST_GATHERED
from models.access.viewers import Actor
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.attacks.load.limits import LIMITS
from tests.attacks.load.pages.cases import LISTS, List
from tests.attacks.load.pages.many import Crowd, ids_of
from tests.guard import BESIDE
from tests.make.counting import looked_at, plan_of, sent
from transport.serving import Serving

PAGE = 5
ENOUGH = MOST_GATHERED + 100 * PAGE
"""Rows that a page may look at, if its filter leads to it or not."""
MANY = {"Order", "OrderLine", "Delivery", "Product", "Party", "Notification"}
"""Types of which there are many rows here."""
OF_STAFF = {"Notification"}
"""Types that no other actor sees."""
FEW = {
    *("Calendar", "Channel", "Location", "MethodHandling", "NotificationPreference"),
    *("PartnerProfile", "PriceList", "Webhook"),
}
"""Types of which a merchant has few, who settles them itself: a list may look at all of them."""
UNMEASURED = {
    *("JournalEntry", "Contract", "Interchange", "InterchangeMessage"),
    *("OutgoingInterchange", "PriceListEntry", "Release", "TrackingEvent", "WebhookAttempt"),
    *("WebhookMessage", "Demand"),
}
"""Types of which there are no rows here yet."""
GONE_THROUGH = {
    *("OrderFilter windowFrom", "OrderFilter windowTo"),
    *("OrderLineFilter dueFrom", "OrderLineFilter dueTo"),
    *("DeliveryFilter windowTo", "DeliveryFilter late", "DeliveryFilter open"),
    *("PartyFilter role", "PartyFilter nameContains"),
    *("ProductFilter nameContains", "ProductFilter text"),
}
"""Filters by which a list is gone through until the page is full (0070)."""


def test_each_list_is_measured_or_has_few_rows() -> None:
    assert {it.rows for it in LISTS} == MANY | FEW | UNMEASURED


async def _looked_at(ask: make.Ask, crowd: Crowd, request: str) -> float:
    with sent(crowd.world.database) as statements:
        await ask(request)
    ((statement, values),) = (
        it for it in statements if it[1] and not any(word in it[0] for word in BESIDE)
    )
    return looked_at(await plan_of(crowd.world, statement, values))


def _may_be_gone_through(of: List, field: str, actor: Actor) -> bool:
    # Of parties, others see themselves and all carriers.
    is_of_parties = actor is not Actor.STAFF and of.rows == "Party"
    return is_of_parties or f"{of.rows}Filter {field}" in GONE_THROUGH


@pytest.mark.parametrize("actor", [Actor.STAFF, Actor.BUYER])
async def test_a_page_by_a_filter_looks_at_no_more_than_it_shows(
    crowd: Crowd, actor: Actor
) -> None:
    world, ids, counts = crowd.world, ids_of(crowd.made), dict[str, float]()
    is_staff = actor is Actor.STAFF
    parents, rows = {"Query", *(ids if is_staff else ())}, MANY - (set() if is_staff else OF_STAFF)
    bound: dict[Actor, Any] = {Actor.BUYER: crowd.made.party}
    app = application(Serving(world.database, clock=world.clock, terms=Terms(limits=LIMITS)))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://abruf"
    ) as client:
        ask = make.Ask(client, await world.key(actor, bound.get(actor)))
        for of in (it for it in LISTS if it.rows in rows and it.parent in parents):
            for field, page in of.pages(ids, PAGE):
                if not _may_be_gone_through(of, field, actor):
                    counts[page] = await _looked_at(ask, crowd, of.request(page, ids))
    assert {page: count for page, count in counts.items() if count > ENOUGH} == {}
    assert len(counts) > 100
