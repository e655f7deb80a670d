"""Orders with lines, two deliveries each, and their parcels with tracking."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bench.data.contracts import Contract
from bench.data.merchants import CURRENCY, MEASURE, PREFIX, SPAN, START, ZONE, Merchant
from bench.data.rows import Row
from kit.standards.gs1 import sscc

LINES = 5
TAKEN = ((0, 1, 2), (2, 3, 4))
"""Which lines each of the two deliveries takes; what both take they share equally."""
CALL_OFF_EVERY = 10
DONE_SHARE = 0.6
"""Older orders have arrived; newer ones are under way."""
REPORTS = {
    True: ("PICKED_UP", "IN_TRANSIT", "DELIVERED"),
    False: ("LABEL_CREATED", "PICKED_UP", "IN_TRANSIT"),
}
PRICE = Decimal("2.500000")


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be. contract_line_id: what a call-off draws from."""

    id: str
    product_id: str
    contract_line_id: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order to be. number: from 1, counted in its merchant."""

    merchant: Merchant
    number: int
    id: str
    placed_at: datetime
    party_id: str
    done: bool
    contract: Contract | None
    lines: Sequence[Line]


def orders(merchant: Merchant, contracts: Sequence[Contract]) -> Iterator[Row]:
    """Yield every order with all that belongs to it; counts in the contracts what they draw."""
    for number in range(1, merchant.orders + 1):
        order = _order(merchant, contracts, number)
        yield from _order_rows(order)
        for part, taken in enumerate(TAKEN):
            yield from _delivery(order, part, [order.lines[line] for line in taken])


def _order(merchant: Merchant, contracts: Sequence[Contract], number: int) -> Order:
    placed_at = START + SPAN * (number / merchant.orders)
    slot, is_call_off = divmod(number, CALL_OFF_EVERY)
    contract = None if is_call_off else contracts[slot % len(contracts)]
    done = number <= DONE_SHARE * merchant.orders
    order_id = merchant.ids.new(placed_at)
    lines = [_line(merchant, contract, line, placed_at) for line in range(LINES)]
    party_id = contract.party_id if contract else merchant.random.choice(merchant.customers)
    if contract:
        for line_no, line in enumerate(lines):
            contract.draw(line_no, line.quantity, done=done)
    return Order(merchant, number, order_id, placed_at, party_id, done, contract, lines)


def _line(merchant: Merchant, contract: Contract | None, number: int, at: datetime) -> Line:
    quantity, line_id = 2 * merchant.random.randint(1, 20), merchant.ids.new(at)
    if contract is None:
        return Line(line_id, merchant.random.choice(merchant.products), None, quantity)
    agreed = contract.line(number)
    return Line(line_id, agreed.product_id, agreed.id, quantity)


def _order_rows(order: Order) -> Iterator[Row]:
    own = (order.merchant.id, order.id)
    kind = ("CALL_OFF", order.contract.id) if order.contract else ("STANDARD", None)
    state = "CLOSED" if order.done else "CONFIRMED"
    closed_at = order.placed_at + timedelta(days=4) if order.done else None
    named = (f"O-{order.number:06}", order.merchant.channel, order.party_id, *kind, state)
    net = sum(it.quantity for it in order.lines) * PRICE
    stands = ("DELIVERED" if order.done else "SHIPPED", False, net)
    times = (order.placed_at, order.placed_at, closed_at, *stands, 1)
    yield "orders", (*own, *named, "PARTIAL_BACKORDER", "PAID", CURRENCY, *times)
    for line_no, line in enumerate(order.lines, 1):
        key = (order.merchant.id, line.id, order.id, order.placed_at, line_no, line.product_id)
        price = (*MEASURE, line.contract_line_id, CURRENCY, PRICE, 0, False)
        delivered = line.quantity if order.done else 0
        yield "order_lines", (*key, *price, *[line.quantity] * 5, delivered)


def _delivery(order: Order, part: int, lines: Sequence[Line]) -> Iterator[Row]:
    merchant, at = order.merchant, order.placed_at
    delivery_id, number = merchant.ids.new(at), 2 * order.number - 1 + part
    window = (at + timedelta(days=1), at + timedelta(days=2 + part), ZONE)
    state = "DELIVERED" if order.done else "DISPATCHED"
    arrived_at = at + timedelta(hours=24) if order.done else None
    named = (f"D-{number:06}", order.party_id, merchant.channel, merchant.location, *window)
    stand = ("PARCEL", False, state, 1, at, at + timedelta(hours=1), arrived_at, 1)
    yield "deliveries", (merchant.id, delivery_id, *named, *stand)
    for line in lines:
        taken = line.quantity // 2 if line is order.lines[TAKEN[1][0]] else line.quantity
        key = (merchant.id, merchant.ids.new(at), delivery_id, order.id, line.id)
        yield "delivery_lines", (*key, *[taken] * 4, taken if order.done else 0)
    yield from _parcel(order, delivery_id, number)


def _parcel(order: Order, delivery_id: str, number: int) -> Iterator[Row]:
    merchant, at = order.merchant, order.placed_at
    parcel_id, carrier = merchant.ids.new(at), number % len(merchant.carriers)
    reports = REPORTS[order.done]
    times = [at + timedelta(hours=8 * count) for count in range(1, len(reports) + 1)]
    place = (delivery_id, 1, 1, sscc(PREFIX, number), merchant.carriers[carrier])
    yield "parcels", (merchant.id, parcel_id, *place, reports[-1], False, times[-1], at)
    fields = (parcel_id, merchant.carriers[carrier], tracking_number(number), at)
    yield "tracking_numbers", (merchant.id, merchant.ids.new(at), *fields)
    for count, (status, occurred_at) in enumerate(zip(reports, times, strict=True)):
        key = (merchant.id, merchant.ids.new(at), parcel_id, f"C-{carrier:03}", f"{number}-{count}")
        word = (status, status, False, False, "Hamburg")
        yield "tracking_events", (*key, occurred_at, occurred_at, *word)


def tracking_number(number: int) -> str:
    """Return the carrier's number of the parcel of a merchant's n-th delivery."""
    return f"00340434{number:012}"
