"""Deliveries under the locks of their orders: how every change of a delivery begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ARRAY, Uuid, any_, literal

from commands.orders.lines import lines_of, lock_orders
from commands.writing import Moved, Writing, check_version, missing
from kit.errors import Code, Path, Refused
from kit.ids import Names
from kit.inputs import Command
from models.catalog import Product
from models.deliveries import ALLOWED_IN, Delivery, DeliveryAction, DeliveryLine
from models.journal import Aggregate
from models.orders import Order, OrderLine


class DeliveryCommand(Command):
    """What every change of one delivery takes."""

    delivery_id: Annotated[UUID, Names("Delivery")] = Field(description="The delivery.")
    expected_version: int | None = Field(
        None, description="Refuse unless the delivery still has this version."
    )


@dataclass(frozen=True)
class Locked:
    """Deliveries whose orders are locked. writing: the transaction, seeing all of the merchant.

    lines: id -> line of these deliveries. order_lines: id -> line, every line of the orders.
    """

    writing: Writing
    deliveries: Mapping[UUID, Delivery]
    lines: Mapping[UUID, DeliveryLine]
    orders: Mapping[UUID, Order]
    order_lines: Mapping[UUID, OrderLine]

    def lines_of(self, delivery: Delivery) -> list[DeliveryLine]:
        """Return the lines of one of the deliveries."""
        return [line for line in self.lines.values() if line.delivery_id == delivery.id]

    def line(self, delivery: Delivery, line_id: UUID, path: Path) -> DeliveryLine:
        """Return a line of the delivery. Refused: NOT_FOUND for any other id."""
        line = self.lines.get(line_id)
        if line is None or line.delivery_id != delivery.id:
            raise missing(DeliveryLine, path)
        return line

    async def products(self) -> dict[UUID, Product]:
        """Return delivery line id -> its product."""
        of = {key: self.order_lines[it.order_line_id].product_id for key, it in self.lines.items()}
        products = await self.writing.by_key(Product, "id", of.values())
        return {key: products[product_id] for key, product_id in of.items()}


async def lock_deliveries(writing: Writing, wanted: Mapping[UUID, Path]) -> Locked:
    """Lock the orders of deliveries in id order, then read everything below them afresh.

    wanted: delivery id -> its path. Refused: NOT_FOUND for an id that the viewer does not see.
    Moved when the deliveries got other orders before the locks were there.
    """
    everything = writing.for_all()
    before = await _lines(everything, wanted)
    orders = await lock_orders(everything, {line.order_id: () for line in before.values()})
    deliveries = await writing.get(Delivery, wanted)
    lines = await _lines(everything, wanted)
    if {line.order_id for line in lines.values()} != set(orders):
        raise Moved
    order_lines = await lines_of(everything, orders)
    return Locked(everything, deliveries, lines, orders, order_lines)


async def lock_one(
    writing: Writing, command: DeliveryCommand, action: DeliveryAction
) -> tuple[Delivery, Locked]:
    """Lock the delivery of a command. Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE."""
    locked = await lock_deliveries(writing, {command.delivery_id: ("delivery_id",)})
    delivery = locked.deliveries[command.delivery_id]
    check_version(delivery, command.expected_version)
    check_allowed(delivery, action, ("delivery_id",))
    return delivery, locked


def check_allowed(delivery: Delivery, action: DeliveryAction, path: Path) -> None:
    """Refused: WRONG_STATE when the action is not for the delivery's state."""
    if delivery.state not in ALLOWED_IN[action]:
        text = f"{delivery.number} is {delivery.state.value}: not the state for {action.value}."
        raise Refused(Code.WRONG_STATE, text, path)


def changed(writing: Writing, delivery: Delivery, what: str, **payload: Any) -> None:
    """Raise the delivery's version and note what happened. occurred_at: where it was not now."""
    delivery.version += 1
    writing.record(Aggregate.DELIVERY, delivery.id, what, **payload)


async def _lines(writing: Writing, wanted: Mapping[UUID, Path]) -> dict[UUID, DeliveryLine]:
    ids = literal(list(wanted), ARRAY(Uuid()))
    rows = writing.seen(DeliveryLine).where(DeliveryLine.delivery_id == any_(ids))
    return {line.id: line for line in await writing.all(rows.order_by(DeliveryLine.id))}
