"""Where an order may go next: every change of its state comes through here."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.orders.lines import cancel, lines_of, lock_orders
from commands.writing import Outcome, Writing, check_version
from kit.errors import Code, Refused
from kit.ids import Names
from kit.inputs import Command, Note
from models.journal import Aggregate
from models.orders import NEXT_STATES, Order, OrderState


class OrderCommand(Command):
    """Base of what is done with one order."""

    order_id: Annotated[UUID, Names("Order")] = Field(description="The order.")


class VersionedOrderCommand(OrderCommand):
    """Base of what two people may do at once with one order."""

    expected_version: int | None = Field(
        None, description="Refuse unless the order still has this version."
    )


class OrderApprove(VersionedOrderCommand):
    """The approval of an order that waits for it."""


class OrderReject(VersionedOrderCommand):
    """The rejection of an order that waits for approval."""

    reason: Note = Field(description="Why it is rejected; shown to the customer.")


async def locked(writing: Writing, command: OrderCommand) -> Order:
    """Lock the order of a command. Refused: NOT_FOUND, VERSION_CONFLICT."""
    order = (await lock_orders(writing, {command.order_id: ("order_id",)}))[command.order_id]
    if isinstance(command, VersionedOrderCommand):
        check_version(order, command.expected_version)
    return order


def check_living(order: Order) -> None:
    """Refused: WRONG_STATE for an order that has come to its end."""
    if not NEXT_STATES[order.state]:
        text = f"{order.number} is {order.state.value}: nothing more happens to it."
        raise Refused(Code.WRONG_STATE, text, ("order_id",))


def become(writing: Writing, order: Order, state: OrderState) -> None:
    """Bring a locked order into its next state. Refused: WRONG_STATE when it may not go there."""
    if state not in NEXT_STATES[order.state]:
        text = f"{order.number} is {order.state.value} and cannot become {state.value}."
        raise Refused(Code.WRONG_STATE, text, ("order_id",))
    order.state = state
    if state is OrderState.CONFIRMED:
        order.confirmed_at = writing.now
    if not NEXT_STATES[state]:
        order.closed_at = writing.now


async def approve(writing: Writing, command: OrderApprove) -> Outcome:
    """Confirm an order that waits for approval.

    Refused: NOT_FOUND, WRONG_STATE, VERSION_CONFLICT.
    """
    order = await locked(writing, command)
    become(writing, order, OrderState.CONFIRMED)
    order.version += 1
    writing.record(Aggregate.ORDER, order.id, "order.approved")
    return {"order_id": order.id}


async def reject(writing: Writing, command: OrderReject) -> Outcome:
    """Reject an order that waits for approval; all of its lines are cancelled.

    Refused: NOT_FOUND, WRONG_STATE, VERSION_CONFLICT.
    """
    order = await locked(writing, command)
    become(writing, order, OrderState.REJECTED)
    order.reject_reason = command.reason
    order.version += 1
    lines = await lines_of(writing, [order.id])
    await cancel(writing, order, {line: line.unplanned for line in lines.values()})
    writing.record(Aggregate.ORDER, order.id, "order.rejected", reason=command.reason)
    return {"order_id": order.id}
