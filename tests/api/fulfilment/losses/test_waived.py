"""What was lost and cancelled counts again when it arrives after all, as often as that changes."""

import pytest

from kit.ids import from_global
from models.trade.contracts.tables import ContractLine, Shortfall
from models.trade.orders.lines import OrderLine
from tests.make import do
from tests.make.feed import Feed, row, rows
from tests.make.fulfilment import deliveries
from tests.make.running import do_due
from tests.make.trade import contracts, orders, responses
from workers.fulfilment.deliveries import LAPSE_ORDERS

IMPORT = """mutation ($input: OrdersImportInput!) { ordersImport(input: $input) {
  results { order { id lines { id unplanned } } userErrors { code field } } } }"""
UPDATE = "mutation ($input: OrdersUpdateInput!) { ordersUpdate(input: $input) { __typename } }"
TAXES = "query ($id: ID!) { order(id: $id) { totals { taxes { amount } } } }"
NET = "query ($id: ID!) { order(id: $id) { state net { amount } } }"


async def _cancel(ask, order, quantity):
    lines = [{"lineId": order["lines"][0]["id"], "quantity": quantity}]
    await do(ask, "orderCancelLines", orderId=order["id"], lines=lines)


async def _counts(world, order):
    """Return what is cancelled, shipped and delivered of an order's first line."""
    line = await row(world, OrderLine, from_global(order["lines"][0]["id"])[1])
    return int(line.cancelled), int(line.shipped), int(line.delivered)


async def _imported(ask, item):
    """Import an order, or its end."""
    (result,) = (await ask(IMPORT, input={"orders": [item]}))["ordersImport"]["results"]
    assert result["userErrors"] == []
    return result["order"]


async def _of(ask, *quantities):
    skus = await orders.products(ask, *("BOLT", "NUT")[: len(quantities)])
    pairs = zip(skus, quantities, strict=True)
    return [orders.line(product, it, unitPrice="2") for product, it in pairs]


@pytest.mark.gate("D21", "deliveryConfirmReceipt")
@pytest.mark.parametrize("how", ["cancelled", "closed", "imported"])
async def test_the_same_receipts_give_the_same_sums(world, ask, clock, how):
    fields = await orders.order_input(world, ask, lines=await _of(ask, "10", "1"))
    item = fields | {"externalReference": "E-1", "placedAt": clock().isoformat()}
    order = await _imported(ask, item)
    sent = await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "10", "0"))
    await deliveries.received(ask, sent, "6")
    if how == "closed":
        await do(ask, "orderClose", orderId=order["id"])
    elif how == "imported":
        clock.advance(hours=1)
        await _imported(ask, item | {"closedAt": clock().isoformat()})
    else:
        await _cancel(ask, order, "4")
    seen = []
    for received in ("6", "10", "9", "6", "8", "10", "6"):
        await deliveries.received(ask, sent, received)
        net = (await ask(NET, id=order["id"]))["order"]["net"]["amount"]
        seen.append((*await _counts(world, order), float(net)))
    extra = 2 if how == "cancelled" else 0
    expected = [(10 - it, it, it, 2 * it + extra) for it in (6, 10, 9, 6, 8, 10, 6)]
    assert seen == expected


@pytest.mark.gate("D21", "deliveryConfirmReceipt")
@pytest.mark.gate("K2", "deliveryConfirmReceipt")
async def test_a_call_off_counts_again_on_its_contract(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    terms = contracts.line(bolt, targetQuantity="10", minQuantity="10")
    fields = {"lines": [terms], "endOfLife": "INVOICE_SHORTFALL"}
    made = await contracts.contract(world, ask, **fields)
    call_off = await contracts.call_off(world, ask, made, "10")
    sent = await deliveries.dispatched(world, ask, call_off)
    line_id = from_global(made["lines"][0]["id"])[1]
    await deliveries.received(ask, sent, "6")
    await _cancel(ask, call_off, "4")
    seen = []
    for received in ("6", "10"):
        await deliveries.received(ask, sent, received)
        agreed = await row(world, ContractLine, line_id)
        seen.append(tuple(map(int, (agreed.called_off, agreed.shipped, agreed.delivered))))
    assert seen == [(6, 6, 6), (10, 10, 10)]
    await do(ask, "contractTerminate", contractId=made["id"], keepCallOffs=True)
    await do(ask, "contractSettle", contractId=made["id"])
    short = []
    for received in ("10", "7", "10"):
        await deliveries.received(ask, sent, received)
        short.append([int(it.quantity) for it in await rows(world, Shortfall)])
    assert short == [[], [3], []]


@pytest.mark.gate("K2", "deliveryConfirmReceipt")
async def test_what_a_successor_has_is_not_missing(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    ended = {"endOfLife": "CARRY_OVER"}
    terms = contracts.line(bolt, targetQuantity="20", minQuantity="15")
    made = await contracts.contract(world, ask, lines=[terms], **ended)
    other = await contracts.contract(world, ask, partyId=made["party"]["id"])
    call_off = await contracts.call_off(world, ask, made, "10")
    sent = await deliveries.dispatched(world, ask, call_off)
    await deliveries.received(ask, sent, "6")
    await _cancel(ask, call_off, "4")
    await do(ask, "contractTerminate", contractId=made["id"], keepCallOffs=True)
    await do(ask, "contractSettle", contractId=made["id"], successorId=other["id"])
    seen = []
    for received in ("10", "6", "10"):
        await deliveries.received(ask, sent, received)
        agreed = await row(world, ContractLine, from_global(made["lines"][0]["id"])[1])
        seen.append((*map(int, (agreed.called_off, agreed.delivered)), await _missing(world)))
    assert seen == [(6, it, []) for it in (10, 6, 10)]
    into = await row(world, ContractLine, from_global(other["lines"][0]["id"])[1])
    assert (into.target_quantity, into.min_quantity) == (1014, 9)


@pytest.mark.gate("K2", "deliveryConfirmReceipt")
async def test_what_no_successor_took_is_called_off_again(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    terms = contracts.line(bolt, targetQuantity="10", minQuantity="10")
    made = await contracts.contract(world, ask, lines=[terms], endOfLife="CARRY_OVER")
    other = await contracts.contract(world, ask, partyId=made["party"]["id"])
    call_off = await contracts.call_off(world, ask, made, "10")
    sent = await deliveries.dispatched(world, ask, call_off)
    await do(ask, "contractTerminate", contractId=made["id"], keepCallOffs=True)
    await do(ask, "contractSettle", contractId=made["id"], successorId=other["id"])
    await do(ask, "contractSuspend", contractId=other["id"])
    await deliveries.received(ask, sent, "6")
    await _cancel(ask, call_off, "4")
    assert await _missing(world) == [4]
    await deliveries.received(ask, sent, "10")
    assert (await _missing(world), await _counts(world, call_off)) == ([], (0, 10, 10))


async def _missing(world):
    return [int(it.quantity) for it in await rows(world, Shortfall)]


@pytest.mark.parametrize("how", ["less", "another", "stated", "same"])
async def test_taxes_that_were_not_known_stay_so(world, ask, how):
    taxes = [{"category": "STANDARD", "rate": "19", "amount": "3.8"}]
    items = await _of(ask, "5", "5")
    order = await orders.order(world, ask, lines=items, taxes=taxes)
    second = order["lines"][1]["id"]
    if how == "less":
        changed = {"orderId": order["id"], "lines": [{"lineId": second, "quantity": "4"}]}
        await ask(UPDATE, input={"orders": [changed]})
    elif how == "another":
        (screw,) = await orders.products(ask, "SCREW")
        await responses.amended(ask, order, 1, productId=screw)
        await responses.answer(ask, order, accepts=True, place=1)
    sent = await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "5", "0"))
    await deliveries.received(ask, sent, "0")
    await _cancel(ask, order, "5")
    if how == "stated":
        half = [taxes[0] | {"amount": "1.9"}]
        await do(ask, "orderStateAmounts", orderId=order["id"], taxes=half)
    seen = []
    for received in ("5", "0"):
        await deliveries.received(ask, sent, received)
        seen.append((await ask(TAXES, id=order["id"]))["order"]["totals"]["taxes"])
    known = {"same": [{"amount": "3.8"}, None], "stated": [None, {"amount": "1.9"}]}
    assert seen == known.get(how, [None, None])


async def test_what_never_left_is_cancelled_first(world, ask):
    order = await orders.order(world, ask, lines=await _of(ask, "10"))
    sent = await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "4"))
    await deliveries.received(ask, sent, "0")
    await _cancel(ask, order, "8")
    seen = []
    # 2 are open of what was lost: those come first, then what was cancelled of it.
    for received in ("2", "4", "0"):
        await deliveries.received(ask, sent, received)
        seen.append(await _counts(world, order))
    assert seen == [(8, 2, 2), (6, 4, 4), (8, 0, 0)]


async def test_what_took_its_place_counts_once(world, ask):
    order = await orders.order(world, ask, lines=await _of(ask, "10"))
    sent = await deliveries.dispatched(world, ask, order)
    await deliveries.received(ask, sent, "2")
    await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "4"))
    await _cancel(ask, order, "4")
    seen = []
    for received in ("6", "10", "4", "2"):
        await deliveries.received(ask, sent, received)
        seen.append(await _counts(world, order))
    assert seen == [(0, 10, 6), (0, 10, 10), (2, 8, 4), (4, 6, 2)]


async def test_what_is_lost_elsewhere_is_what_was_given_up(world, ask):
    order = await orders.order(world, ask, lines=await _of(ask, "10"))
    first = await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "4"))
    second = await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "6"))
    await deliveries.received(ask, first, "0")
    await _cancel(ask, order, "4")
    await deliveries.received(ask, first, "4")
    await deliveries.received(ask, second, "5")
    line = await row(world, OrderLine, from_global(order["lines"][0]["id"])[1])
    assert (line.cancelled, line.unplanned) == (1, 0)


@pytest.mark.gate("D21", "parcelRecordTracking")
@pytest.mark.parametrize("status", ["LOST", "RETURNED_TO_SENDER"])
async def test_what_a_policy_cancelled_is_wanted_again(world, ask, clock, database, status):
    feed, lines = Feed(ask, world), await _of(ask, "5", "5")
    wanted = {"deliveryPolicy": "CANCEL_IF_NOT_BY", "cancelIfNotBy": "2026-03-03T00:00:00Z"}
    order = await orders.order(world, ask, lines=lines, **wanted)
    parts = [deliveries.lines(order, *it) for it in (("5", "0"), ("0", "5"))]
    sent, _ = [await deliveries.dispatched(world, ask, order, lines=it) for it in parts]
    sscc = sent["parcels"][0]["sscc"]
    await feed.results(feed.event(status, sscc=sscc))
    clock.advance(days=2)
    await do_due(database, clock, LAPSE_ORDERS)
    assert await _counts(world, order) == (5, 0, 0)
    await feed.results(feed.event("IN_TRANSIT", sscc=sscc, isCorrection=True))
    assert await _counts(world, order) == (0, 5, 0)
    await feed.results(feed.event("DELIVERED", 1, sscc=sscc))
    assert await _counts(world, order) == (0, 5, 5)
    after = (await ask(NET, id=order["id"]))["order"]
    assert (after["state"], after["net"]["amount"]) == ("CONFIRMED", "20")


@pytest.mark.parametrize("is_lost_first", [True, False])
async def test_what_was_lost_is_owed_where_nothing_is_sent_later(world, ask, is_lost_first):
    lines = await _of(ask, "6", "4")
    order = await orders.order(world, ask, lines=lines, deliveryPolicy="PARTIAL_CANCEL_REST")
    parts = [deliveries.lines(order, *it) for it in (("4", "0"), ("0", "4"))]
    first, second = [await deliveries.packed(world, ask, order, lines=it) for it in parts]
    await do(ask, "deliveryDispatch", deliveryId=first["id"])
    if is_lost_first:
        await deliveries.received(ask, first, "0")
    await do(ask, "deliveryDispatch", deliveryId=second["id"])
    seen = []
    for received in ("0", "4", "1"):
        await deliveries.received(ask, first, received)
        seen.append(await _counts(world, order))
    assert seen == [(2, 0, 0), (2, 4, 4), (2, 1, 1)]


async def test_what_is_found_is_not_amended_away(world, ask):
    order = await orders.order(world, ask, lines=await _of(ask, "10", "2"))
    sent = await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "10", "0"))
    await deliveries.received(ask, sent, "6")
    await responses.amended(ask, order, quantity="7")
    await deliveries.received(ask, sent, "8")
    lines = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    refused = await responses.refusals(ask, responses.ANSWER, order, lines=lines)
    assert refused == [("QUANTITY_NOT_OPEN", "lines.0.lineId")]
    await deliveries.received(ask, sent, "7")
    await responses.answer(ask, order, accepts=True)
    assert await _counts(world, order) == (3, 7, 7)


async def test_what_left_and_was_lost_before_its_end_is_imported_costs_nothing(world, ask, clock):
    fields = await orders.order_input(world, ask, lines=await _of(ask, "10", "5"))
    item = fields | {"externalReference": "E-1", "placedAt": clock().isoformat()}
    order = await _imported(ask, item)
    sent = await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "10", "0"))
    await deliveries.received(ask, sent, "0")
    clock.advance(hours=1)
    await _imported(ask, item | {"closedAt": clock().isoformat()})
    nets = []
    for received in ("0", "3", "0"):
        await deliveries.received(ask, sent, received)
        nets.append((await ask(NET, id=order["id"]))["order"]["net"]["amount"])
    assert nets == ["0", "6", "0"]


@pytest.mark.gate("D21", "deliveryConfirmReceipt")
@pytest.mark.parametrize("of", ["order", "call-off"])
async def test_two_deliveries_give_the_same_sums_in_any_order(world, ask, of):
    if of == "order":
        order = await orders.order(world, ask, lines=await _of(ask, "10", "1"))
    else:
        order = await contracts.call_off(world, ask, await contracts.contract(world, ask), "10")
    part = deliveries.lines(order, "5", "0")
    sent = [await deliveries.dispatched(world, ask, order, lines=part) for _ in range(2)]
    await deliveries.received(ask, sent[0], "0")
    await _cancel(ask, order, "5")
    await deliveries.received(ask, sent[1], "0")
    seen = {}
    # What is cancelled follows from how much of both is there, whichever came, however told.
    for place, received in ((1, "5"), (1, "0"), (0, "5"), (1, "5"), (0, "0"), (1, "0"), (1, "2")):
        await deliveries.received(ask, sent[place], received)
        cancelled, shipped, delivered = await _counts(world, order)
        assert seen.setdefault(delivered, cancelled) == cancelled
        assert shipped == delivered
    assert seen == {0: 5, 5: 5, 10: 0, 2: 5}


async def test_what_is_sent_instead_gives_the_same_sums_in_any_order(world, ask):
    order = await orders.order(world, ask, lines=await _of(ask, "8", "1"))
    first = deliveries.lines(order, "8", "0")
    sent = [await deliveries.dispatched(world, ask, order, lines=first)]
    await deliveries.received(ask, sent[0], "6")
    instead = deliveries.lines(order, "2", "0")
    sent.append(await deliveries.dispatched(world, ask, order, lines=instead))
    await deliveries.received(ask, sent[1], "1")
    await _cancel(ask, order, "1")
    seen = {}
    reports = ((1, "2"), (0, "0"), (1, "0"), (1, "2"), (0, "6"), (0, "8"), (1, "0"), (0, "7"))
    received = [6, 1]
    for place, many in reports:
        await deliveries.received(ask, sent[place], many)
        received[place] = int(many)
        assert (
            seen.setdefault(sum(received), await _counts(world, order))[0]
            == (await _counts(world, order))[0]
        )
    assert {it: counts[0] for it, counts in seen.items()} == {8: 0, 2: 1, 0: 1, 10: 0, 7: 1}


async def test_what_exceeds_what_is_wanted_is_cancelled_again_in_full(world, ask):
    order = await orders.order(world, ask, lines=await _of(ask, "5", "1"))
    allowed = responses.line(order, 0, "ACCEPTED", overTolerance="3")
    await responses.done(ask, responses.CONFIRM, order, lines=[allowed])
    sent = await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "8", "0"))
    await deliveries.received(ask, sent, "0")
    await _cancel(ask, order, "5")
    seen = []
    for received in ("8", "3", "0", "3"):
        await deliveries.received(ask, sent, received)
        seen.append(await _counts(world, order))
    assert seen == [(0, 8, 8), (2, 3, 3), (5, 0, 0), (2, 3, 3)]
