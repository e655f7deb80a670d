"""Deliveries under the locks of their orders: how deliveries and their lines change."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, func, select
from sqlalchemy.orm import aliased

from commands.fulfilment.deliveries.stops import check_delivery
from commands.master.packagings.counting import Counted, Packagings, Quantified, packagings_of
from commands.trade.orders.lines import lines_of
from commands.writing.transaction import Overtaken, Writing, check_state, check_version, missing
from commands.writing.verbs import AnyVerb
from kit.db.statements import Statement
from kit.errors import Path
from kit.ids import Names, new_id
from kit.inputs import Command, Input
from models.base.events import Event
from models.fulfilment.deliveries.customers import customer_of
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel, ParcelContent, ParcelStatus
from models.master.catalog import Product
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order


class OfDelivery(Input):
    """What every change of a delivery takes."""

    delivery_id: Annotated[UUID, Names("Delivery")] = Field(description="The delivery.")
    expected_version: int | None = Field(
        None, description="Refuse unless the delivery still has this version."
    )


class DeliveryCommand(OfDelivery, Command):
    """What every change of one delivery takes."""


_MERCHANT = bindparam("merchant", type_=Uuid())
_OF_DELIVERIES = (
    DeliveryLine.merchant_id == _MERCHANT,
    DeliveryLine.delivery_id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
)
_ORDER_IDS = select(DeliveryLine.order_id).where(*_OF_DELIVERIES)


def _locking(what: Any) -> Select[Any]:
    """Build the statement that locks the orders of deliveries in id order."""
    rows = select(what).where(Order.merchant_id == _MERCHANT, Order.id.in_(_ORDER_IDS))
    rows = rows.order_by(Order.id).with_for_update(of=Order)
    return rows.execution_options(populate_existing=True)


_LOCK, _LOCK_UNREAD = _locking(Order), Statement(_locking(Order.id))


def _extent() -> Select[Any]:
    """Build what tells the orders of deliveries, each with the lines that must be read for it."""
    line, of_line, content = DeliveryLine, aliased(OrderLine), ParcelContent
    of_order = select(func.count()).where(
        of_line.merchant_id == _MERCHANT, of_line.order_id == line.order_id
    )
    contents = (
        select(func.count())
        .select_from(Parcel)
        .join(content, content.parcel_id == Parcel.id)
        .where(Parcel.merchant_id == _MERCHANT, content.merchant_id == _MERCHANT)
        .where(Parcel.delivery_id == any_(bindparam("keys", type_=ARRAY(Uuid()))))
        .where(Parcel.status != ParcelStatus.VOIDED)
    )
    return (
        select(
            line.order_id,
            (func.count() + of_order.scalar_subquery()).label("lines"),
            contents.scalar_subquery().label("contents"),
        )
        .where(*_OF_DELIVERIES)
        .group_by(line.order_id)
    )


_EXTENT = Statement(_extent())
ORDERS_NOW = func.array(_ORDER_IDS.scalar_subquery(), type_=ARRAY(Uuid()))
"""The orders of the deliveries under `keys`, for a statement that reads these under the locks."""


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
        return self._by_delivery.get(delivery.id, [])

    def lines_of_order(self, order: Order) -> list[OrderLine]:
        """Return the lines of one of the orders."""
        return self._by_order.get(order.id, [])

    def orders_of(self, delivery: Delivery) -> list[Order]:
        """Return the orders that one of the deliveries is a part of."""
        ids = dict.fromkeys(line.order_id for line in self.lines_of(delivery))
        return [self.orders[it] for it in ids]

    def customer_of(self, delivery: Delivery) -> Any:
        """Return to whom one of the deliveries goes."""
        orders = self.orders_of(delivery)
        return customer_of(delivery.party_id, delivery.ship_to, orders[0].id)

    @cached_property
    def _by_delivery(self) -> Mapping[UUID, list[DeliveryLine]]:
        return grouped(self.lines.values(), "delivery_id")

    @cached_property
    def _by_order(self) -> Mapping[UUID, list[OrderLine]]:
        return grouped(self.order_lines.values(), "order_id")

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

    async def packagings(self, named: Iterable[tuple[UUID, Quantified]]) -> Packagings:
        """Return the packagings that inputs name. named: delivery line id, input."""
        of = {key: self.order_lines[it.order_line_id].product_id for key, it in self.lines.items()}
        return await packagings_of(self.writing, [(of.get(key), it) for key, it in named])


def grouped(rows: Iterable[Any], column: str) -> Mapping[UUID, list[Any]]:
    """Return the value of a column -> the rows that have it."""
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found


async def lock_deliveries(writing: Writing, wanted: Mapping[UUID, Path]) -> Locked:
    """Lock the orders of deliveries in id order, then read everything below them afresh.

    wanted: delivery id -> its path. Refused: NOT_FOUND for an id that the viewer does not see,
    TOO_MANY_ITEMS for more lines than one call may touch.
    Overtaken when the deliveries got other orders before the locks were there.
    """
    locked = await lock_seen(writing, wanted)
    for key, path in wanted.items():
        if key not in locked.deliveries:
            raise missing(Delivery, path)
    return locked


async def lock_seen(writing: Writing, delivery_ids: Collection[UUID]) -> Locked:
    """Lock deliveries as `lock_deliveries` does, without those that the viewer does not see."""
    orders = await _lock_orders_of(writing, delivery_ids)
    everything = writing.for_all()
    deliveries = {it.id: it for it in await writing.among(Delivery, "id", delivery_ids)}
    rows = await everything.among(DeliveryLine, "delivery_id", delivery_ids, "id")
    lines = {line.id: line for line in rows}
    return Locked(everything, deliveries, lines, orders, await lines_of(everything, orders))


async def _lock_orders_of(writing: Writing, delivery_ids: Collection[UUID]) -> dict[UUID, Order]:
    """Lock the orders of deliveries in id order and read them.

    Overtaken: others than those that were locked. Refused: TOO_MANY_ITEMS.
    """
    parameters = _parameters(writing, delivery_ids)
    orders = {row.id: row for row in await writing.session.scalars(_LOCK, parameters)}
    extent = await writing.session.rows(_EXTENT, parameters)
    if {it.order_id for it in extent} != set(orders):
        raise Overtaken
    contents = extent[0].contents if extent else 0
    writing.extent.touch(sum(it.lines for it in extent) + contents)
    return orders


async def lock_unread(writing: Writing, delivery_ids: Collection[UUID]) -> set[UUID]:
    """Lock the orders of deliveries in id order, for who needs no more than that; returns them.

    Whoever reads the deliveries then compares them with `ORDERS_NOW`.
    """
    return {
        it for (it,) in await writing.session.rows(_LOCK_UNREAD, _parameters(writing, delivery_ids))
    }


def _parameters(writing: Writing, delivery_ids: Collection[UUID]) -> dict[str, Any]:
    return {"merchant": writing.viewer.merchant_id, "keys": list(delivery_ids)}


async def lock_one(
    writing: Writing, command: DeliveryCommand, verb: AnyVerb
) -> tuple[Delivery, Locked]:
    """Lock the delivery of a command.

    Refused: NOT_FOUND; when it is to be changed VERSION_CONFLICT, WRONG_STATE, and what stops the
    verb.
    """
    locked = await lock_deliveries(writing, {command.delivery_id: ("delivery_id",)})
    delivery = locked.deliveries[command.delivery_id]
    with writing.refusals:
        check_version(delivery.version, command.expected_version)
    with writing.refusals:
        check_allowed(delivery, verb, ("delivery_id",))
        await check_delivery(writing, delivery, verb.act.stopped_by)
    return delivery, locked


def check_allowed(delivery: Delivery, verb: AnyVerb, path: Path) -> None:
    """Refused: WRONG_STATE when the verb is not for the delivery's state."""
    check_state(delivery, verb.act.states, path)


def changed(
    writing: Writing, delivery: Delivery, happened: Event, occurred_at: datetime | None = None
) -> None:
    """Raise the delivery's version and note what happened. occurred_at: where it was not now."""
    delivery.version += 1
    writing.record(happened, occurred_at)


def delivery_line_columns(delivery_id: UUID, line: OrderLine, quantity: Counted) -> dict[str, Any]:
    """Return the columns of a line that plans a quantity of an order line.

    It is counted in what the order line is, where it is not said otherwise.
    """
    ordered = {"packaging_id": line.packaging_id, "packaging_content": line.packaging_content}
    return {
        "merchant_id": line.merchant_id,
        "id": new_id(),
        "delivery_id": delivery_id,
        "order_id": line.order_id,
        "order_line_id": line.id,
        "planned": quantity.amount,
        **(ordered if quantity.packaging is None else quantity.columns),
    }


def quantities_of(quantities: Mapping[OrderLine, Decimal]) -> dict[UUID, Decimal]:
    """Return quantities as events tell them: id of the order line -> quantity."""
    return {line.id: quantity for line, quantity in quantities.items()}


def amounts_of(quantities: Mapping[OrderLine, Counted]) -> dict[UUID, Decimal]:
    """Return the same of quantities that were counted."""
    return {line.id: quantity.amount for line, quantity in quantities.items()}
