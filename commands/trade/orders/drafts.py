"""From checked drafts to order rows: the one place that makes an order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from commands.master.packagings.counting import columns_of
from commands.trade.contracts.times import Window
from commands.trade.orders.fields import Recipient
from commands.writing.counters import numbers_of
from commands.writing.ledger import ledger_of
from commands.writing.rows import Made, write_rows
from commands.writing.transaction import Writing
from kit.ids import new_id
from kit.inputs import Place
from kit.standards.money import rounded
from models.access.dues import DueKind
from models.access.keys import CounterName
from models.events.trade.orders import (
    CancelledLine,
    OrderCancelled,
    OrderClosed,
    OrderLinesCancelled,
    OrderPlaced,
)
from models.master.catalog import Product, measure_of
from models.master.packagings import Packaging
from models.trade.orders.amounts import net_of
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import (
    Approval,
    DeliveryPolicy,
    OrderKind,
    OrderState,
    payment_at_first,
)
from models.trade.orders.tables import Order


@dataclass(frozen=True)
class LineDraft:
    """One line to be: a product of the merchant with a quantity that fits its scale.

    packaging: what the quantity, which is in the product's unit, was counted in. unit_price: None
    where the merchant is to state it. discount_amount: instead of a percentage. order_discount: its
    part of the order's. guarantee_id to wanted_on, added and price_stated: as the columns of
    `OrderLine`.
    """

    product: Product
    quantity: Decimal
    unit_price: Decimal | None
    packaging: Packaging | None = None
    discount_percent: Decimal = Decimal(0)
    window: Window | None = None
    substitution_allowed: bool = False
    external_reference: str | None = None
    contract_line_id: UUID | None = None
    schedule_line_id: UUID | None = None
    guarantee_id: UUID | None = None
    called_off_on: date | None = None
    wanted_on: date | None = None
    discount_amount: Decimal = Decimal(0)
    order_discount: Decimal = Decimal(0)
    added: bool = False
    price_stated: bool = True

    @property
    def net(self) -> Decimal | None:
        """Exact price after its own discount, None where it is unknown."""
        if self.unit_price is None:
            return None
        before: Decimal = net_of(self.quantity, self.unit_price, self.discount_percent)
        return before - self.discount_amount


@dataclass(frozen=True)
class Draft:
    """An order to be; whoever makes one has checked its references. party_id or guest is set.

    awaiting: who must approve it; it is confirmed where that is nobody. discount_percent to taxed:
    as the columns of `Order`. ended: the state in which it is over already, and since when.
    """

    channel_id: UUID
    currency: str
    placed_at: datetime
    lines: Sequence[LineDraft]
    kind: OrderKind = OrderKind.STANDARD
    awaiting: Sequence[Approval] = ()
    party_id: UUID | None = None
    guest: Recipient | None = None
    buyer_contact_id: UUID | None = None
    contract_id: UUID | None = None
    purchase_order_number: str | None = None
    external_reference: str | None = None
    delivery_policy: DeliveryPolicy = DeliveryPolicy.PARTIAL_BACKORDER
    cancel_if_not_by: datetime | None = None
    ship_to_id: UUID | None = None
    ship_to: Place | None = None
    recipient: Recipient | None = None
    window: Window | None = None
    window_override: str | None = None
    note: str | None = None
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    charges: Sequence[Mapping[str, Any]] = ()
    taxes: Sequence[Mapping[str, Any]] = ()
    charged: Decimal = Decimal(0)
    taxed: Decimal | None = None
    ended: tuple[OrderState, datetime] | None = None

    @property
    def net(self) -> Decimal:
        """Exact price of the lines that have one, less the order's discount, with its charges."""
        nets = (line.net - line.order_discount for line in self.lines if line.net is not None)
        return sum(nets, self.charged)

    @property
    def lacks_a_price(self) -> bool:
        """Whether nobody knows what a line of it costs."""
        return any(line.net is None for line in self.lines)


async def create(writing: Writing, drafts: Sequence[Draft], *, after: int = 0) -> list[UUID]:
    """Write orders with their lines, numbered in the order of the drafts; returns their ids.

    after: how many lines of other documents the transaction is to write then.
    """
    if not drafts:
        return []
    keys = [new_id() for _ in drafts]
    many = after + sum(len(draft.lines) for draft in drafts)
    taken = await numbers_of(writing, CounterName.ORDER, Order, keys, lines=many)
    orders = [_order(writing, *each) for each in zip(drafts, keys, taken, strict=True)]
    lines = list[tuple[Mapping[str, Any], int, LineDraft, UUID | None]]()
    for draft, order in zip(drafts, orders, strict=True):
        await writing.room(len(draft.lines))
        writing.record(OrderPlaced(order["id"], lines=len(draft.lines)), draft.placed_at)
        if draft.ended is None:
            let_lapse(writing, order["id"], draft.cancel_if_not_by)
        ids = _ended(writing, order, draft)
        lines += [(order, no, *its) for no, its in enumerate(zip(draft.lines, ids, strict=True), 1)]
    await write_rows(writing, {Order: orders, OrderLine: Made(lines, _line)})
    return keys


def let_lapse(writing: Writing, key: UUID, not_by: datetime | None) -> None:
    """Let an order be looked at when it is not wanted any more. not_by: None for never."""
    if not_by is not None:
        writing.later(DueKind.LAPSE_ORDERS, key, not_by)


def window_columns(window: Window | None, prefix: str = "window") -> dict[str, Any]:
    """Return the three columns of a window."""
    values = (window.earliest, window.latest, window.time_zone) if window else (None, None, None)
    names = (f"{prefix}_earliest", f"{prefix}_latest", f"{prefix}_zone")
    return dict(zip(names, values, strict=True))


def _order(writing: Writing, draft: Draft, key: UUID, number: str) -> dict[str, Any]:
    state = OrderState.PENDING_APPROVAL if draft.awaiting else OrderState.CONFIRMED
    if draft.ended is not None:
        state = draft.ended[0]
    return {
        "merchant_id": writing.viewer.merchant_id,
        "id": key,
        "number": number,
        "party_id": draft.party_id,
        "contract_id": draft.contract_id,
        "state": state,
        "awaiting_approval_of": list(draft.awaiting),
        "payment_state": payment_at_first(draft.kind),
        "confirmed_at": None if draft.awaiting else draft.placed_at,
        "closed_at": None if draft.ended is None else draft.ended[1],
        "version": 1,
        # As they mostly are: what orders keep is written where it is not.
        "is_owing": draft.ended is None,
        "overdue_from": draft.window and draft.window.latest,
        "net": None if draft.lacks_a_price else rounded(draft.net, draft.currency).amount,
        **header_columns(draft),
        **(_OWES_NOTHING if state is OrderState.CANCELLED else {}),
    }


_OWES_NOTHING: Mapping[str, Any] = dict.fromkeys(("charged", "taxed", "net"), Decimal(0))


def _ended(writing: Writing, order: Mapping[str, Any], draft: Draft) -> Sequence[UUID | None]:
    """Tell as of then that all of a new order is cancelled, where it is over already.

    Returns the ids that its lines get; None for whichever they are.
    """
    if draft.ended is None:
        return [None] * len(draft.lines)
    (state, at), key = draft.ended, order["id"]
    ids = [new_id() for _ in draft.lines]
    if (ledger := ledger_of(writing)) is not None:
        for line_id, line in zip(ids, draft.lines, strict=True):
            ledger.note_then(key, line_id, at, {"cancelled": line.quantity})
    if state is OrderState.CANCELLED:
        lines = enumerate(draft.lines, 1)
        cancelled = tuple(CancelledLine(line_no, line.quantity) for line_no, line in lines)
        writing.record(OrderLinesCancelled(key, lines=cancelled), at)
        writing.record(OrderCancelled(key), at)
    else:
        writing.record(OrderClosed(key), at)
    return ids


def header_columns(draft: Draft) -> dict[str, Any]:
    """Return the columns of what a client says of an order beside its lines and its customer."""
    return {
        "channel_id": draft.channel_id,
        "guest": draft.guest and draft.guest.model_dump(),
        "buyer_contact_id": draft.buyer_contact_id,
        "kind": draft.kind,
        "purchase_order_number": draft.purchase_order_number,
        "external_reference": draft.external_reference,
        "delivery_policy": draft.delivery_policy,
        "cancel_if_not_by": draft.cancel_if_not_by,
        "currency": draft.currency,
        "discount_percent": draft.discount_percent,
        "discount_amount": draft.discount_amount,
        "charges": list(draft.charges),
        "taxes": list(draft.taxes),
        "charged": draft.charged,
        "taxed": draft.taxed,
        "ship_to_id": draft.ship_to_id,
        "ship_to": draft.ship_to and draft.ship_to.model_dump(),
        "recipient": draft.recipient and draft.recipient.model_dump(),
        "note": draft.note,
        "placed_at": draft.placed_at,
        "window_override": draft.window_override,
        **window_columns(draft.window),
    }


def _line(about: tuple[Mapping[str, Any], int, LineDraft, UUID | None]) -> dict[str, Any]:
    order, line_no, draft, key = about
    return {
        "merchant_id": order["merchant_id"],
        "id": key or new_id(),
        "order_id": order["id"],
        "placed_at": order["placed_at"],
        "line_no": line_no,
        "contract_line_id": draft.contract_line_id,
        "schedule_line_id": draft.schedule_line_id,
        "guarantee_id": draft.guarantee_id,
        "called_off_on": draft.called_off_on,
        "wanted_on": draft.wanted_on,
        "cancelled": Decimal(0) if order["closed_at"] is None else draft.quantity,
        "costs_whole": order["state"] is OrderState.CLOSED,
        **line_columns(draft, order["currency"]),
    }


def line_columns(draft: LineDraft, currency: str) -> dict[str, Any]:
    """Return the columns of what a client says of a line, and of what it bears of its order's."""
    return {
        **measure_of(draft.product),
        **columns_of(draft.packaging),
        "currency": currency,
        "unit_price": draft.unit_price,
        "price_stated": draft.price_stated,
        "discount_percent": draft.discount_percent,
        "discount_amount": draft.discount_amount,
        "order_discount": draft.order_discount,
        "substitution_allowed": draft.substitution_allowed,
        "external_reference": draft.external_reference,
        "ordered": draft.quantity,
        "added": draft.added,
        **window_columns(draft.window),
    }
