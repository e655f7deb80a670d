"""Orders and their lines under the order's lock: whoever moves a counter comes through here.

How far an order has come, as its journal tells it, is asked before and after what changes it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, literal, select
from sqlalchemy.orm.attributes import flag_modified

from commands.trade.contracts.account import give_back
from commands.trade.contracts.times import ANY_RULE, CallOffTerms, Window
from commands.writing.ledger import moved_then
from commands.writing.transaction import Writing, check_version
from kit.db.statements import Statement
from kit.errors import Path
from kit.standards.money import rounded
from models.base.events import Moving
from models.events.trade.orders import (
    OrderAmendmentExpired,
    OrderAmendmentWithdrawn,
    OrderArrivalCorrected,
    OrderDelivered,
    OrderPartiallyDelivered,
)
from models.trade.contracts.states import TimeRule
from models.trade.contracts.tables import Contract
from models.trade.orders.holds import Hold
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import FulfilmentStatus, PaymentState
from models.trade.orders.tables import Order
from models.trade.payments import Payment, instant_of

_COUNT = Statement(
    select(func.count().label("count")).where(
        OrderLine.merchant_id == bindparam("merchant", type_=Uuid()),
        OrderLine.order_id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
    )
)


async def lock_orders(writing: Writing, wanted: Mapping[UUID, Path]) -> dict[UUID, Order]:
    """Lock orders in id order; the lock protects their lines and deliveries. wanted: id -> path.

    Refused: NOT_FOUND for an id that the viewer does not see.
    """
    return await writing.lock(Order, wanted)


async def lines_of(writing: Writing, order_ids: Collection[UUID]) -> dict[UUID, OrderLine]:
    """Read the lines of locked orders afresh: line id -> line, in the order of line numbers."""
    rows = await writing.among(OrderLine, "order_id", order_ids, "order_id", "line_no")
    return {line.id: line for line in rows}


def called_off(
    orders: Iterable[Order], lines: Iterable[OrderLine], contracts: Mapping[UUID, Contract]
) -> list[CallOffTerms]:
    """Return what orders called off. lines: those that are asked about. contracts: by id."""
    found, rows = list[CallOffTerms](), list(lines)
    for order in orders:
        if order.contract_id is not None:
            its: list[Order | OrderLine] = [order, *(it for it in rows if it.order_id == order.id)]
            windows = ((it.window_earliest, it.window_latest) for it in its)
            wanted = [(start, end) for start, end in windows if start and end]
            found.append(CallOffTerms(contracts[order.contract_id], order.placed_at, wanted))
    return found


def opened(order: Order, lines: Iterable[OrderLine], window: Window) -> frozenset[TimeRule]:
    """Return the rules that the order's `windowOverride` opens for a window: what it is given for.

    Of one promised or offered with it all, of one wanted receiving hours. lines: others', too.
    """
    rows: list[Order | OrderLine] = [order, *(it for it in lines if it.order_id == order.id)]
    same, is_given = (window.earliest, window.latest), order.window_override is not None
    if is_given and any(same in it.overridden for it in rows):
        return ANY_RULE
    if is_given and any((it.window_earliest, it.window_latest) == same for it in rows):
        return frozenset({TimeRule.RECEIVING_HOURS})
    return frozenset()


def not_wanted_after(orders: Iterable[Order]) -> datetime | None:
    """Return the first instant by which one of orders is wanted or not at all, None for none."""
    return min((it.cancel_if_not_by for it in orders if it.cancel_if_not_by), default=None)


async def touch_lines_of(writing: Writing, order_ids: Collection[UUID]) -> None:
    """Count all lines of orders: whoever changes their deliveries later reads them all.

    Refused: TOO_MANY_ITEMS.
    """
    values = {"merchant": writing.viewer.merchant_id, "keys": list(order_ids)}
    ((count,),) = await writing.session.rows(_COUNT, values)
    writing.extent.touch(count)


def move(line: OrderLine, at: datetime | None = None, **amounts: Decimal) -> None:
    """Add to counters of a line of a locked order. amounts: counter -> signed quantity.

    at: when that happened, where it was not now.

    What is planned or cancelled waits for goods no longer, so `backordered` never exceeds what
    is still unplanned. What never left is cancelled first, and wanted again first (D21).
    """
    never_left = line.never_left
    for counter, amount in amounts.items():
        setattr(line, counter, getattr(line, counter) + amount)
    if "cancelled" in amounts:
        more = max(amounts["cancelled"] - never_left, Decimal(0))
        waive(line, given_up=line.given_up + more, waived=line.waived + more)
    line.backordered = min(line.backordered, line.unplanned)
    if at is not None:
        moved_then(line, at, amounts)


def waive(line: OrderLine, given_up: Decimal, waived: Decimal) -> None:
    """Keep what was cancelled of what was lost of a line, and how much of that is cancelled."""
    line.given_up, line.waived = given_up, min(waived, line.cancelled)
    for name in ("given_up", "waived"):
        # So that one statement writes all such lines.
        flag_modified(line, name)


async def cancel(
    writing: Writing,
    order: Order,
    lines: Collection[OrderLine],
    amounts: Mapping[OrderLine, Decimal],
    happened: Moving,
) -> None:
    """Cancel quantities of a locked order, as `cancelled` does.

    A call-off gives them back to its contract (K5), which is locked after the order.
    """
    given_back = await cancelled(writing, order, lines, amounts, happened)
    if order.contract_id is None or not given_back:
        return
    await give_back(writing.for_all(), order.contract_id, given_back)


async def cancelled(
    writing: Writing,
    order: Order,
    lines: Collection[OrderLine],
    amounts: Mapping[OrderLine, Decimal],
    happened: Moving,
) -> Mapping[UUID, Decimal]:
    """Cancel quantities of a locked order, as `take_out` does, and settle what is known of it.

    Returns contract line -> what its contract gets back, for the caller.
    """
    given_back = take_out(writing, order, lines, amounts, happened)
    await settle_payment(writing, order, lines)
    return given_back


def take_out(
    writing: Writing,
    order: Order,
    lines: Collection[OrderLine],
    amounts: Mapping[OrderLine, Decimal],
    happened: Moving,
    at: datetime | None = None,
) -> Mapping[UUID, Decimal]:
    """Cancel quantities of a locked order and tell it; when nothing else is awaited, that too.

    lines: all of the order. amounts: line -> quantity. happened: what tells of the cancelling.
    at: when that was, where it was not now. The caller settles what is known of the payment.
    Returns contract line -> what its contract gets back, for the caller.

    Taxes that were stated for more are not known any more. Of an order of which
    nothing is wanted any more, nothing is owed. An amendment that changes nothing any more ends.
    """
    before = reached(lines)
    given_back: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for line, quantity in amounts.items():
        move(line, at, cancelled=quantity)
        if line.contract_line_id is not None:
            given_back[line.contract_line_id] += quantity
    idle = [it for it in lines if it.is_amended(writing.now) and _is_idle(it)]
    withdraw(writing, order, (line for line in lines if _is_idle(line)))
    if any(amounts.values()):
        order.taxed = _taxes(order, lines)
    if all(line.cancelled == line.ordered for line in lines):
        order.charged = order.taxed = Decimal(0)
    writing.record(happened, at)
    if idle:
        numbers = tuple(it.line_no for it in idle)
        writing.record(OrderAmendmentWithdrawn(order.id, lines=numbers))
    if arrived := news(order.id, before, reached(lines)):
        writing.record(arrived, at)
    return given_back


async def wanted_again(writing: Writing, order: Order, lines: Collection[OrderLine]) -> None:
    """Bring a locked order in line with less that is cancelled of it. lines: all of the order."""
    charge_again(order, lines)
    await settle_payment(writing, order, lines)


def charge_again(order: Order, lines: Collection[OrderLine]) -> None:
    """Let a locked order of which something is wanted owe its charges. lines: all of the order.

    It costs what is not cancelled, also where it was imported as closed. Its taxes are known
    where just what they were stated for is wanted.
    """
    order.charged = sum((Decimal(it["amount"]) for it in order.charges), Decimal(0))
    for line in lines:
        line.costs_whole = False
    order.taxed = _taxes(order, lines)
    order.version += 1


def _taxes(order: Order, lines: Collection[OrderLine]) -> Decimal | None:
    """Return what its taxes come to, None where they were stated for more, less or other things."""
    taxes = [Decimal(it["amount"]) for it in order.taxes]
    is_same = order.taxed_without == not_paid(lines)
    return sum(taxes, Decimal(0)) if taxes and is_same else None


def not_paid(lines: Iterable[OrderLine]) -> dict[str, str]:
    """Return line id -> what of it is not to be paid, as an order keeps it. lines: all it has."""
    amounts = {str(it.id): it.ordered - it.costing for it in lines}
    return {key: f"{it.normalize():f}" for key, it in amounts.items() if it}


_SETTLED = frozenset({PaymentState.AUTHORISED, PaymentState.PAID, PaymentState.PARTLY_PAID})
"""States of a payment that are true of some totals only."""
_UNTOUCHED = frozenset({PaymentState.NOT_REQUIRED, PaymentState.FAILED})
"""States that no total changes."""
_LESS = {PaymentState.AUTHORISED: PaymentState.AWAITED}
"""State that was reported -> what is known of a total of more than that; else PARTLY_PAID."""


async def settle_payment(writing: Writing, order: Order, lines: Collection[OrderLine]) -> None:
    """Let what is known of a locked order's payment follow from its total. lines: all it has."""
    for report in (await _newest(writing, [order])).values():
        order.payment_state = _settled(report, order, lines)


async def settle_payments(writing: Writing, orders: Iterable[Order]) -> None:
    """Let what is known of payments of locked orders follow from totals, as they are written."""
    locked = {it.id: it for it in orders}
    newest = await _newest(writing, locked.values())
    lines = await lines_of(writing, newest) if newest else {}
    for key, report in newest.items():
        mine = [it for it in lines.values() if it.order_id == key]
        locked[key].payment_state = _settled(report, locked[key], mine)


async def _newest(writing: Writing, orders: Iterable[Order]) -> dict[UUID, Any]:
    """Return id -> the newest report of an order's payment, where a total matters to it."""
    keys = [it.id for it in orders if it.payment_state not in _UNTOUCHED]
    newest: dict[UUID, Any] = {}
    for each in await writing.for_all().records(Payment, "order_id", keys) if keys else ():
        last = newest.get(each.order_id, each)
        newest[each.order_id] = max(last, each, key=_counted)
    return newest


def _counted(report: Any) -> tuple[datetime, UUID]:
    """Return what a report is the newest by."""
    return instant_of(report.occurred_at, report.recorded_at), report.id


def _settled(report: Any, order: Order, lines: Collection[OrderLine]) -> PaymentState:
    """Return what the newest report makes known of an order as it is now: see `covered`."""
    total, least = total_of(order, lines), net_of_order(order, lines)
    return covered(report.state, report.covers, total, least)


def covered(
    state: PaymentState, covers: Decimal | None, total: Decimal | None, least: Decimal | None
) -> PaymentState:
    """Return what a report makes known of an order that costs so much. least: before taxes.

    A part that is all that is left is the whole: the order is PAID. What was the whole is a part
    where the total has risen above it; less than all is authorised: AWAITED. While taxes are to be
    stated anew, what was reported counts, unless the rest is above it already.
    """
    if state not in _SETTLED or covers is None:
        return state
    if total is not None and covers >= total:
        return PaymentState.PAID if state is PaymentState.PARTLY_PAID else state
    is_less = total is not None or (least is not None and covers < least)
    return _LESS.get(state, PaymentState.PARTLY_PAID) if is_less else state


def total_of(order: Order, lines: Collection[OrderLine]) -> Decimal | None:
    """Return what is to be paid: the gross, or the net of who never stated taxes.

    None where a price, or what its taxes are now, is not known. lines: all it has.
    """
    net = net_of_order(order, lines)
    if net is None or (order.taxes and order.taxed is None):
        return None
    return net + (order.taxed or Decimal(0))


def net_of_order(order: Order, lines: Collection[OrderLine]) -> Decimal | None:
    """Return what an order costs after all discounts, with charges, before taxes.

    None where a price is not known. lines: all it has.
    """
    nets = [it.net for it in lines if it.net is not None]
    if len(nets) != len(lines):
        return None
    borne = sum((it.borne_discount or Decimal(0) for it in lines), Decimal(0))
    return rounded(sum(nets, order.charged) - borne, order.currency).amount


_OFFER = (
    *("offered_quantity", "offered_product_id", "offered_earliest", "offered_latest"),
    *("offered_packaging_id", "offered_packaging_content"),
    *("offered_zone", "answer_by", "response", "response_reason"),
)


def _is_idle(line: OrderLine) -> bool:
    """Tell whether its amendment changes nothing: it offers all that is wanted, or none is open."""
    wanted = line.ordered - line.cancelled
    offers_all = line.offered_quantity is not None and line.offered_quantity >= wanted
    offers_else = line.offered_product_id is not None or line.offered_earliest is not None
    return not line.open_quantity or (offers_all and not offers_else)


def withdraw(writing: Writing, order: Order, lines: Iterable[OrderLine]) -> None:
    """End amendments of a locked order: lines stand as they were ordered, without a response.

    Those that nobody has answered in time are told, whoever is the first to end them, and each has
    raised the order's version, as it is read since then.
    """
    amended = [line for line in lines if line.answer_by is not None]
    over = tuple(line.line_no for line in amended if line.is_unanswered(writing.now))
    for line in amended:
        for name in _OFFER:
            setattr(line, name, None)
        line.offered_overridden = False
    if over:
        order.version += len(over)
        writing.record_unasked(OrderAmendmentExpired(order.id, lines=over))


def check_order_version(
    writing: Writing, order: Order, lines: Iterable[OrderLine], expected: int | None
) -> None:
    """Compare the version that a client has read. lines: all of the order.

    Refused: VERSION_CONFLICT. Amendments that nobody has answered in time count at once.
    """
    unanswered = sum(line.is_unanswered(writing.now) for line in lines)
    check_version(order.version + unanswered, expected)


async def active_holds(writing: Writing, subject_ids: Collection[UUID]) -> dict[UUID, list[Hold]]:
    """Return id of an order or delivery -> the holds that stop it, only for those that have any."""
    ids = literal(list(subject_ids), ARRAY(Uuid()))
    active = writing.seen(Hold).where(Hold.subject_id == any_(ids), Hold.is_active)
    found: defaultdict[UUID, list[Hold]] = defaultdict(list)
    for hold in await writing.all(active.order_by(Hold.placed_at, Hold.id)):
        found[hold.subject_id].append(hold)
    return dict(found)


_REACHED: Mapping[FulfilmentStatus, type[Moving]] = {
    FulfilmentStatus.PARTIALLY_DELIVERED: OrderPartiallyDelivered,
    FulfilmentStatus.DELIVERED: OrderDelivered,
}
"""How far an order has come -> what tells of it."""


def reached(lines: Collection[OrderLine]) -> FulfilmentStatus | None:
    """Return how far an order has been delivered, None where nothing has. lines: all it has."""
    if not any(line.delivered for line in lines):
        return None
    whole = all(line.delivered >= line.ordered - line.cancelled for line in lines)
    return FulfilmentStatus.DELIVERED if whole else FulfilmentStatus.PARTIALLY_DELIVERED


def news(
    order_id: UUID,
    before: FulfilmentStatus | None,
    after: FulfilmentStatus | None,
    *,
    fell: bool = False,
) -> Moving | None:
    """Return what tells that an order has come from one to the other, None where both are same.

    fell: less of it has arrived than before, which is told whatever it has reached.
    """
    if fell:
        return OrderArrivalCorrected(order_id, reached=after)
    return None if after is None or after is before else _REACHED[after](order_id)
