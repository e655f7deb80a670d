"""What is known of the payments of orders, and what a report adds to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, case, func, select

from commands.trade.orders.lines import covered
from commands.trade.orders.states import OrderCommand
from commands.writing.transaction import Writing, missing
from kit.clock import check_happened
from kit.db.statements import Statement
from kit.errors import Code, Refused
from kit.ids import Names, new_id
from kit.inputs import Command, Each, Input, Instant, Money, Reference
from kit.standards.money import rounded, with_currency
from models.events.trade.orders import OrderPaymentRecorded
from models.trade.codes import TradeCode
from models.trade.orders.amounts import owed
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OrderState, PaymentState
from models.trade.orders.tables import Order
from models.trade.payments import Payment, instant_of

_WHOLE = frozenset({PaymentState.AUTHORISED, PaymentState.PAID})
"""States that say that all of it is there: an amount that is told with them is no less."""

_NOTHING = frozenset({PaymentState.NOT_REQUIRED, PaymentState.AWAITED})
"""States that say that nothing is there yet, or need be."""


class PaymentFields(Input):
    """What is known of a payment at an instant."""

    reference: Reference = Field(
        description="The payment's name in the system that reports it. The same report again"
        " changes nothing; another one of the same instant is refused."
    )
    state: PaymentState = Field(description="What is known of it.")
    amount: Money | None = Field(
        None,
        description="How much is authorised or paid in all, in the order's currency; needed where"
        " it is PARTLY_PAID, and then less than its gross (its net while nobody has stated taxes);"
        " with AUTHORISED and PAID no less than that; none with NOT_REQUIRED and AWAITED."
        " AUTHORISED and PAID without one cover what the order costs when they are recorded: where"
        " it costs more later, they are not all of it any more. What an order that is CLOSED costs"
        " follows from the deliveries that are recorded of it: any amount is taken, the order's"
        " state is that which it covers, and without one AUTHORISED and PAID cover whatever it"
        " costs.",
    )
    occurred_at: Instant = Field(
        description="When it became so; at most one day ahead of our clock, and then it counts as"
        " if it were now. A report of an earlier instant than one that is there is kept, and"
        " changes no state."
    )


class OrderRecordPayment(PaymentFields, OrderCommand):
    """A report of the payment of one order."""


class PaymentRecord(PaymentFields):
    """A report of the payment of one of several orders."""

    order_id: Annotated[UUID, Names("Order")] = Field(description="The order.")


class OrdersRecordPayments(Command):
    """Up to 250 reports of payments."""

    payments: Each[PaymentRecord] = Field(description="The reports, recorded in this order.")


PaymentReport = OrderRecordPayment | PaymentRecord
_Key = tuple[UUID, Any, Any]
"""Order, reference, instant: what a report is known by."""


@dataclass(frozen=True)
class Known:
    """What is known of orders that are locked, and becomes known of them.

    totals: order id -> what it costs, None where nobody knows. reports: what was reported of them.
    newest: order id -> the last instant for which a report counts. new: rows to be.
    """

    orders: Mapping[UUID, Order]
    totals: Mapping[UUID, Decimal | None]
    reports: dict[_Key, Any]
    newest: dict[UUID, Any]
    new: list[dict[str, Any]]

    def record(self, writing: Writing, report: PaymentReport) -> tuple[UUID, str]:
        """Take a report in; return its id and what was done. Refused: as `orderRecordPayment`."""
        order = self.orders.get(report.order_id)
        if order is None:
            raise missing(Order, ("order_id",))
        self._check(writing, order, report)
        content = (report.state, report.amount and report.amount.amount)
        key = (order.id, report.reference, report.occurred_at)
        if key in self.reports:
            there, *before = self.reports[key]
            if tuple(before) != content:
                text = f"Something else was reported of {report.reference} for this instant."
                raise Refused(Code.TAKEN, text, ("reference",))
            return there, "UNCHANGED"
        # What is there was compared with the total of its time, whatever is wanted now.
        amount = None if report.amount is None else report.amount.amount
        covers, is_over = amount, order.state is OrderState.CLOSED
        if report.state is PaymentState.PARTLY_PAID:
            covers = _check_part(amount)
            if not is_over:
                self._check_less(order, covers)
        elif report.state in _WHOLE and not is_over:
            covers = self._whole(order, amount)
        payment_id = new_id()
        self.reports[key] = (payment_id, *content)
        self._add(writing, order, report, payment_id, covers)
        return payment_id, "CREATED"

    def _check(self, writing: Writing, order: Order, report: PaymentReport) -> None:
        check_happened(report.occurred_at, ("occurred_at",), writing.now)
        if report.amount is not None and report.amount.currency != order.currency:
            text = f"{order.number} is in {order.currency}."
            raise Refused(Code.INVALID_CURRENCY, text, ("amount", "currency"))
        amount = None if report.amount is None else report.amount.amount
        if amount is not None and report.state in _NOTHING:
            raise Refused(Code.INVALID, f"{report.state} tells of no amount.", ("amount",))
        if amount is not None and rounded(amount, order.currency).amount != amount:
            text = f"An amount of {order.currency} has no smaller part than its minor unit."
            raise Refused(Code.SCALE_EXCEEDED, text, ("amount", "amount"))

    def _check_less(self, order: Order, amount: Decimal) -> None:
        total, path = self.totals.get(order.id), ("amount", "amount")
        if total is None:
            text = f"Nobody knows yet what {order.number} costs."
            raise Refused(TradeCode.PRICE_UNKNOWN, text, path)
        if amount >= total:
            text = f"A part is less than the total of {with_currency(total, order.currency)}."
            raise Refused(Code.OUT_OF_RANGE, text, path)

    def _whole(self, order: Order, amount: Decimal | None) -> Decimal:
        """Return what a report covers that says that all is there. Refused: it cannot be all."""
        total, path = self.totals.get(order.id), ("amount", "amount")
        if total is None:
            text = f"Nobody knows yet what {order.number} costs."
            raise Refused(TradeCode.PRICE_UNKNOWN, text, path if amount is not None else ("state",))
        if amount is not None and amount < total:
            text = (
                f"The total is {with_currency(total, order.currency)}: less of it is PARTLY_PAID."
            )
            raise Refused(Code.OUT_OF_RANGE, text, path)
        return total if amount is None else amount

    def _add(
        self,
        writing: Writing,
        order: Order,
        report: PaymentReport,
        payment_id: UUID,
        covers: Decimal | None,
    ) -> None:
        """Note a new report. Of two of one instant, the one that comes later counts."""
        newest, instant = self.newest.get(order.id), instant_of(report.occurred_at, writing.now)
        is_newest = newest is None or instant >= newest
        if is_newest:
            self.newest[order.id] = instant
            total = self.totals.get(order.id)
            order.payment_state = covered(report.state, covers, total, total)
        order.version += 1
        row = {
            "merchant_id": order.merchant_id,
            "id": payment_id,
            "order_id": order.id,
            "reference": report.reference,
            "state": report.state,
            "amount": report.amount and report.amount.amount,
            "covers": covers,
            "currency": order.currency,
            "occurred_at": report.occurred_at,
            "recorded_at": writing.now,
        }
        self.new.append(row)
        event = OrderPaymentRecorded(
            order.id, payment_id=payment_id, state=report.state, is_newest=is_newest
        )
        writing.record(event, report.occurred_at)


def _check_part(amount: Decimal | None) -> Decimal:
    """Return how much a part is. Refused: INVALID, NOT_POSITIVE."""
    if amount is None:
        raise Refused(Code.INVALID, "Say how much of it is paid.", ("amount",))
    if amount == 0:
        raise Refused(Code.NOT_POSITIVE, "A part is more than nothing.", ("amount", "amount"))
    return amount


async def known_of(writing: Writing, reports: Sequence[PaymentReport]) -> Known:
    """Lock the orders of reports in id order, and read what is known of them."""
    wanted = {it.order_id for it in reports}
    orders = {it.id: it for it in await writing.among(Order, "id", wanted, "id", lock=True)}
    before = await writing.records(Payment, "order_id", list(orders))
    writing.extent.touch(len(before))
    newest: dict[UUID, Any] = {}
    for each in before:
        instant = instant_of(each.occurred_at, each.recorded_at)
        newest[each.order_id] = max(newest.get(each.order_id, instant), instant)
    compared = {it.order_id for it in reports if it.state in {PaymentState.PARTLY_PAID, *_WHOLE}}
    totals = await _totals(writing, [orders[it] for it in compared if it in orders])
    there = {
        (it.order_id, it.reference, it.occurred_at): (it.id, it.state, it.amount) for it in before
    }
    return Known(orders, totals, there, newest, [])


_TOTAL = func.sum(owed(Order, OrderLine)) + func.coalesce(func.min(Order.taxed), 0)
"""The gross; without taxes where nobody has stated them."""
_TOTALS = Statement(
    select(
        OrderLine.order_id,
        # Nobody knows a total of which a part is unknown.
        case((func.count(OrderLine.net) == func.count(), _TOTAL)).label("total"),
    )
    .join(Order, and_(Order.merchant_id == OrderLine.merchant_id, Order.id == OrderLine.order_id))
    .where(
        *(it.merchant_id == bindparam("merchant", type_=Uuid()) for it in (Order, OrderLine)),
        OrderLine.order_id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
    )
    .group_by(OrderLine.order_id)
)


async def _totals(writing: Writing, orders: Sequence[Order]) -> dict[UUID, Decimal | None]:
    """Return id -> what is to be paid for what is not cancelled, None where nobody knows."""
    if not orders:
        return {}
    currencies = {it.id: it.currency for it in orders}
    values = {**writing.parameters, "keys": list(currencies)}
    return {
        each.order_id: each.total and rounded(each.total, currencies[each.order_id]).amount
        for each in await writing.session.rows(_TOTALS, values)
    }
