"""What arrived is delivered, whatever took its place meanwhile (D23)."""

import pytest

from kit.ids import to_global
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.contracts.tables import ContractLine
from models.trade.orders.lines import OrderLine
from tests.api.fulfilment.losses.test_reship import go, of, order_line, reship, reshipped
from tests.make.feed import Feed, row, rows
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.tracking import EACH, sent
from tests.make.scene import PLACE
from tests.make.trade import contracts

COUNTED = """
query ($id: ID!) { contract(id: $id) { lines {
  calledOff cumulativeIssued delivered inTransit
  accounts { periods { cumulativeIssued delivered inTransit } }
} } }
"""


@pytest.fixture
def feed(ask, world):
    return Feed(ask, world)


@pytest.mark.gate("D23", "parcelRecordTracking")
async def test_what_is_found_counts_beside_what_is_on_the_road(feed, world, ask):
    shipment = await sent(world, parcels=2, is_call_off=True)
    lost, other = shipment.ssccs
    await feed.results(feed.event("LOST", sscc=lost))
    new = (await reshipped(ask, of(shipment), shipTo=PLACE))["reshipment"]
    await go(ask, new)
    its = (await deliveries.read(ask, new))["parcels"][0]["sscc"]
    await feed.results(feed.event("DELIVERED", 1, sscc=its))
    await feed.results(feed.event("DELIVERED", 1, sscc=lost, isCorrection=True))
    order, line = await order_line(ask, shipment)
    assert (line["shipped"], line["delivered"]) == (10, 10)
    assert order == {"state": "CONFIRMED", "isOpen": False, "fulfilmentStatus": "DELIVERED"}
    await feed.results(feed.event("LOST", 2, sscc=other))
    order, line = await order_line(ask, shipment)
    assert (line["shipped"], line["delivered"], line["lost"]) == (10, 10, 5)
    assert (order["isOpen"], order["fulfilmentStatus"]) == (False, "DELIVERED")


async def _counted(ask, contract, *, is_released: bool) -> tuple[int, ...]:
    """Return what is called off, issued, delivered and on the way, by the line and its account."""
    (line,) = (await ask(COUNTED, id=contract["id"]))["contract"]["lines"]
    periods = [period for account in line["accounts"] for period in account["periods"]]
    assert len(periods) == is_released
    for each in periods:
        assert each == {name: line[name] for name in each}
    names = ("calledOff", "cumulativeIssued", "delivered", "inTransit")
    return tuple(int(line[it]) for it in names)


@pytest.mark.gate("K14", "parcelRecordTracking", "deliveryDispatch")
@pytest.mark.parametrize("is_released", [False, True])
async def test_a_line_and_its_account_count_what_was_found_beside_its_replacement(
    feed, world, ask, is_released
):
    contract = await contracts.contract(world, ask)
    line_id = contract["lines"][0]["id"]
    if is_released:
        await contracts.release(ask, line_id, 1, contracts.schedule("2026-03-10", "50"))
    call_off = await contracts.call_off(world, ask, contract, "20")
    old = await deliveries.dispatched(world, ask, call_off, parcel={"generateSscc": True})
    lost = old["parcels"][0]["sscc"]

    async def counted() -> tuple[int, ...]:
        return await _counted(ask, contract, is_released=is_released)

    assert await counted() == (20, 20, 0, 20)
    await feed.results(feed.event("LOST", sscc=lost))
    new = (await reshipped(ask, old["id"]))["reshipment"]
    await go(ask, new)
    assert await counted() == (20, 20, 0, 20)
    await feed.results(feed.event("DELIVERED", 1, sscc=lost, isCorrection=True))
    assert await counted() == (20, 40, 20, 20)
    its = (await deliveries.read(ask, new))["parcels"][0]["sscc"]
    await feed.results(feed.event("DELIVERED", 1, sscc=its))
    assert await counted() == (20, 40, 40, 0)
    await feed.results(feed.event("LOST", 2, sscc=lost, isCorrection=True))
    assert await counted() == (20, 20, 20, 0)


@pytest.mark.gate("D23", "deliveryConfirmReceipt", "deliveryReship", "deliveryDispatch")
@pytest.mark.parametrize("leaves", [False, True])
async def test_a_receipt_that_is_corrected_says_what_the_customer_has(world, ask, leaves):
    shipment = await sent(world, parcels=2, is_call_off=True)
    (part,) = await rows(world, DeliveryLine)
    line = {"deliveryLineId": to_global("DeliveryLine", part.id)}

    async def received(quantity: str, difference: str | None) -> int:
        of_line = line | {"received": quantity, "difference": difference}
        fields = {"deliveryId": of(shipment), "lines": [of_line]}
        await deliveries.done(ask, "deliveryConfirmReceipt", **fields)
        agreed = await row(world, ContractLine, shipment.contract_line_id)
        its = await row(world, OrderLine, shipment.order_line_id)
        assert agreed.delivered == its.delivered
        return int(its.delivered)

    assert await received("7", "REFUSED") == 7
    new = (await reshipped(ask, of(shipment), shipTo=PLACE))["reshipment"]
    if leaves:
        await go(ask, new)
    assert await received("10", None) == 10
    assert await received("4", "SHORT") == 4
    assert await received("3", "REFUSED") == 3
    assert await received("7", "REFUSED") == 7


@pytest.mark.gate("D23", "deliveryConfirmReceipt")
async def test_what_was_refused_whole_and_sent_again_may_have_come_after_all(world, ask):
    shipment = await sent(world)
    (part,) = await rows(world, DeliveryLine)
    line = {"deliveryLineId": to_global("DeliveryLine", part.id)}
    fields = {"deliveryId": of(shipment)}
    refused = [line | {"received": "0", "difference": "REFUSED"}]
    await deliveries.done(ask, "deliveryConfirmReceipt", **fields, lines=refused)
    new = (await reshipped(ask, of(shipment), shipTo=PLACE))["reshipment"]
    await go(ask, new)
    came = [line | {"received": "5"}]
    await deliveries.done(ask, "deliveryConfirmReceipt", **fields, lines=came)
    assert (await row(world, Delivery, shipment.delivery_id)).state == "RESHIPPED"
    of_line = await row(world, OrderLine, shipment.order_line_id)
    assert (of_line.shipped, of_line.delivered) == (EACH, EACH)


async def test_no_line_is_not_every_line(feed, world, ask):
    shipment = await sent(world)
    await feed.results(feed.event("LOST", sscc=shipment.ssccs[0]))
    refused = (await reship(ask, of(shipment), lines=[]))["userErrors"]
    assert refused == [{"code": "TOO_FEW_ITEMS", "field": ["input", "lines"]}]
