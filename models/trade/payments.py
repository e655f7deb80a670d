"""What is known of the payments of orders, as it was reported; nothing is charged here."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    and_,
    case,
    func,
    join,
    literal_column,
    not_,
    select,
    type_coerce,
    union_all,
    values,
)
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor
from models.base.acts import AllRows, Some
from models.base.tables import OfMerchant, OneOf, Owned, check, fixed, known, to, unique
from models.base.visibility import Seen, through
from models.master.channels import Channel, ReleaseWhen
from models.master.parties import Party
from models.trade.orders.states import PaymentState
from models.trade.orders.tables import Order


class Payment(Owned):
    """What was reported of the payment of one order. currency: that of the order.

    A reference names a payment in the system that reports it: what it says of one instant is one
    report. covers: what is there by it, of all of it without an amount what the order cost when it
    was recorded; None where it says of none. The order's payment_state follows from the report that
    counts as the newest (`instant_of`) and from what it covers.
    """

    __tablename__ = "payments"
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: through("Order", "order_id"),
        Actor.STOREFRONT: through("Order", "order_id"),
    }
    __table_args__ = (
        to("orders", "order_id"),
        unique("report", "order_id", "reference", "occurred_at"),
        known("state", PaymentState),
        check("amount_not_negative", "amount >= 0"),
        check("covers_its_amount", "covers = amount OR amount IS NULL"),
    )

    order_id: Mapped[UUID]
    reference: Mapped[str]
    state: Mapped[PaymentState] = mapped_column(OneOf(PaymentState))
    amount: Mapped[Decimal | None]
    covers: Mapped[Decimal | None]
    currency: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


def instant_of(occurred_at: datetime, recorded_at: datetime) -> datetime:
    """Return the instant for which a report counts: one ahead of our clock is as if it were now.

    So nothing that is said of a time to come hides what is reported until then.
    """
    return min(occurred_at, recorded_at)


_PAID = frozenset({PaymentState.PAID, PaymentState.NOT_REQUIRED})
_ENOUGH = {
    ReleaseWhen.NOT_FAILED: frozenset(PaymentState) - {PaymentState.FAILED},
    ReleaseWhen.AUTHORISED: _PAID | {PaymentState.AUTHORISED},
    ReleaseWhen.PAID: _PAID,
}
"""Rule -> what must be known of a payment so that goods go on."""


def stops(rows: AllRows, order: Any) -> ColumnElement[bool]:
    """Tell whether what is known of an order's payment stops its goods (D12).

    The party's own rule counts, whether it asks for more or for less: it is what was agreed with
    the client. Its channel's counts for those who have none.
    """
    own = rows.value(Party, "release_when", lambda party: party.id == order.party_id)
    usual = rows.value(Channel, "release_when", lambda channel: channel.id == order.channel_id)
    is_enough = {
        rule.value: order.payment_state.in_([fixed(it) for it in sorted(states)])
        for rule, states in _ENOUGH.items()
    }
    return not_(case(is_enough, value=func.coalesce(own, usual)))


UNPAID = Some(
    "it owes goods, which what is known of its payment stops",
    (Order,),
    lambda rows, row, order: and_(order.id == row.id, order.is_owing, stops(rows, order)),
)
"""Of an order, for who does not see what that is."""
_STOPPING = [
    (rule.value, state.value)
    for rule, enough in _ENOUGH.items()
    for state in sorted(frozenset(PaymentState) - enough)
]


def perhaps_stopped(rows: AllRows) -> CompoundSelect[Any]:
    """Select the ids of orders that owe goods, and whose channel's or party's rule stops them.

    The party's own rule may let them go on, whatever their channel's says.
    """
    return union_all(_under(rows, Channel, "channel_id"), _under(rows, Party, "party_id"))


def _under(rows: AllRows, entity: type[OfMerchant], column: str) -> Select[Any]:
    """Select those that one kind of rule stops. column: of the order, names whose rule it is.

    They are found by that and each state that is stopped: but for the OFFSET, PostgreSQL might read
    all orders of the merchant.
    """
    (ruling, order), (its_own, own) = rows.tables((entity, Order))
    pairs = values(sql_column("rule", Text), sql_column("state", Text), literal_binds=True)
    stopping = pairs.data(_STOPPING).alias("stopping")
    found = (
        select(order.id)
        .where(own, getattr(order, column) == ruling.id, order.is_owing)
        .where(type_coerce(order.payment_state, Text) == stopping.c.state)
        .correlate(ruling, stopping)
        .offset(literal_column("0"))
        .lateral()
    )
    rule = type_coerce(ruling.release_when, Text)
    whose = join(ruling, stopping, rule == stopping.c.rule).join(found, literal_column("true"))
    return select(found.c.id).select_from(whose).where(its_own, rule.is_not(None))
