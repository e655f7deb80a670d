"""Lines of all orders: what is open, what is late, what is due."""

from typing import Any

from kit.ids import to_global
from models.access.viewers import Actor
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.sweeps.endings import cancel
from tests.make.trade import orders

LINES = """query ($filter: OrderLineFilter, $sort: OrderLineSort) {
  orderLines(first: 9, filter: $filter, sort: $sort) { nodes { id } totalCount } }"""
IMPORT = """mutation ($input: OrdersImportInput!) { ordersImport(input: $input) {
  results { order { lines { id } } userErrors { code } } } }"""
SOON = {
    "earliest": "2026-03-02T10:00:00Z",
    "latest": "2026-03-02T12:00:00Z",
    "timeZone": "UTC",
}


async def lines(ask: Ask, sort: str | None = None, **wanted: Any) -> list[str]:
    answer = (await ask(LINES, filter=wanted or None, sort=sort))["orderLines"]
    assert answer["totalCount"] == len(answer["nodes"])
    return [it["id"] for it in answer["nodes"]]


def ids(order: dict[str, Any]) -> list[str]:
    return [it["id"] for it in order["lines"]]


async def test_lines_are_found_by_what_is_open_late_and_due(
    world: World, ask: Ask, clock: Any
) -> None:
    sent, gone, due = [
        await orders.order(world, ask, window=SOON),
        await orders.order(world, ask),
        await orders.order(world, ask, window=SOON),
    ]
    await deliveries.dispatched(world, ask, sent)
    await cancel(ask, gone)
    assert await lines(ask, "OLDEST_FIRST") == [*ids(sent), *ids(gone), *ids(due)]
    assert await lines(ask) == [*ids(due)[::-1], *ids(gone)[::-1], *ids(sent)[::-1]]
    assert await lines(ask, open=True) == ids(due)[::-1]
    assert set(await lines(ask, open=False)) == {*ids(sent), *ids(gone)}
    assert await lines(ask, late=True) == []
    clock.advance(hours=9)
    assert await lines(ask, late=True) == ids(due)[::-1]
    assert await lines(ask, open=True, late=False) == []
    assert set(await lines(ask, dueTo="2026-03-02T13:00:00Z")) == {*ids(sent), *ids(due)}
    assert await lines(ask, dueFrom="2026-03-02T12:00:01Z") == []


async def test_lines_go_by_when_they_were_ordered(world: World, ask: Ask) -> None:
    fields = await orders.order_input(world, ask)

    async def imported(**days: str) -> list[list[str]]:
        """Return the ids of lines, order by order. days: reference -> when it was placed."""
        placed = {it: f"2025-{day}T00:00:00Z" for it, day in days.items()}
        items = [fields | {"externalReference": it, "placedAt": at} for it, at in placed.items()]
        results = (await ask(IMPORT, input={"orders": items}))["ordersImport"]["results"]
        return [ids(it["order"]) for it in results]

    first, second, third = await imported(A="11-20", B="01-01", C="06-01")
    assert await lines(ask, "OLDEST_FIRST") == [*second, *third, *first]
    assert await lines(ask) == [*first[::-1], *third[::-1], *second[::-1]]
    await imported(C="11-21")  # What is sent again may say another day, of lines as they are,
    assert await lines(ask, "OLDEST_FIRST") == [*second, *first, *third]
    fields["lines"][0]["quantity"] = "11"
    await imported(B="11-22")  # or not.
    assert await lines(ask, "OLDEST_FIRST") == [*first, *third, *second]


async def test_a_buyer_lists_its_own_lines(world: World, ask: Ask) -> None:
    own, other = [await parties.company(world, number=it) for it in ("A", "B")]
    order = await orders.order(world, ask, partyId=to_global("Party", own))
    buyers = [ask.by(await world.key(Actor.BUYER, it)) for it in (own, other)]
    assert [await lines(it, open=True) for it in buyers] == [ids(order)[::-1], []]
    named = {"partyId": to_global("Party", own)}
    assert [await lines(it, **named) for it in buyers] == [ids(order)[::-1], []]


async def test_one_wrong_argument_leaves_the_rest_of_the_answer(world: World, ask: Ask) -> None:
    order = await orders.order(world, ask)
    query = "{ orderLines(first: 9999) { totalCount } orders(first: 1) { nodes { id } } }"
    answer = await ask.answer(query)
    assert answer["data"] == {"orderLines": None, "orders": {"nodes": [{"id": order["id"]}]}}
    assert [it["path"] for it in answer["errors"]] == [["orderLines"]]
