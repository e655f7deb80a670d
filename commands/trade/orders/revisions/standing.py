"""Orders as they stand, locked, and which of their lines is which of those that are sent."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select

from commands.trade.contracts.times import Window
from commands.trade.orders.drafts import LineDraft, line_columns
from commands.trade.orders.fields import LineFields, OrderFields
from commands.trade.orders.lines import lines_of, touch_lines_of, withdraw
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.base.tables import entity_named
from models.trade.orders.lines import OrderLine
from models.trade.orders.standing import left_with
from models.trade.orders.tables import Order

_KEYS = (
    ("external_reference",),
    ("product_id", "ordered", "unit_price", "window_earliest"),
    ("product_id", "ordered"),
    ("product_id",),
)
"""Columns in which a line that is sent agrees with the one that it is, the best first."""
_ANY, _OTHERS = {True, False}, {False}
_WAYS = (
    (_ANY, _KEYS[0]),
    *((_OTHERS, names) for names in _KEYS[1:]),
    *((_ANY, names) for names in _KEYS[1:]),
)
"""Whether the line may be one that was added, and the columns."""


class AsItIs(OrderFields):
    """What an order that is there says of itself, for the prices of lines."""

    channel_id: UUID
    at: datetime

    @classmethod
    def of(cls, order: Order) -> "AsItIs":
        """Return it of an order."""
        return cls.model_construct(
            channel_id=order.channel_id,
            party_id=order.party_id,
            currency=order.currency,
            at=order.placed_at,
        )

    def ordered_at(self, now: datetime) -> datetime:
        """Return when it was ordered."""
        del now
        return self.at


class LineAsItIs(LineFields):
    """How much of what a line asks the price of."""

    product_id: UUID

    @classmethod
    def of(cls, row: OrderLine) -> "LineAsItIs":
        """Return it of a line."""
        return cls.model_construct(product_id=row.product_id, quantity=row.ordered, packaging=None)


@dataclass(frozen=True)
class StandingOrders:
    """Locked orders by id, and all of their lines by the order's id.

    left: order's id -> when something of it left last. completed: order's id -> number of the
    delivery that has left and completed it.
    """

    orders: Mapping[UUID, Order]
    rows: Mapping[UUID, Sequence[OrderLine]]
    left: Mapping[UUID, datetime]
    completed: Mapping[UUID, str]

    @classmethod
    async def read(cls, writing: Writing, order_ids: Collection[UUID]) -> "StandingOrders":
        """Lock orders in id order and read their lines. Refused: TOO_MANY_ITEMS.

        Amendments that nobody has answered in time end here, as they are read.
        """
        orders = await writing.among(Order, "id", order_ids, "id", lock=True)
        rows: defaultdict[UUID, list[OrderLine]] = defaultdict(list)
        if orders:
            # Counted before they are read: what is too much is not even held.
            await touch_lines_of(writing, [it.id for it in orders])
        for row in (await lines_of(writing, [it.id for it in orders])).values():
            rows[row.order_id].append(row)
        for order in orders:
            unanswered = [it for it in rows[order.id] if it.is_unanswered(writing.now)]
            withdraw(writing, order, unanswered)
        return cls({it.id: it for it in orders}, rows, *await _left(writing, rows))

    def every(self, order_id: UUID) -> Sequence[OrderLine]:
        """Return all lines that an order has or had."""
        return self.rows.get(order_id, ())

    def lines(self, order_id: UUID) -> Sequence[OrderLine]:
        """Return the lines of an order that were not taken out of it."""
        return [it for it in self.every(order_id) if it.ordered]


async def _left(
    writing: Writing, rows: Mapping[UUID, Sequence[OrderLine]]
) -> tuple[Mapping[UUID, datetime], Mapping[UUID, str]]:
    """Return what `left` and `completed` are. rows: lines by order."""
    keys = [key for key, lines in rows.items() if any(it.has_left for it in lines)]
    if not keys:
        return {}, {}
    found = await writing.session.rows(_left_last(), {**writing.parameters, "keys": keys})
    completed = {it.order_id: it.completed_by for it in found if it.completed_by}
    return {it.order_id: it.at for it in found}, completed


def matched(
    rows: Sequence[OrderLine], drafts: Sequence[LineDraft], currency: str
) -> list[OrderLine | None]:
    """Return for each line that is sent the one that it is, None for a new one.

    A line that was added is meant only where no other one is.
    """
    left, found = list(rows), dict[int, OrderLine]()
    columns = [line_columns(it, currency) for it in drafts]
    for added, names in _WAYS:
        by_key: defaultdict[tuple[Any, ...], list[OrderLine]] = defaultdict(list)
        for row in left:
            if row.added in added:
                by_key[tuple(getattr(row, it) for it in names)].append(row)
        for place, sent in enumerate(columns):
            key = tuple(sent[it] for it in names)
            if place not in found and key != (None,) and by_key[key]:
                found[place] = by_key[key].pop(0)
        taken = {it.id for it in found.values()}
        left = [it for it in left if it.id not in taken]
    return [found.get(place) for place in range(len(drafts))]


def kept(row: OrderLine) -> LineDraft:
    """Return a line as it is."""
    of = (row.window_earliest, row.window_latest, row.window_zone)
    values: dict[str, Any] = dict(zip(("earliest", "latest", "time_zone"), of, strict=True))
    window = None if row.window_earliest is None else Window.model_construct(**values)
    counted: Any = SimpleNamespace(id=row.packaging_id, content=row.packaging_content)
    product: Any = SimpleNamespace(id=row.product_id, unit=row.unit, scale=row.scale)
    return LineDraft(
        product,
        row.ordered,
        row.unit_price,
        None if row.packaging_id is None else counted,
        row.discount_percent,
        window,
        row.substitution_allowed,
        row.external_reference,
        discount_amount=row.discount_amount,
        order_discount=row.order_discount,
        added=row.added,
        price_stated=row.price_stated,
    )


@cache
def _left_last() -> Statement:
    """Deliveries are of a wing above: they are named by string."""
    tables: list[Any] = [entity_named("Delivery"), entity_named("DeliveryLine")]
    delivery, part = tables
    merchant = bindparam("merchant", type_=Uuid())
    keys = any_(bindparam("keys", type_=ARRAY(Uuid())))
    completed_by = func.max(delivery.number).filter(delivery.completes_order)
    return Statement(
        select(
            part.order_id,
            func.max(delivery.dispatched_at).label("at"),
            completed_by.label("completed_by"),
        )
        .where(*(it.merchant_id == merchant for it in tables), left_with(keys, delivery, part))
        .group_by(part.order_id)
    )
