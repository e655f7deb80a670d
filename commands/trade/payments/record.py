"""Recording what is known of payments, of one order or of many."""

from typing import Any

from commands.trade.payments.reports import OrderRecordPayment, OrdersRecordPayments, known_of
from commands.writing.rows import write_rows
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Refused
from models.access.viewers import Scope
from models.base.acts import Act
from models.trade.orders import acts
from models.trade.payments import Payment


@verb(
    acts.RECORD_PAYMENT,
    "Record what is known of an order's payment: a fact, which stops the order's goods or lets them"
    " go on by the rule of its party or channel. Nothing is charged.",
)
async def record(writing: Writing, command: OrderRecordPayment) -> Outcome:
    """Record a report, whatever state the order is in; one that is there already changes nothing.

    Refused: NOT_FOUND, INVALID_DATE for the future, INVALID_CURRENCY for another one than the
    order's, SCALE_EXCEEDED for parts of its minor unit, INVALID for a part without an amount,
    NOT_POSITIVE and OUT_OF_RANGE for a part that is nothing or not less than the total,
    PRICE_UNKNOWN for a part or all of a total that nobody knows, TAKEN for a reference of which
    something else was reported for the same instant.
    """
    known = await known_of(writing, [command])
    payment_id, _ = known.record(writing, command)
    await write_rows(writing, {Payment: known.new})
    return {"order_id": command.order_id, "payment_id": payment_id}


@verb(
    Act(Scope.PAYMENTS_WRITE),
    "Record what is known of the payments of up to 250 orders; a report that is refused stops no"
    " other.",
)
async def record_all(writing: Writing, command: OrdersRecordPayments) -> Outcome:
    """Record reports one after the other. Refused: of an item as `orderRecordPayment`."""
    known = await known_of(writing, command.payments)
    results: list[dict[str, Any]] = []
    for place, item in enumerate(command.payments):
        try:
            payment_id, status = known.record(writing, item)
            found = {"order_id": item.order_id, "payment_id": payment_id, "problems": []}
        except Refused as refused:
            problems = [it.below(("payments", place)) for it in refused.problems]
            found, status = {"order_id": None, "payment_id": None, "problems": problems}, "REFUSED"
        results.append(found | {"status": status})
    await write_rows(writing, {Payment: known.new})
    return {"results": results}
