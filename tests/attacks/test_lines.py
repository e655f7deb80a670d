"""Bulk calls: bounded by the lines that they touch before anything is changed, and paid by them."""

import cProfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from admission.costs import OBJECTS
from commands.fulfilment.deliveries.changes.merge import DeliveryMerge, merge
from commands.fulfilment.deliveries.planning.plan import DeliveryPlan, plan_all
from commands.fulfilment.tracking.record import record_tracking
from commands.fulfilment.tracking.reports import ParcelRecordTracking
from commands.master.catalog import ProductsUpsert, upsert_all
from commands.trade.orders.revisions.imports import OrdersImport, import_all
from kit.errors import Refused
from models.access.journal import JournalEntry
from models.access.viewers import Actor
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.tracking.events import TrackingEvent
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order
from resolvers.running.context import Context
from resolvers.running.writing import write
from schema.graphql.extensions.buckets import LINES_A_POINT, PAID_LINES
from schema.graphql.mutations import WRITE
from tests.guard import counted
from tests.make import Ask, World
from tests.make.feed import RECORD, Feed, rows
from tests.make.fulfilment.deliveries import RECIPIENT, WINDOW
from tests.make.fulfilment.tracking import Sent, sent
from tests.make.master.channels import channel
from tests.make.master.locations import location
from tests.make.master.parties import carrier, company
from tests.make.running import run, staff

BEHIND = 4
"""Lines behind a parcel of `sent`: itself, its content, its delivery's line, its order's line."""
UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { status } userErrors { code message field } }
}
"""


async def _sent(world: World, how_many: int) -> list[Sent]:
    carrier_id = await carrier(world)
    return [await sent(world, carrier_id=carrier_id) for _ in range(how_many)]


def _arrivals(feed: Feed, shipments: Sequence[Sent]) -> list[dict[str, Any]]:
    return [feed.event("DELIVERED", sscc=it.ssccs[0]) for it in shipments]


async def _by(world: World, client: httpx.AsyncClient, **limits: int) -> Ask:
    return Ask(client, await world.key(Actor.STAFF, limits=limits))


async def test_arrivals_that_touch_too_many_lines_are_refused_and_nothing_is_written(
    world: World, client: httpx.AsyncClient
) -> None:
    shipments = await _sent(world, 5)
    ask = await _by(world, client, lines=4 * (1 + BEHIND))
    feed = Feed(ask, world)
    entries = len(await rows(world, JournalEntry))
    document = RECORD.replace(
        "userErrors { code field }\n  }\n}", "userErrors { code message } } }"
    )
    answer = await ask(document, input={"events": _arrivals(feed, shipments)})
    assert answer["parcelRecordTracking"] == {
        "results": None,
        "userErrors": [
            {
                "code": "TOO_MANY_ITEMS",
                "message": "This call touches 25 lines, and 20 fit in one: send less at a time.",
            }
        ],
    }
    assert await rows(world, TrackingEvent) == []
    assert len(await rows(world, JournalEntry)) == entries
    assert {it.delivered for it in await rows(world, OrderLine)} == {0}
    fitting = await feed.results(*_arrivals(feed, shipments[:4]))
    assert {it["status"] for it in fitting} == {"CREATED"}


async def test_lines_of_an_input_are_counted_before_anything_is_asked(
    world: World, client: httpx.AsyncClient
) -> None:
    ask = await _by(world, client, lines=20)
    products = [{"sku": f"S-{number}", "name": "Shaft"} for number in range(21)]
    with counted(world.database.engine) as statements:
        answer = await ask(UPSERT, input={"products": products})
    assert answer["productsUpsert"]["userErrors"] == [
        {
            "code": "TOO_MANY_ITEMS",
            "message": "This call touches 21 lines, and 20 fit in one: send less at a time.",
            "field": ["input"],
        }
    ]
    assert statements == []
    done = await ask(UPSERT, input={"products": products[:20]})
    assert done["productsUpsert"]["userErrors"] == []


async def test_lists_inside_of_lists_count_too(world: World, client: httpx.AsyncClient) -> None:
    ask = await _by(world, client, lines=11)
    imported = "mutation ($input: OrdersImportInput!) { ordersImport(input: $input) {"
    imported += " results { status } userErrors { code } } }"
    line = {"productSku": "BOLT", "quantity": "1", "unitPrice": "1"}
    order = {"placedAt": "2026-01-01T00:00:00Z", "currency": "EUR", "lines": [line] * 5}
    orders = [order | {"externalReference": str(number)} for number in range(2)]
    answer = await ask(imported, input={"orders": orders})
    assert answer["ordersImport"]["userErrors"] == [{"code": "TOO_MANY_ITEMS"}]
    assert await rows(world, Order) == []


async def test_deliveries_of_orders_with_too_many_lines_are_not_even_planned(world: World) -> None:
    orders = await _imported(world, orders=2, lines=4)
    part = _part(await location(world), [lines[0] for lines in orders])
    command = DeliveryPlan.read({"deliveries": [part]})

    async def plan_with(most: int) -> list[Any]:
        viewer = replace(staff(world), limits={"lines": most})
        context = Context(viewer, world.database, world.clock)
        context.begin()
        return (await write(context, command, plan_all))["delivery_ids"]

    with pytest.raises(Refused, match="This call touches 8 lines, and 7 fit in one"):
        await plan_with(7)
    assert await rows(world, Delivery) == []
    assert len(await plan_with(8)) == 1


async def test_points_follow_the_lines_that_are_named_and_those_that_are_read(
    world: World, ask: Ask
) -> None:
    async def cost(document: str, values: dict[str, Any]) -> int:
        answer = await ask.answer(document, input=values)
        return answer["extensions"]["cost"]["actualQueryCost"]

    products = [{"sku": f"S-{number}", "name": "Shaft"} for number in range(250)]
    few, many = [await cost(UPSERT, {"products": it}) for it in (products[:50], products)]
    # A result is an object, and so is its product's.
    assert many - few == (250 - PAID_LINES) // LINES_A_POINT + 2 * (250 - 50) // OBJECTS
    feed, shipments = Feed(ask, world), await _sent(world, 22)
    one, others = [
        await cost(RECORD, {"events": _arrivals(feed, it)}) for it in (shipments[:1], shipments[1:])
    ]
    rows_of_results = others - one
    again = await cost(RECORD, {"events": _arrivals(feed, shipments[1:])})
    # What is known already settles nothing, and so reads no lines of orders and deliveries.
    assert (
        others - again
        == (21 * (1 + BEHIND) - PAID_LINES) // LINES_A_POINT
        - max(0, 21 * 3 - PAID_LINES) // LINES_A_POINT
    )
    assert rows_of_results > 0


async def test_each_trial_of_odd_items_costs_what_a_mutation_costs_and_long_inputs_have_none(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = [{"sku": "", "name": "Shaft"}]
    products = [{"sku": f"S-{number}", "name": "Shaft"} for number in range(2)]

    async def cost(wanted: list[dict[str, str]]) -> tuple[int, int]:
        """Return its points, and its statements."""
        with counted(world.database.engine) as statements:
            answer = await ask.answer(UPSERT, input={"products": wanted})
        return answer["extensions"]["cost"]["actualQueryCost"], len(statements)

    for some in (products, odd + products):
        await cost(some)
    plain, tried = await cost(products), await cost(odd + products)
    monkeypatch.setattr("commands.writing.running.run.MUCH", len(odd + products))
    left_out = await cost(odd + products)
    # The first trial finds nothing else, and is the last.
    assert tried[0] - left_out[0] == WRITE
    assert tried[1] > left_out[1] == plain[1]


async def test_who_cannot_pay_for_the_lines_of_an_input_writes_nothing(
    world: World, client: httpx.AsyncClient
) -> None:
    ask = await _by(world, client, bucket=20, restore=1)
    products = [{"sku": f"S-{number}", "name": "Shaft"} for number in range(250)]
    refused = await ask.answer(UPSERT, input={"products": products})
    assert [it["extensions"]["code"] for it in refused["errors"]] == ["THROTTLED"]
    world.clock.advance(seconds=60)  # type: ignore[attr-defined]
    assert (await ask(UPSERT, input={"products": products[:5]}))["productsUpsert"]["results"]


async def test_lines_that_were_found_only_then_are_paid_by_the_next_request(
    world: World, client: httpx.AsyncClient
) -> None:
    shipments = await _sent(world, 30)
    ask = await _by(world, client, bucket=30, restore=1)
    feed = Feed(ask, world)
    events = _arrivals(feed, shipments)
    document = RECORD.replace("parcel { id status isDelayed }", "").replace(
        "event { id status originalStatus isDelay source }", ""
    )
    first = await ask(document, input={"events": events})
    assert len(first["parcelRecordTracking"]["results"]) == 30
    refused = await ask.answer(document, input={"events": events})
    assert [it["extensions"]["code"] for it in refused["errors"]] == ["THROTTLED"]
    # It owes more than a bucket holds, which is paid bucket by bucket.
    refusals = []
    for _ in range(5):
        world.clock.advance(seconds=60)  # type: ignore[attr-defined]
        refusals.append("errors" in await ask.answer(document, input={"events": events}))
    assert refusals[0] is True
    assert not all(refusals)


async def test_statements_do_not_grow_with_thousands_of_lines(world: World) -> None:
    counts = []
    # Both more than a slice: those are numbered last.
    for orders, lines in ((6, 20), (60, 20)):
        known = await _imported(world, orders, lines)
        place = await location(world)
        parts = [_part(place, each) for each in known]
        with counted(world.database.engine) as statements:
            planned = (await run(world, plan_all, DeliveryPlan, deliveries=parts))["delivery_ids"]
            await run(world, merge, DeliveryMerge, delivery_id=planned[0], delivery_ids=planned[1:])
        counts.append(len(statements))
    assert counts[0] == counts[1]
    poured = [it for it in await rows(world, DeliveryLine) if it.planned]
    assert len(poured) == 6 * 20 + 60 * 20


async def test_the_work_of_arrivals_is_linear_in_their_number(world: World, ask: Ask) -> None:
    feed = Feed(ask, world)
    shipments = await _sent(world, 105)
    calls = []
    for mine in (shipments[:5], shipments[5:25], shipments[25:]):
        profile = cProfile.Profile()
        profile.enable()
        await run(world, record_tracking, ParcelRecordTracking, events=_arrivals(feed, mine))
        profile.disable()
        calls.append(sum(it.callcount for it in profile.getstats()))
    _, twenty, eighty = calls
    assert eighty < 4.4 * twenty


async def _imported(world: World, orders: int, lines: int) -> list[list[Any]]:
    """Import orders with lines of a product each; return ids of the lines, order by order."""
    products = [{"sku": f"S-{number}", "name": "Shaft"} for number in range(lines)]
    await run(world, upsert_all, ProductsUpsert, products=products)
    whom = {"channel_id": await channel(world), "party_id": await company(world)}
    line = {"quantity": "2", "unit_price": "1"}
    order = {
        **whom,
        "placed_at": world.clock().isoformat(),
        "currency": "EUR",
        "lines": [line | {"product_sku": it["sku"]} for it in products],
    }
    wanted = [order | {"external_reference": f"{orders}-{number}"} for number in range(orders)]
    made = (await run(world, import_all, OrdersImport, orders=wanted))["results"]
    ids = [it["order_id"] for it in made]
    known = await rows(world, OrderLine)
    return [[it.id for it in known if it.order_id == order_id] for order_id in ids]


def _part(location_id: UUID, lines: Sequence[Any]) -> dict[str, Any]:
    return {
        "location_id": location_id,
        "window": WINDOW,
        "recipient": RECIPIENT,
        "lines": [{"order_line_id": it, "quantity": "2"} for it in lines],
    }
