"""Cancelling any part of a line, and closing an order with whatever is left of it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.master.packagings.counting import Quantified, packagings_of
from commands.trade.contracts.lines import too_little
from commands.trade.orders.lines import cancel, lines_of
from commands.trade.orders.states import (
    VersionedOrderCommand,
    become,
    end_if_empty,
    locked,
    under_way,
)
from commands.writing.stops import check_stops
from commands.writing.transaction import Outcome, Writing, missing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Problem, Refusals, Refused
from kit.ids import Names
from kit.inputs import Bulk, Note, Quantity, refuse_duplicates
from models.base.guards import guards
from models.events.trade.orders import (
    CancelledLine,
    OrderClosed,
    OrderLinesCancelled,
)
from models.master.catalog import Product
from models.master.channels import Channel
from models.trade.codes import TradeCode
from models.trade.contracts.tables import ContractLine
from models.trade.orders import acts
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OrderKind


class LineCancel(Quantified):
    """How much of one line is cancelled."""

    line_id: Annotated[UUID, Names("OrderLine")] = Field(description="A line of the order.")
    quantity: Quantity = Field(
        description="How much less is wanted, in the product's unit or `packaging`."
    )


class OrderCancelLines(VersionedOrderCommand):
    """What is cancelled of an order, line by line."""

    lines: Bulk[LineCancel] = Field(description="The lines, each once.")
    reason: Note | None = Field(None, description="Why; shown to the customer.")


class OrderWithdraw(VersionedOrderCommand):
    """What its customer does not want any more of an order: all that no delivery has taken."""

    reason: Note | None = Field(None, description="Why; shown to the customer.")


class OrderClose(VersionedOrderCommand):
    """The end of an order; what no delivery has taken is cancelled."""


@verb(
    acts.CANCEL_LINES,
    "Cancel any part of lines that no delivery has taken. When nothing remains, the order is"
    " CANCELLED, or CLOSED where something of it had left and was lost or came back."
    " A call-off gives the quantity back to its contract.",
)
async def cancel_lines(writing: Writing, command: OrderCancelLines) -> Outcome:
    """Cancel what is in no delivery yet; an order of which nothing remains ends.

    Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE, DUPLICATE, SCALE_EXCEEDED,
    QUANTITY_NOT_OPEN for more than is unplanned (invariants O4, O7), LOT_MULTIPLE and
    BELOW_MINIMUM where a part of what is open of a call-off would stay, of no agreed size (K17).
    """
    return await cancel_quantities(writing, command, are_sized=True)


async def cancel_quantities(
    writing: Writing, command: OrderCancelLines, *, are_sized: bool = False
) -> Outcome:
    """Cancel quantities. are_sized: whether what stays must be of the agreed sizes.

    Refused: as `orderCancelLines`.
    """
    with writing.refusals:
        refuse_duplicates((it.line_id for it in command.lines), ("lines",), "line_id")
    order = await locked(writing, command, cancel_lines)
    lines = await lines_of(writing, [order.id])
    wanted = await _wanted(writing, command, lines)
    if are_sized and order.contract_id is not None:
        with writing.refusals:
            await _check_sizes(writing, command, lines, wanted)
    writing.refusals.end()
    happened = OrderLinesCancelled(order.id, lines=cancelled_lines(wanted))
    await cancel(writing, order, lines.values(), wanted, happened)
    order.cancel_reason = command.reason
    end_if_empty(writing, order, lines.values())
    order.version += 1
    return {"order_id": order.id}


@verb(
    acts.WITHDRAW,
    "Cancel all of an order that no delivery has taken, where its channel lets those who order over"
    " it do so. When nothing remains, the order is CANCELLED, or CLOSED where something of it had"
    " left and was lost or came back.",
)
async def withdraw(writing: Writing, command: OrderWithdraw) -> Outcome:
    """Cancel what is in no delivery yet, in the name of who ordered it.

    Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE, NOT_ALLOWED for a call-off and where its
    channel does not let its customers cancel, QUANTITY_NOT_OPEN when deliveries have taken all.
    """
    order = await locked(writing, command, withdraw)
    writing.refusals.end()
    (channel,) = await writing.for_all().records(Channel, "id", [order.channel_id])
    if order.kind is OrderKind.CALL_OFF or not channel.withdrawable:
        text = f"{order.number} can only be cancelled by the merchant."
        raise Refused(Code.NOT_ALLOWED, text, ("order_id",))
    lines = (await lines_of(writing, [order.id])).values()
    remaining = {line: line.unplanned for line in lines if line.unplanned > 0}
    if not remaining:
        text = f"Deliveries have taken all of {order.number}."
        raise Refused(TradeCode.QUANTITY_NOT_OPEN, text, ("order_id",))
    happened = OrderLinesCancelled(order.id, lines=cancelled_lines(remaining))
    await cancel(writing, order, lines, remaining, happened)
    order.cancel_reason = command.reason
    end_if_empty(writing, order, lines)
    order.version += 1
    return {"order_id": order.id}


def cancelled_lines(cancelled: Mapping[OrderLine, Decimal]) -> tuple[CancelledLine, ...]:
    """Return cancelled quantities as events tell them."""
    return tuple(CancelledLine(line.line_no, it) for line, it in cancelled.items())


async def _wanted(
    writing: Writing, command: OrderCancelLines, lines: Mapping[UUID, OrderLine]
) -> dict[OrderLine, Decimal]:
    """Return line -> what is cancelled of it, checked."""
    products = await writing.by_key(Product, "id", {it.product_id for it in lines.values()})
    named = ((lines[it.line_id].product_id, it) for it in command.lines if it.line_id in lines)
    packagings = await packagings_of(writing, named)
    wanted, refusals = {}, Refusals()
    for place, each in enumerate(command.lines):
        with refusals:
            line = lines.get(each.line_id)
            if line is None:
                raise missing(OrderLine, ("lines", place, "line_id"))
            quantity = packagings(products[line.product_id], each, path=("lines", place)).amount
            _check_unplanned(line, quantity, ("lines", place, "quantity"))
            wanted[line] = quantity
    refusals.end()
    return wanted


async def _check_sizes(
    writing: Writing,
    command: OrderCancelLines,
    lines: Mapping[UUID, OrderLine],
    wanted: Mapping[OrderLine, Decimal],
) -> None:
    """Look whether what stays of a call-off is of agreed sizes; all that is open may always go.

    Refused: LOT_MULTIPLE, BELOW_MINIMUM.
    """
    keys = {it.contract_line_id for it in wanted if it.contract_line_id is not None}
    agreed = await writing.for_all().by_key(ContractLine, "id", keys)
    staying = {it: it.ordered - it.cancelled - wanted.get(it, 0) for it in lines.values()}
    problems = list[Problem]()
    for place, each in enumerate(command.lines):
        line = lines[each.line_id]
        terms = agreed.get(line.contract_line_id)
        if terms is not None and wanted[line] < line.unplanned:
            mine = (it for it in staying if it.contract_line_id == terms.id)
            whole = sum((staying[it] for it in mine), Decimal(0))
            path: Path = ("lines", place, "quantity")
            problems += too_little(terms, staying[line], whole, path)
    if problems:
        raise Refused.of(problems)


@guards("O4", "O7")
def _check_unplanned(line: OrderLine, quantity: Decimal, path: Path) -> None:
    """Refused: QUANTITY_NOT_OPEN for more than is in no delivery."""
    if quantity > line.unplanned:
        text = f"Only {line.unplanned.normalize():f} of this line is in no delivery yet."
        raise Refused(TradeCode.QUANTITY_NOT_OPEN, text, path)


@verb(
    acts.CLOSE,
    "Close an order of which nothing is planned and not shipped; what no delivery has taken is"
    " cancelled. Nothing more is sent of it; what is on the road still arrives, and its tracking"
    " and receipts count as before.",
)
async def close(writing: Writing, command: OrderClose) -> Outcome:
    """Close an order of which nothing is under way; what was never planned is cancelled first.

    Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE also while something is planned and not
    shipped.
    """
    order = await locked(writing, command, close)
    writing.refusals.end()
    refused = Refused(Code.WRONG_STATE, under_way(order), ("order_id",))
    known = {acts.UNDER_WAY: lambda _lines: refused}
    await check_stops(writing, order, close.act.stopped_by, ("order_id",), known)
    become(writing, order, acts.CLOSE.becomes)
    lines = (await lines_of(writing, [order.id])).values()
    remaining = {line: line.unplanned for line in lines if line.unplanned > 0}
    await cancel(writing, order, lines, remaining, OrderClosed(order.id))
    order.version += 1
    return {"order_id": order.id}
