"""What verbs for many, for history and for reshipments are asked as the verb for one is."""

from typing import Any

import pytest

from kit.ids import to_global
from kit.standards import gs1
from tests.api.fulfilment.test_many_deliveries import results
from tests.api.gates.test_recorded_plans import refusals
from tests.make import Ask, Clock, World, reasons
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.trade import contracts, orders, responses

RELEASED = {"releasedAt": "2026-03-02T08:30:00Z"}
HOLD = "mutation ($input: OrderHoldInput!) { orderHold(input: $input) { userErrors { code } } }"


async def _part(world: World, order: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a delivery of another system that was released and is still to go."""
    part = await deliveries.part(world, order, **RELEASED, **fields)
    return {name: value for name, value in part.items() if value is not None}


@pytest.mark.gate("D7", "deliveriesRecord")
async def test_nothing_was_released_for_a_company_without_a_named_recipient(
    world: World, ask: Ask
) -> None:
    order = await orders.order(world, ask)
    part = await _part(world, order, recipient=None)
    assert await refusals(ask, part) == [[("RECIPIENT_MISSING", "recipient")]]


@pytest.mark.gate("D17", "deliveriesRecord")
async def test_nothing_was_released_without_the_address_that_its_method_needs(
    world: World, ask: Ask
) -> None:
    person = to_global("Party", await parties.person(world))
    part = await _part(world, await orders.order(world, ask, partyId=person))
    assert await refusals(ask, part) == [[("ADDRESS_MISSING", "shipTo")]]


@pytest.mark.gate("D9", "deliveriesRecord")
async def test_nothing_held_was_released(world: World, ask: Ask) -> None:
    order = await orders.order(world, ask)
    await ask(HOLD, input={"orderId": order["id"], "reason": "PAYMENT", "owner": "Finance"})
    assert await refusals(ask, await _part(world, order)) == [[("ON_HOLD", "")]]


@pytest.mark.gate("D19", "deliveriesRecord")
async def test_one_serial_number_lay_in_one_parcel(world: World, ask: Ask) -> None:
    order = await orders.order(world, ask)
    bolt, nut = ({"orderLineId": it["id"]} for it in order["lines"])
    one = bolt | {"quantity": "1", "serialNumbers": ["S-1"]}
    contents = [[one], [one], [bolt | {"quantity": "8"}, nut | {"quantity": "4"}]]
    packed = {"packedAt": RELEASED["releasedAt"], "parcels": [{"contents": it} for it in contents]}
    twice = ("DUPLICATE", "parcels.1.contents.0.serialNumbers.0")
    assert await refusals(ask, await _part(world, order, **packed)) == [[twice]]


def _at(hour: int) -> str:
    return f"2026-03-02T{hour:02}:00:00Z"


@pytest.mark.gate("D19", "deliveriesRecord")
@pytest.mark.parametrize(
    ("first", "later", "is_refused"),
    [
        ((10, None), (11, None), True),
        ((11, None), (10, None), True),
        ((10, 14), (11, 12), True),
        ((10, 12), (12, 14), False),
        ((12, None), (10, 12), False),
    ],
)
async def test_one_serial_number_lay_in_one_delivery_at_a_time(
    world: World,
    ask: Ask,
    clock: Clock,
    first: tuple[int, int | None],
    later: tuple[int, int | None],
    *,
    is_refused: bool,
) -> None:
    order = await orders.order(world, ask)
    clock.advance(hours=8)
    line = deliveries.lines(order, "1")
    parcel = {"contents": [line[0] | {"serialNumbers": ["S-1"]}]}
    items = [
        await _part(
            world,
            order,
            lines=line,
            packedAt=_at(packed),
            parcels=[parcel],
            **({} if left is None else {"dispatchedAt": _at(left)}),
        )
        for packed, left in (first, later)
    ]
    twice = ("DUPLICATE", "parcels.0.contents.0.serialNumbers.0")
    assert await refusals(ask, *items) == [[], [twice] if is_refused else []]


async def test_what_was_cancelled_leaves_its_sscc_to_what_is_packed_in_the_same_call(
    world: World, ask: Ask, clock: Clock
) -> None:
    order = await orders.order(world, ask)
    clock.advance(hours=8)
    line = deliveries.lines(order, "1")
    for sent in (0, 1, 2):
        parcels = [{"sscc": gs1.sscc("3401234", sent), "contents": line}]
        ends = [{"cancelledAt": _at(12)}, {"cancelledAt": _at(13)}, {"dispatchedAt": _at(14)}]
        items = [
            await _part(world, order, lines=line, packedAt=_at(11), parcels=parcels, **end)
            for end in ends
        ]
        items = items[sent:] + items[:sent]
        assert await refusals(ask, *items) == [[], [], []]
    # Who has it keeps it.
    assert await refusals(ask, items[0], items[0]) == [[("TAKEN", "parcels.0.sscc")]] * 2


@pytest.mark.gate("D19", "deliveriesPack")
async def test_one_serial_number_lies_in_one_delivery_of_a_call(world: World, ask: Ask) -> None:
    order = await orders.order(world, ask)
    made = [
        await deliveries.released(world, ask, order, lines=deliveries.lines(order, "2"))
        for _ in range(4)
    ]
    items = []
    packed = (["A", "B", "C"], ["A", "B"], ["C", "A"], ["D", "D"])
    for delivery, serials in zip(made, packed, strict=True):
        (one,) = deliveries.contents(delivery, "1")
        parcels = [{"contents": [one | {"serialNumbers": [it]}]} for it in serials]
        items.append({"deliveryId": delivery["id"], "parcels": parcels})
    found = await results(ask, "deliveriesPack", *items)
    twice = ("DUPLICATE", "parcels.1.contents.0.serialNumbers.0")
    assert [reasons(it["userErrors"], 3) for it in found] == [
        [("PARCELS_DO_NOT_MATCH", "parcels")],
        [],
        [twice],
        [twice],
    ]


@pytest.mark.gate("K15", "deliveriesRecord")
async def test_what_is_recorded_and_still_to_go_keeps_the_notice(world: World, ask: Ask) -> None:
    made = await contracts.contract(world, ask, minNoticeDays=10)
    window = contracts.window("2026-03-12")
    placed = await contracts.call_off(world, ask, made, "5", window=window)
    part = await deliveries.part(world, placed, window=contracts.window("2026-03-05"))
    assert await refusals(ask, part) == [[("NOTICE_TOO_SHORT", "window.earliest")]]


@pytest.mark.gate("D8", "deliveryReship")
@pytest.mark.gate("D16", "deliveryReship")
async def test_a_reshipment_goes_by_a_method_and_at_a_time_that_can_be(
    world: World, ask: Ask
) -> None:
    sent = await deliveries.dispatched(world, ask)
    feed = Feed(ask, world)
    await feed.results(*(feed.event("LOST", sscc=it["sscc"]) for it in sent["parcels"]))
    call = {"deliveryId": sent["id"], "recipient": deliveries.RECIPIENT}
    call |= {"window": deliveries.WINDOW}
    for odd, refused in (
        ({"method": "LOCKER"}, ("METHOD_NOT_ALLOWED", "method")),
        ({"fulfilBy": "2026-03-02T08:00:00Z"}, ("INVALID_DATE", "fulfilBy")),
        ({"fulfilAt": deliveries.WINDOW["latest"]}, ("INVALID_DATE", "fulfilAt")),
    ):
        assert await deliveries.refusals(ask, "deliveryReship", **call, **odd) == [refused]


@pytest.mark.gate("P2", "deliveriesRecord")
@pytest.mark.parametrize(
    ("packed", "is_refused"), [(8, False), (9, True), (10, True), (11, False), (12, False)]
)
async def test_what_was_packed_had_no_number_of_anothers_parcel_on_its_way(
    world: World, ask: Ask, clock: Clock, packed: int, *, is_refused: bool
) -> None:
    """One that left at nine and arrived at eleven, be it there or of the same call."""
    placed = [await orders.ten(world, ask) for _ in range(5)]
    clock.advance(hours=10)
    carrier = to_global("Party", await parties.carrier(world))

    async def item(at: int, number: str, **more: str) -> dict[str, Any]:
        order = placed.pop()
        line = deliveries.lines(order)
        parcel = {"carrierId": carrier, "trackingNumbers": [number], "contents": line}
        times = {"packedAt": _at(at), "plannedAt": _at(8)}
        return await deliveries.part(world, order, **times, parcels=[parcel], **more)

    way = {"dispatchedAt": _at(9), "deliveredAt": _at(11)}
    taken = [("TAKEN", "parcels.0.trackingNumbers.0")] if is_refused else []
    both = [await item(8, "T 1", **way), await item(packed, "t1", dispatchedAt=_at(14))]
    assert await refusals(ask, *both) == [[], taken]
    both = [await item(packed, "t2", dispatchedAt=_at(14)), await item(8, "T2", **way)]
    assert await refusals(ask, *both) == [taken, []]
    assert await refusals(ask, await item(packed, "T2")) == [taken]


COLD = {"handling": {"keepFromC": "2", "keepToC": "8"}}


@pytest.mark.gate("D14", "deliveriesRecord")
async def test_what_is_still_to_go_starts_where_it_can_be_handled(world: World, ask: Ask) -> None:
    (milk,) = await orders.products(ask, "MILK", **COLD)
    order = await orders.order(world, ask, lines=[orders.line(milk)])
    part = await deliveries.part(world, order)
    unfit = [("LOCATION_NOT_ALLOWED", "locationId"), ("METHOD_NOT_ALLOWED", "method")]
    assert await refusals(ask, part, await _part(world, order)) == [unfit, unfit]


@pytest.mark.gate("D14", "deliveryReship")
@pytest.mark.gate("D13", "deliveryReship")
async def test_a_reshipment_is_asked_what_a_plan_is(world: World, ask: Ask) -> None:
    (milk,) = await orders.products(ask, "MILK")
    order = await orders.order(world, ask, lines=[orders.line(milk)])
    sent = await deliveries.dispatched(world, ask, order)
    feed = Feed(ask, world)
    await feed.results(*(feed.event("LOST", sscc=it["sscc"]) for it in sent["parcels"]))
    call = {"deliveryId": sent["id"], "window": deliveries.WINDOW}
    await orders.products(ask, "MILK", **COLD)
    assert await deliveries.refusals(ask, "deliveryReship", **call) == [
        ("LOCATION_NOT_ALLOWED", "deliveryId"),
        ("METHOD_NOT_ALLOWED", "deliveryId"),
    ]
    await orders.products(ask, "MILK", handling=None)
    await responses.amended(ask, order)
    refused = await deliveries.refusals(ask, "deliveryReship", **call)
    assert {code for code, _ in refused} == {"AMENDMENT_AWAITED"}
    await responses.answer(ask, order, accepts=False)
    await deliveries.done(ask, "deliveryReship", **call)
