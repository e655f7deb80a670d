"""Where an order may go next: every change of its state comes through here."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.trade.orders.lines import cancel, check_order_version, lines_of, lock_orders
from commands.writing.transaction import Outcome, Writing, check_state, missing
from commands.writing.verbs import AnyVerb, verb
from kit.errors import Code, Refusals, Refused
from kit.ids import Names
from kit.inputs import LARGEST_BULK, Command, ExactAmount, Input, Note, refuse_duplicates
from models.access.viewers import Scope
from models.base.acts import leading_to
from models.events.trade.orders import OrderApproved, OrderCancelled, OrderClosed, OrderRejected
from models.trade.codes import TradeCode
from models.trade.contracts.guarantees import Guarantee
from models.trade.orders import acts
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import NEXT_STATES, OPEN_STATES, Approval, OrderState, voice
from models.trade.orders.tables import Order


class OrderCommand(Command):
    """Base of what is done with one order."""

    order_id: Annotated[UUID, Names("Order")] = Field(description="The order.")


class VersionedOrderCommand(OrderCommand):
    """Base of what two people may do at once with one order."""

    expected_version: int | None = Field(
        None, description="Refuse unless the order still has this version."
    )


class LinePrice(Input):
    """What one unit of a line costs."""

    line_id: Annotated[UUID, Names("OrderLine")] = Field(description="A line without a price.")
    unit_price: ExactAmount = Field(description="Price of one unit before discount.")


class OrderApprove(VersionedOrderCommand):
    """The approval of an order that waits for it: the merchant's by staff, else the company's."""

    prices: list[LinePrice] = Field(
        [],
        max_length=LARGEST_BULK,
        description="Prices of lines that have none, with the scope `PRICES_STATE`. While a line"
        " has none, nobody approves the order.",
    )


class OrderReject(VersionedOrderCommand):
    """The rejection of an order that waits for approval."""

    reason: Note = Field(description="Why it is rejected; shown to the customer.")


async def locked(writing: Writing, command: OrderCommand, verb: AnyVerb) -> Order:
    """Lock the order of a command.

    Refused: NOT_FOUND; when it is to be changed VERSION_CONFLICT, WRONG_STATE also for one that is
    not wanted any more.
    """
    order = (await lock_orders(writing, {command.order_id: ("order_id",)}))[command.order_id]
    if isinstance(command, VersionedOrderCommand) and command.expected_version is not None:
        lines = await lines_of(writing, [order.id])
        with writing.refusals:
            check_order_version(writing, order, lines.values(), command.expected_version)
    with writing.refusals:
        check_state(order, verb.act.states, ("order_id",))
        if acts.WANTED in verb.act.needs and not acts.WANTED.test(writing, order):
            raise Refused(Code.WRONG_STATE, not_wanted(order), ("order_id",))
    return order


def not_wanted(order: Any) -> str:
    """Return the words about an order that was wanted by an instant that has passed (D10)."""
    return f"{order.number} was wanted by {order.cancel_if_not_by.isoformat()} or not."


def under_way(order: Any) -> str:
    """Return the words about an order of which something is planned and not shipped (O16)."""
    return f"Deliveries of {order.number} are under way: dispatch or cancel them first."


def become(writing: Writing, order: Order, state: OrderState, at: datetime | None = None) -> None:
    """Bring a locked order into its next state. at: since when it is over, now by default.

    Refused: WRONG_STATE when it may not go there.
    """
    check_state(order, leading_to(state, NEXT_STATES), ("order_id",))
    order.state, order.awaiting_approval_of = state, []
    if state is OrderState.CONFIRMED:
        order.confirmed_at = writing.now
    if not NEXT_STATES[state]:
        order.closed_at = at or writing.now


def end_if_empty(writing: Writing, order: Order, lines: Iterable[OrderLine]) -> None:
    """End a locked order all of whose lines are cancelled, unless it has come to its end.

    It is CANCELLED where nothing of it ever left, else CLOSED: what was lost may still arrive.
    """
    every = list(lines)
    if order.state not in OPEN_STATES or any(it.cancelled != it.ordered for it in every):
        return
    if any(it.has_left for it in every):
        become(writing, order, OrderState.CLOSED)
        writing.record(OrderClosed(order.id))
    else:
        become(writing, order, OrderState.CANCELLED)
        writing.record(OrderCancelled(order.id))


@verb(
    acts.APPROVE,
    "Approve an order: staff for the merchant, an approver for its company. It is CONFIRMED"
    " when nobody else's approval is awaited.",
)
async def approve(writing: Writing, command: OrderApprove) -> Outcome:
    """Approve an order for the viewer's side; it is confirmed when no other approval is awaited.

    Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE also where only the other side's is awaited,
    NOT_ALLOWED for who approves for nobody or states a price and may not, PRICE_UNKNOWN while a
    line has no price, TAKEN for the price of one that has, DUPLICATE.
    """
    order = await locked(writing, command, approve)
    side = _side(writing)
    with writing.refusals:
        if not acts.AWAITED.test(writing, order):
            raise _not_awaited(order)
    lines = await lines_of(writing, [order.id])
    _state_prices(writing, order, lines, command)
    writing.refusals.end()
    if side is Approval.COMPANY:
        await _call_off(writing, lines.values())
    others = [it for it in order.awaiting_approval_of if it is not side]
    if others:
        order.awaiting_approval_of = others
    else:
        become(writing, order, acts.APPROVE.becomes)
    order.version += 1
    writing.record(OrderApproved(order.id, by=side))
    return {"order_id": order.id}


async def _call_off(writing: Writing, lines: Iterable[OrderLine]) -> None:
    """Let what is guaranteed of a call-off count from today: its company has not given it before.

    A merchant that takes days to approve has them on its own account.
    """
    promised = {it.guarantee_id for it in lines if it.guarantee_id is not None}
    terms = await writing.for_all().by_key(Guarantee, "id", promised)
    for line in lines:
        if line.guarantee_id is not None:
            line.called_off_on = terms[line.guarantee_id].day(writing.now)


def _state_prices(
    writing: Writing, order: Order, lines: Mapping[UUID, OrderLine], command: OrderApprove
) -> None:
    """Give prices to lines that have none. Refused: as `approve`."""
    if command.prices and not writing.viewer.may(Scope.PRICES_STATE):
        text = f"Your key lacks the scope {Scope.PRICES_STATE}."
        raise Refused(Code.NOT_ALLOWED, text, ("prices",))
    refusals = Refusals()
    with refusals:
        refuse_duplicates((it.line_id for it in command.prices), ("prices",), "line_id")
    priced = {key for key, line in lines.items() if line.unit_price is not None}
    for place, each in enumerate(command.prices):
        with refusals:
            path = ("prices", place, "line_id")
            line = lines.get(each.line_id)
            if line is None:
                raise missing(OrderLine, path)
            if line.id in priced:
                raise Refused(Code.TAKEN, f"Line {line.line_no} has a price.", path)
            line.unit_price, line.price_stated = each.unit_price, True
    refusals.end()
    for line in lines.values():
        if line.net is None:
            text = f"Line {line.line_no} of {order.number} has no price yet"
            if writing.viewer.may(Scope.PRICES_STATE):
                raise Refused(TradeCode.PRICE_UNKNOWN, f"{text}.", ("prices",))
            text = f"{text}: the merchant states it first."
            raise Refused(TradeCode.PRICE_UNKNOWN, text, ("order_id",))


def _side(writing: Writing) -> Approval:
    """Return for whom the viewer approves. Refused: NOT_ALLOWED."""
    side = voice(writing.viewer)
    if side is None:
        text = "Only staff and a company's approvers approve orders."
        raise Refused(Code.NOT_ALLOWED, text, ("order_id",))
    return side


def _not_awaited(order: Order) -> Refused:
    others = " and ".join(it.value for it in order.awaiting_approval_of) or "nobody"
    text = f"{order.number} waits for approval of {others}."
    return Refused(Code.WRONG_STATE, text, ("order_id",))


@verb(
    acts.REJECT,
    "Refuse an order that waits for approval; all of its lines are cancelled.",
)
async def reject(writing: Writing, command: OrderReject) -> Outcome:
    """Reject an order that waits for approval; all of its lines are cancelled.

    Staff may reject whatever is awaited, an approver what its company is asked.
    Refused: NOT_FOUND, WRONG_STATE, VERSION_CONFLICT, NOT_ALLOWED.
    """
    order = await locked(writing, command, reject)
    side = _side(writing)
    if not acts.REJECTABLE.test(writing, order):
        raise _not_awaited(order)
    writing.refusals.end()
    become(writing, order, acts.REJECT.becomes)
    order.reject_reason = command.reason
    order.version += 1
    lines = (await lines_of(writing, [order.id])).values()
    everything = {line: line.unplanned for line in lines}
    await cancel(writing, order, lines, everything, OrderRejected(order.id, by=side))
    return {"order_id": order.id}
