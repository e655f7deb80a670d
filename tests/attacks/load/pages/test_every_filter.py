"""Every filter of every list, in each of its orders, looks at rows in proportion to the page.

Plans are those that the server makes: for whatever values. What may not be found so is said, with
its bound, in docs/decisions/0070-leads.md.
"""

from typing import Any

import httpx
import pytest

from loaders.reading.leading import MOST_GATHERED
from models.access.viewers import Actor, allowed
from tests import make
from tests.attacks.load.pages.cases import LISTS, List
from tests.attacks.load.pages.many import PARENTS, Crowd, ids_of
from tests.guard import BESIDE
from tests.make.counting import looked_at, plan_of, sent

PAGE = 5
ENOUGH = MOST_GATHERED + 100 * PAGE
"""Rows that a page may look at, if its filter leads to it or not."""
MANY = {
    *("Order", "OrderLine", "Delivery", "Product", "Party", "Notification", "Contract", "Release"),
    *("PriceListEntry", "JournalEntry", "Interchange", "InterchangeMessage"),
    *("OutgoingInterchange", "WebhookMessage", "WebhookAttempt"),
}
"""Types of which there are many rows here."""
OF_STAFF = {
    *("Notification", "JournalEntry", "Interchange", "InterchangeMessage", "OutgoingInterchange")
}
"""Types that no other actor sees."""
FEW = {
    *("Calendar", "Channel", "Location", "MethodHandling", "NotificationPreference"),
    *("PartnerProfile", "PriceList", "Webhook"),
}
"""Types of which a merchant has few, who settles them itself: a list may look at all of them."""
WHOLE = {"Demand", "TrackingEvent"}
"""Types of lists that read all they may show: schedules that are added up, a parcel's events."""
GONE_THROUGH = {
    *("OrderFilter windowFrom", "OrderFilter windowTo"),
    *("OrderLineFilter dueFrom", "OrderLineFilter dueTo"),
    *("DeliveryFilter windowTo", "DeliveryFilter late", "DeliveryFilter open"),
    *("PartyFilter role", "PartyFilter nameContains"),
    *("ProductFilter nameContains", "ProductFilter text"),
    *("ContractFilter states", "ContractFilter validOn"),
    *("ContractFilter exhausted", "ContractFilter expired"),
}
"""Filters by which a list is gone through until the page is full (0070)."""
OWN_RELEASES = ("Release", True)
"""Those of a contract, and of all contracts of a buyer, are gone through by any filter; of parties
buyers see themselves and all carriers (0070)."""


def test_each_list_is_measured_or_has_few_rows() -> None:
    assert {it.rows for it in LISTS} == MANY | FEW | WHOLE


async def _looked_at(ask: make.Ask, crowd: Crowd, request: str) -> float:
    with sent(crowd.world.database) as statements:
        await ask(request)
    ((statement, values),) = (
        it for it in statements if it[1] and not any(word in it[0] for word in BESIDE)
    )
    return looked_at(await plan_of(crowd.world, statement, values))


def _may_be_gone_through(of: List, field: str, actor: Actor) -> bool:
    is_part = actor is not Actor.STAFF or of.parent != "Query"
    if is_part and (of.rows == "Party" or (of.rows, bool(field)) == OWN_RELEASES):
        return True
    return f"{of.rows}Filter {field}" in GONE_THROUGH


MEASURED = [
    (actor, of)
    for actor, rows in ((Actor.STAFF, MANY), (Actor.BUYER, MANY - OF_STAFF))
    for of in LISTS
    if of.rows in rows and (of.parent == "Query" or (actor is Actor.STAFF and of.parent in PARENTS))
]


@pytest.mark.parametrize(
    ("actor", "of"), MEASURED, ids=[f"{actor} {of.parent}.{of.name}" for actor, of in MEASURED]
)
async def test_a_page_by_a_filter_looks_at_no_more_than_it_shows(
    crowd: Crowd, reached: httpx.AsyncClient, actor: Actor, of: List
) -> None:
    world, ids, counts = crowd.world, ids_of(crowd.made), dict[str, float]()
    bound: dict[Actor, Any] = {Actor.BUYER: crowd.made.party}
    pages = [it for it in of.pages(ids, PAGE) if not _may_be_gone_through(of, it[0], actor)]
    assert pages or (actor, of.rows) == (Actor.BUYER, "Party")
    key = await world.key(actor, bound.get(actor), scopes=sorted(allowed(actor)))
    ask = make.Ask(reached, key)
    for _, page in pages:
        counts[page] = await _looked_at(ask, crowd, of.request(page, ids))
    assert {page: count for page, count in counts.items() if count > ENOUGH} == {}


async def test_the_journal_of_an_hour_is_found_wherever_it_lies(
    crowd: Crowd, reached: httpx.AsyncClient
) -> None:
    hour = 'recordedFrom: "2026-01-07T00:00:00Z", recordedTo: "2026-01-07T01:00:00Z"'
    ask = make.Ask(reached, await crowd.world.key(Actor.STAFF))
    for more in ("", ', types: ["order.placed"]', ', idempotencyKey: "I-5"'):
        page = f"journal(first: 100, filter: {{{hour}{more}}})"
        assert await _looked_at(ask, crowd, f"{{ {page} {{ edges {{ cursor }} }} }}") < ENOUGH
    every = await ask(f"{{ journal(first: 100, filter: {{{hour}}}) {{ totalCount }} }}")
    assert every["journal"]["totalCount"] == 60
