"""Lists of orders: every filter, the sums over them, and what is derived from the lines."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from kit.ids import from_global, to_global
from models.access.viewers import Actor
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.trade import orders
from tests.make.trade.kept import keep

LIST = """
query ($filter: OrderFilter, $sort: OrderSort) {
  orders(first: 50, filter: $filter, sort: $sort) {
    nodes { externalReference fulfilmentStatus isOpen isLate isBackordered }
    totalCount
    summary { orderCount lineCount orderedQuantity netTotals { amount currency } }
  }
}
"""
SHIPPED = {"planned": 10, "picked": 10, "packed": 10, "shipped": 10}
HALF = {"planned": 5, "picked": 5, "packed": 5, "shipped": 5}


async def _list(ask, sort="NUMBER", **wanted):
    return (await ask(LIST, filter=wanted or None, sort=sort))["orders"]


async def _found(ask, **wanted):
    found = await _list(ask, **wanted)
    assert found["totalCount"] == found["summary"]["orderCount"] == len(found["nodes"])
    return [it["externalReference"] for it in found["nodes"]]


async def _moved(world, order, *lines):
    """Set counters of the first lines of an order, as deliveries would."""
    async with world.database.writing(world.merchant_id) as session:
        for shown, counters in zip(order["lines"], lines, strict=False):
            line = await session.get_one(
                OrderLine, (world.merchant_id, from_global(shown["id"])[1])
            )
            for name, value in counters.items():
                setattr(line, name, Decimal(value))
        await keep(session, world.merchant_id)


async def _order(world, ask, reference, **fields):
    bolt, nut = await orders.products(ask, "BOLT", "NUT")
    lines = [orders.line(bolt), orders.line(nut)]
    return await orders.order(world, ask, externalReference=reference, **{"lines": lines, **fields})


STATUSES = {
    "UNFULFILLED": ({}, {}),
    "PARTIALLY_SHIPPED": (SHIPPED, {}),
    "SHIPPED": (SHIPPED, SHIPPED),
    "PARTIALLY_DELIVERED": (SHIPPED | {"delivered": 10}, SHIPPED),
    "DELIVERED": (SHIPPED | {"delivered": 10}, SHIPPED | {"delivered": 10}),
    "PARTIALLY_RETURNED": (
        SHIPPED | {"delivered": 10, "return_received": 1},
        SHIPPED | {"delivered": 10},
    ),
    "RETURNED": (
        SHIPPED | {"delivered": 10, "return_received": 10},
        SHIPPED | {"delivered": 10, "return_received": 10},
    ),
}


@pytest.mark.parametrize(("status", "lines"), STATUSES.items(), ids=STATUSES)
async def test_the_status_follows_from_the_lines(world, ask, status, lines):
    await _moved(world, await _order(world, ask, "this"), *lines)
    other = ({}, {}) if status != "UNFULFILLED" else (SHIPPED, SHIPPED)
    await _moved(world, await _order(world, ask, "other"), *other)
    assert await _found(ask, fulfilmentStatuses=[status]) == ["this"]
    shown = (await _list(ask))["nodes"]
    assert shown[0]["fulfilmentStatus"] == status


async def test_what_was_cancelled_does_not_count(world, ask):
    delivered = HALF | {"delivered": 5, "cancelled": 5}
    await _moved(world, await _order(world, ask, "part"), delivered, {"cancelled": 10})
    await _moved(world, await _order(world, ask, "all"), {"cancelled": 10}, {"cancelled": 10})
    shown = {it["externalReference"]: it for it in (await _list(ask))["nodes"]}
    assert [shown[it]["fulfilmentStatus"] for it in ("part", "all")] == ["DELIVERED", "UNFULFILLED"]
    assert [shown[it]["isOpen"] for it in ("part", "all")] == [False, False]


async def test_a_return_of_a_part_that_came_early_leaves_the_order_on_its_way(world, ask):
    early = HALF | {"delivered": 5, "return_received": 5}
    await _moved(world, await _order(world, ask, "this"), early)
    assert await _found(ask, fulfilmentStatuses=["PARTIALLY_DELIVERED"]) == ["this"]


async def test_open_backordered_and_states_are_told_apart(world, ask):
    approving = to_global("Channel", await channels.channel(world, approval_required=True))
    await _order(world, ask, "waiting", channelId=approving)
    await _moved(world, await _order(world, ask, "sent"), SHIPPED, SHIPPED)
    await _moved(world, await _order(world, ask, "short"), SHIPPED, {"backordered": 3})
    assert await _found(ask, open=True) == ["waiting", "short"]
    assert await _found(ask, open=False) == ["sent"]
    assert await _found(ask, backordered=True) == ["short"]
    assert await _found(ask, backordered=False) == ["waiting", "sent"]
    assert await _found(ask, states=["PENDING_APPROVAL"]) == ["waiting"]
    assert await _found(ask, states=[]) == []
    shown = (await _list(ask))["nodes"]
    assert [it["isBackordered"] for it in shown] == [False, False, True]
    assert [it["isOpen"] for it in shown] == [True, False, True]


async def test_orders_are_found_by_whom_where_and_when(world, ask, clock):
    channel, party = await channels.channel(world), await parties.company(world)
    values = {"channelId": to_global("Channel", channel), "partyId": to_global("Party", party)}
    await _order(world, ask, "one", **values, purchaseOrderNumber="PO-1")
    clock.advance(days=1)
    await _order(world, ask, "two", kind="SAMPLE")
    assert await _found(ask, channelId=values["channelId"]) == ["one"]
    assert await _found(ask, partyId=values["partyId"]) == ["one"]
    assert await _found(ask, contractId=to_global("Contract", channel)) == []
    assert await _found(ask, kind="SAMPLE") == ["two"]
    assert await _found(ask, purchaseOrderNumber="PO-1") == ["one"]
    assert await _found(ask, externalReference="two") == ["two"]
    assert await _found(ask, numberPrefix="O-00000") == ["one", "two"]
    assert await _found(ask, numberPrefix="%") == []
    assert await _found(ask, placedFrom="2026-03-03T09:00:00Z") == ["two"]
    assert await _found(ask, placedTo="2026-03-03T09:00:00Z") == ["one"]
    newest_first = [it["externalReference"] for it in (await _list(ask, sort=None))["nodes"]]
    assert newest_first == ["two", "one"]


async def test_orders_are_found_by_the_window_of_the_order_or_a_line(world, ask):
    def window(day):
        return {
            "earliest": f"2026-03-{day}T08:00:00Z",
            "latest": f"2026-03-{day}T12:00:00Z",
            "timeZone": "UTC",
        }

    bolt, nut = await orders.products(ask, "BOLT", "NUT")
    await _order(world, ask, "order", window=window("10"))
    lines = [orders.line(bolt), orders.line(nut, window=window("20"))]
    await _order(world, ask, "line", lines=lines)
    await _order(world, ask, "none")
    assert await _found(ask, windowFrom="2026-03-10T12:00:00Z") == ["order", "line"]
    assert await _found(ask, windowFrom="2026-03-10T12:00:01Z") == ["line"]
    assert await _found(ask, windowTo="2026-03-20T08:00:00Z") == ["order"]


async def _dispatched(world, order, when):
    """Write a delivery of an order's first line that was dispatched then."""
    location = await locations.location(world)
    async with world.database.writing(world.merchant_id) as session:
        order_id = from_global(order["id"])[1]
        row = await session.get_one(Order, (world.merchant_id, order_id))
        delivery = Delivery(
            merchant_id=world.merchant_id,
            number=f"D-{order['number']}",
            party_id=row.party_id,
            channel_id=row.channel_id,
            location_id=location,
            window_earliest=when - timedelta(hours=1),
            window_latest=when,
            window_zone="UTC",
            method="PARCEL",
            state=DeliveryState.DISPATCHED,
            planned_at=when,
            dispatched_at=when,
        )
        session.add(delivery)
        await session.flush()
        session.add(
            DeliveryLine(
                merchant_id=world.merchant_id,
                delivery_id=delivery.id,
                order_id=order_id,
                order_line_id=from_global(order["lines"][0]["id"])[1],
                **{name: Decimal(value) for name, value in SHIPPED.items()},
            )
        )
        await keep(session, world.merchant_id)


async def test_late_is_what_was_not_shipped_by_its_latest_instant(world, ask, clock):
    due = {
        "earliest": "2026-03-03T08:00:00Z",
        "latest": "2026-03-03T12:00:00Z",
        "timeZone": "UTC",
    }
    instant = datetime(2026, 3, 3, 12, tzinfo=UTC)
    bolt, nut = await orders.products(ask, "BOLT", "NUT")
    await _order(world, ask, "open", window=due)
    await _order(world, ask, "no window")
    lines = [orders.line(bolt, window=due | {"latest": "2026-04-01T00:00:00Z"})]
    await _order(world, ask, "line has longer", window=due, lines=lines)
    await _order(world, ask, "line is due", lines=[orders.line(nut, window=due)])
    for reference, when in (("just", instant), ("after", instant + timedelta(seconds=1))):
        sent = await _order(world, ask, reference, window=due)
        await _moved(world, sent, SHIPPED, SHIPPED)
        await _dispatched(world, sent, when)
    assert await _found(ask, late=True) == ["after"]
    clock.advance(days=2)
    assert await _found(ask, late=True) == ["open", "line is due", "after"]
    assert await _found(ask, late=False) == ["no window", "line has longer", "just"]
    assert await _found(ask, late=True, open=False) == ["after"]
    shown = (await _list(ask))["nodes"]
    assert [it["externalReference"] for it in shown if it["isLate"]] == [
        "open",
        "line is due",
        "after",
    ]


async def test_sums_follow_the_filter_and_are_rounded_once_per_currency(world, ask):
    bolt, nut = await orders.products(ask, "BOLT", "NUT")
    cheap = [
        orders.line(bolt, "1", unitPrice="0.005"),
        orders.line(nut, "3", unitPrice="0.335", discountPercent="33.333333"),
    ]
    for reference in ("a", "b", "c"):
        await _order(world, ask, reference, lines=cheap)
    await _order(world, ask, "yen", currency="JPY", lines=[orders.line(bolt, "2")])
    whole = (await _list(ask))["summary"]
    # 3 x (0.005 + 3 x 0.335 x 0.66666667) = 2.02500001005, where rounded orders would give 2.04.
    assert whole == {
        "orderCount": 4,
        "lineCount": 7,
        "orderedQuantity": "14",
        "netTotals": [
            {"amount": "2.03", "currency": "EUR"},
            {"amount": "5", "currency": "JPY"},
        ],
    }
    part = (await _list(ask, externalReference="yen"))["summary"]
    assert (part["orderCount"], part["orderedQuantity"]) == (1, "2")
    nothing = (await _list(ask, externalReference="none"))["summary"]
    assert nothing == {"orderCount": 0, "lineCount": 0, "orderedQuantity": "0", "netTotals": []}


async def test_sums_leave_out_the_price_of_what_was_cancelled(world, ask):
    order = await _order(world, ask, "this")
    await _moved(world, order, {"cancelled": 4})
    summary = (await _list(ask))["summary"]
    assert summary["orderedQuantity"] == "20"
    assert summary["netTotals"] == [{"amount": "40", "currency": "EUR"}]


async def test_a_party_has_its_own_list_and_sums(world, ask):
    party = to_global("Party", await parties.company(world))
    for reference in ("a", "b"):
        await _order(world, ask, reference, partyId=party)
    await _order(world, ask, "c")
    shown = await ask(
        """query ($id: ID) {
          party(id: $id) {
            orders(first: 1, sort: NUMBER, filter: {open: true}) {
              nodes { externalReference } totalCount summary { orderCount lineCount }
            }
          }
        }""",
        id=party,
    )
    assert shown["party"]["orders"] == {
        "nodes": [{"externalReference": "a"}],
        "totalCount": 2,
        "summary": {"orderCount": 2, "lineCount": 4},
    }


async def test_an_amount_is_compared_as_the_order_tells_it_by_who_knows_it(world, ask):
    (gift,) = await orders.products(ask, "GIFT", listPrice=None)
    open_to_all = await channels.channel(world, takes_unpriced=True)
    unpriced = [{"productId": gift, "quantity": "1"}]
    # Staff state no price here either: nobody knows what the third one comes to.
    await _order(world, ask, "free", channelId=to_global("Channel", open_to_all), lines=unpriced)
    await _order(world, ask, "small")
    (bolt,) = await orders.products(ask, "BOLT")
    charged = {"charges": [{"kind": "SHIPPING", "amount": "7.5"}]}
    await _order(
        world, ask, "large", lines=[orders.line(bolt, "20", discountPercent="10")], **charged
    )
    assert await _found(ask, netFrom="50", currency="EUR") == ["small", "large"]
    assert await _found(ask, netFrom="50.01", netTo="52.51") == ["large"]
    assert await _found(ask, netTo="52.5") == ["small"]
    assert await _found(ask, netFrom="0", currency="USD") == []
    assert await _found(ask, netTo="0.01") == []
    least_first = ["free", "small", "large"]
    assert await _found(ask, sort="NET") == least_first
    assert await _found(ask, sort="NET_DESC") == least_first[::-1]


async def test_sorting_by_amount_tells_nothing_to_who_knows_no_prices(world, ask):
    """Three orders of which the middle one costs most, and neither order of sorting tells that."""
    place = await locations.location(world)
    (bolt,) = await orders.products(ask, "BOLT")
    for quantity in ("2", "9", "5"):
        own = {"lines": [orders.line(bolt, quantity)]}
        made = await _order(world, ask, f"of {quantity}", **own)
        lines = deliveries.lines(made, "1")
        await deliveries.planned(
            world, ask, made, lines=lines, locationId=to_global("Location", place)
        )
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, place))
    by_id = ["of 2", "of 9", "of 5"]
    text = "query ($sort: OrderSort, $filter: OrderFilter) { orders(first: 9, sort: $sort,"
    text += " filter: $filter) { nodes { externalReference net { amount } } } }"

    async def shown(viewer, sort, **wanted):
        nodes = (await viewer(text, sort=sort, filter=wanted))["orders"]["nodes"]
        return [it["externalReference"] for it in nodes], {it["net"] and 1 for it in nodes}

    assert await shown(ask, "NET") == (["of 2", "of 5", "of 9"], {1})
    assert await shown(warehouse, "NET") == (by_id, {None})
    assert await shown(warehouse, "NET_DESC") == (by_id[::-1], {None})
    assert await shown(warehouse, "NET", netFrom="0") == ([], set())
    assert await shown(warehouse, "NET", netTo="100") == ([], set())
