"""No two customers' parcels are on their way under one number of one carrier, however they left."""

from typing import Any

import pytest

from kit.ids import from_global, to_global
from models.fulfilment.parcels import Parcel, ParcelStatus
from tests.api.fulfilment.test_many_deliveries import results
from tests.api.fulfilment.tracking.test_tracking_identity import SHARED_WITH, numbered
from tests.api.gates.test_recorded_plans import refusals
from tests.guard import counted
from tests.make import Ask, Clock, World, reasons
from tests.make.feed import Feed, row
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.tracking import sent
from tests.make.master import parties
from tests.make.trade import orders

AT_PARCEL = ("TAKEN", "parcels.0.trackingNumbers.0")
TAKEN = [("TAKEN", "deliveryId")]


def _at(hour: int) -> str:
    return f"2026-03-02T{hour:02}:00:00Z"


async def _carrier(world: World) -> dict[str, Any]:
    return {"carrierId": to_global("Party", await parties.carrier(world))}


async def _packed(
    world: World, ask: Ask, number: str, carrier: dict[str, Any], **order: Any
) -> dict[str, Any]:
    """Return a packed delivery of ten bolts with a number."""
    parcel = {"trackingNumbers": [number]} | carrier
    return await deliveries.packed(world, ask, await orders.ten(world, ask, **order), parcel)


async def _packing(
    world: World, ask: Ask, number: str, carrier: dict[str, Any], **order: Any
) -> dict[str, Any]:
    """Return what packs a released delivery of ten bolts with a number."""
    delivery = await deliveries.released(world, ask, await orders.ten(world, ask, **order))
    parcel = {"contents": deliveries.contents(delivery), "trackingNumbers": [number]} | carrier
    return {"deliveryId": delivery["id"], "parcels": [parcel]}


async def _leave(ask: Ask, *items: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """Dispatch deliveries one by one; returns what is refused of each."""
    return [await deliveries.refusals(ask, "deliveryDispatch", **it) for it in items]


async def _leave_together(ask: Ask, *items: dict[str, Any]) -> list[list[tuple[str, str]]]:
    found = await results(ask, "deliveriesDispatch", *items)
    return [reasons(it["userErrors"], 3) for it in found]


@pytest.mark.gate("P2", "deliveryDispatch", "deliveriesDispatch")
@pytest.mark.parametrize("leave", [_leave, _leave_together])
async def test_what_leaves_has_no_number_of_anothers_parcel_on_its_way(
    world: World, ask: Ask, leave: Any
) -> None:
    """Who leaves first has it, whenever that is told, until it has arrived."""
    carrier, customer = await _carrier(world), {"partyId": await _company(world)}
    first = await _packed(world, ask, "T 1", carrier, **customer)
    other = await _packed(world, ask, "t1", carrier)
    more = await _packed(world, ask, "T1", carrier, **customer)
    partner = await _packed(world, ask, "T1", await _carrier(world))
    world.clock.advance(hours=3)
    late, early = {"dispatchedAt": _at(10)}, {"dispatchedAt": _at(9)}
    items = [{"deliveryId": it["id"]} for it in (other, first, more, partner)]
    asked_for = [items[1] | early, items[0] | late, items[2], items[3]]
    assert await leave(ask, *asked_for) == [[], TAKEN, [], []]
    assert await leave(ask, items[0] | {"dispatchedAt": _at(8)}) == [TAKEN]
    feed = Feed(ask, world)
    for each in (first, more):
        parcel = (await deliveries.read(ask, each))["parcels"][0]["id"]
        await feed.results(feed.event("DELIVERED", parcelId=parcel))
    world.clock.advance(hours=1)
    assert await leave(ask, items[0]) == [[]]


@pytest.mark.gate("P2", "parcelRecordTracking")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_what_is_told_of_a_number_is_of_what_has_left_whoever_packs_it_in_the_house(
    world: World, ask: Ask, order: tuple[int, int]
) -> None:
    """Before or after it: what stands in the house does not arrive."""
    carrier, customers = await _carrier(world), [{"partyId": await _company(world)}, {}]
    packed = {}
    for place in order:
        world.clock.advance(minutes=10)
        packed[place] = await _packed(world, ask, "T 1", carrier, **customers[place])
    leaving, staying = packed[0], packed[1]
    assert await _leave(ask, {"deliveryId": leaving["id"]}) == [[]]
    world.clock.advance(hours=3)
    found = await ask('{ parcel(trackingNumber: "T1") { id } }')
    assert found["parcel"]["id"] == leaving["parcels"][0]["id"]
    feed = Feed(ask, world)
    event = feed.event("DELIVERED", trackingNumber="T1")
    assert [it["userErrors"] for it in await feed.results(event)] == [[]]
    states = [(await deliveries.read(ask, it))["state"] for it in (leaving, staying)]
    assert states == ["DELIVERED", "PACKED"]


@pytest.mark.gate("P2", "deliveryDispatch", "deliveriesDispatch")
async def test_a_dispatch_is_offered_only_where_its_numbers_are_its_own(
    world: World, ask: Ask
) -> None:
    """As long as another customer's parcel is on its way with them, and its carrier may have it."""
    carrier, customer = await _carrier(world), {"partyId": await _company(world)}
    first = await _packed(world, ask, "T 1", carrier, **customer)
    rivals = [
        await _packed(world, ask, "t1", carrier),
        await _packed(world, ask, "T1", {}),
        await _packed(world, ask, "T1", carrier, **customer),
        await _packed(world, ask, "T1", await _carrier(world)),
        await _packed(world, ask, "T2", carrier),
    ]

    async def offered() -> list[bool]:
        found = [await deliveries.read(ask, it) for it in rivals]
        return ["DISPATCH" in it["availableActions"] for it in found]

    everyone = [True] * len(rivals)
    assert await offered() == everyone
    sent = (await deliveries.done(ask, "deliveryDispatch", deliveryId=first["id"]))["delivery"]
    assert await offered() == [False, False, True, True, True]
    assert await _leave(ask, *({"deliveryId": it["id"]} for it in rivals[:2])) == [TAKEN, TAKEN]
    feed = Feed(ask, world)
    await feed.results(feed.event("DELIVERED", parcelId=sent["parcels"][0]["id"]))
    world.clock.advance(hours=1)
    assert await offered() == everyone


@pytest.mark.gate("P2", "deliveriesDispatch")
async def test_of_those_that_leave_together_who_leaves_first_has_the_number(
    world: World, ask: Ask
) -> None:
    """What is refused for another reason keeps none from it."""
    carrier = await _carrier(world)
    packed = [await _packed(world, ask, "T1", carrier) for _ in range(3)]
    world.clock.advance(hours=3)
    times = [_at(10), "2026-04-30T09:00:00Z", _at(9)]
    items = [
        {"deliveryId": it["id"], "dispatchedAt": at} for it, at in zip(packed, times, strict=True)
    ]
    taken, future, first = await _leave_together(ask, *items)
    assert (taken, first) == (TAKEN, [])
    assert ("INVALID_DATE", "dispatchedAt") in future


@pytest.mark.gate("P2", "deliveriesPack")
async def test_one_call_packs_no_number_for_two_customers(world: World, ask: Ask) -> None:
    """Both would have got it at once."""
    carrier, customer = await _carrier(world), {"partyId": await _company(world)}
    items = [
        await _packing(world, ask, "T 1", carrier, **customer),
        await _packing(world, ask, "t1", carrier),
        await _packing(world, ask, "T1", carrier, **customer),
        await _packing(world, ask, "T1", await _carrier(world)),
    ]
    found = await results(ask, "deliveriesPack", *items)
    assert [reasons(it["userErrors"], 3) for it in found] == [[], [AT_PARCEL], [], []]


@pytest.mark.gate("P2", "deliveriesRecord")
@pytest.mark.parametrize("together", [True, False])
async def test_what_left_by_another_system_met_no_number_of_anothers(
    world: World, ask: Ask, clock: Clock, *, together: bool
) -> None:
    """However long before both were packed, and whichever of them is told first."""
    placed = [await orders.ten(world, ask) for _ in range(8)]
    clock.advance(hours=10)
    carrier = await _carrier(world)

    async def pair(number: str, *times: dict[str, str]) -> list[list[tuple[str, str]]]:
        items = []
        for of in times:
            order = placed.pop()
            parcel = {"trackingNumbers": [number], "contents": deliveries.lines(order)} | carrier
            known = {"packedAt": _at(8), "plannedAt": _at(8), "parcels": [parcel]}
            items.append(await deliveries.part(world, order, **known, **of))
        if together:
            return await refusals(ask, *items)
        return [(await refusals(ask, it))[0] for it in items]

    way = {"dispatchedAt": _at(9), "deliveredAt": _at(11)}
    meeting = {"dispatchedAt": _at(10), "deliveredAt": _at(12)}
    assert await pair("A", way, meeting) == [[], [AT_PARCEL]]
    assert await pair("B", meeting, way) == [[], [AT_PARCEL]]
    assert await pair("C", {"dispatchedAt": _at(11)}, way) == [[], []]
    # Who stands in the house has its number beside what is told with it.
    assert await pair("D", {}, {}) == [[], [AT_PARCEL] if together else []]


async def _guest(world: World, ask: Ask, number: str, carrier: dict[str, Any]) -> dict[str, Any]:
    order = await orders.ten(world, ask, guest={"name": "Jan Kowalski"})
    parcel, collected = {"trackingNumbers": [number]} | carrier, {"method": "SHOP_PICKUP"}
    return await deliveries.packed(world, ask, order, parcel, **collected)


@pytest.mark.gate("P2", "deliveryDispatch", "deliveriesDispatch", "deliveryPack", "deliveriesPack")
@pytest.mark.gate("P6", "parcelRecordTracking")
async def test_guests_without_an_address_are_not_one_customer(world: World, ask: Ask) -> None:
    """Of two that are on their way by two carriers nobody reads, or is told, of the other."""
    carrier = await _carrier(world)
    first, second = [await _guest(world, ask, "T1", carrier) for _ in range(2)]
    (third,) = [await _guest(world, ask, "T1", await _carrier(world))]
    items = [{"deliveryId": it["id"]} for it in (first, second, third)]
    assert await _leave(ask, *items) == [[], TAKEN, []]
    order = await orders.ten(world, ask, guest={"name": "Jan"})
    released = await deliveries.released(world, ask, order, method="SHOP_PICKUP")
    parcel = {"contents": deliveries.contents(released), "trackingNumbers": ["t 1"]} | carrier
    packing = {"deliveryId": released["id"], "parcels": [parcel]}
    assert await deliveries.refusals(ask, "deliveryPack", **packing) == [AT_PARCEL]
    feed = Feed(ask, world)
    (answer,) = await feed.results(feed.event("DELIVERED", 1, trackingNumber="T1"))
    assert reasons(answer["userErrors"], 3) == [("INVALID", "trackingNumber")]


async def test_parcels_of_one_guest_share_a_number(world: World, ask: Ask) -> None:
    carrier = await _carrier(world)
    order = await orders.ten(world, ask, guest={"name": "Jan Kowalski"})
    parcel, found = {"trackingNumbers": ["T1"]} | carrier, []
    for quantity in ("4", "6"):
        lines = {"lines": deliveries.lines(order, quantity), "method": "SHOP_PICKUP"}
        packed = await deliveries.packed(world, ask, order, parcel, **lines)
        await deliveries.done(ask, "deliveryDispatch", deliveryId=packed["id"])
        found.append((await deliveries.read(ask, packed))["parcels"][0]["id"])
    node = (await ask(SHARED_WITH, id=found[0]))["node"]
    assert [it["id"] for it in node["sharesNumberWith"]] == found[1:]


async def test_parcels_of_two_customers_share_no_number_though_they_got_it_at_once(
    world: World, ask: Ask
) -> None:
    first = await sent(world)
    other = await sent(world, carrier_id=first.carrier_id)
    for each in (first, other):
        await numbered(world, each, "ONCE")
    for each in (first, other):
        node = await ask(SHARED_WITH, id=to_global("Parcel", each.parcel_ids[0]))
        assert node["node"]["sharesNumberWith"] == []


async def test_what_its_carrier_has_leaves_whatever_number_it_has(world: World, ask: Ask) -> None:
    """It is on its way: nothing else can be done with it."""
    carrier = await _carrier(world)
    first, other = [await _packed(world, ask, "T1", carrier) for _ in range(2)]
    await deliveries.done(ask, "deliveryDispatch", deliveryId=first["id"])
    parcel = (await deliveries.read(ask, other))["parcels"][0]["id"]
    feed = Feed(ask, world)
    await feed.results(feed.event("IN_TRANSIT", parcelId=parcel))
    assert await _leave(ask, {"deliveryId": other["id"]}) == [[]]
    status = (await row(world, Parcel, from_global(parcel)[1])).status
    assert status is ParcelStatus.IN_TRANSIT


async def test_statements_do_not_grow_with_the_numbers_that_leave(
    world: World, ask: Ask, database: Any
) -> None:
    carrier, counts = await _carrier(world), []
    for count in (2, 6):
        packed = [await _packed(world, ask, f"N {count}", carrier) for _ in range(count)]
        items = [{"deliveryId": it["id"]} for it in packed]
        with counted(database.engine) as statements:
            found = await _leave_together(ask, *items)
        assert found == [[], *[TAKEN] * (count - 1)]
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def _company(world: World) -> str:
    return to_global("Party", await parties.company(world))
