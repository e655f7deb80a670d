"""Whose approvals an order needs that is new, or that its customer raises: merchant or company."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Numeric,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal,
    not_,
    select,
)

from commands.trade.orders.drafts import Draft
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Refused
from kit.standards.money import rounded
from models.access.keys import zone_of_days
from models.access.viewers import Actor, CompanyRole
from models.base.records import columns, record
from models.master.channels import Channel
from models.master.parties import Party
from models.trade.orders.amounts import owed
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import Approval, OrderState
from models.trade.orders.tables import Order

_NOT_ORDERED = [OrderState.CANCELLED.value, OrderState.REJECTED.value]


async def awaited(
    writing: Writing,
    channel: Channel,
    party: Party | None,
    draft: Draft,
) -> Sequence[Approval]:
    """Return who must approve an order before it is confirmed.

    Where a limit of the day counts, the party is locked until the order is there.
    """
    found = []
    if channel.approval_required or any(line.unit_price is None for line in draft.lines):
        found.append(Approval.MERCHANT)
    if party is not None and await _is_above_limits(writing, party, draft):
        found.append(Approval.COMPANY)
    return found


async def _is_above_limits(writing: Writing, party: Party, draft: Draft) -> bool:
    """Tell whether the company must approve an order, whoever places it in the company's name."""
    if not _is_limited(writing):
        return False
    unpriced = any(line.unit_price is None for line in draft.lines)
    return exceeds(party, draft.currency, None if unpriced else draft.net) or await _exceeds_day(
        writing, party, draft.net
    )


def _is_limited(writing: Writing) -> bool:
    """Tell whether limits bind the viewer; approvers and the merchant's staff need nobody else."""
    viewer = writing.viewer
    return viewer.actor is not Actor.STAFF and viewer.role is not CompanyRole.APPROVER


async def check_raised(writing: Writing, order: Order, net: Decimal | None) -> None:
    """Let a locked order's company approve it where one of its buyers has raised it above a limit.

    net: what it costs now, None where that is not known; of the day, it counts with all of that.
    Refused: NOT_ALLOWED for an order that waits for nobody: what was confirmed stays so.
    """
    if order.party_id is None or order.awaits(Approval.COMPANY) or not _is_limited(writing):
        return
    parties = await writing.for_all().by_key(Party, "id", {order.party_id})
    party = parties[order.party_id]
    if not exceeds(party, order.currency, net) and not await _exceeds_day(
        writing, party, net or Decimal(0), order.id
    ):
        return
    if order.state is not OrderState.PENDING_APPROVAL:
        text = f"{order.number} would cost more than you may order alone: ask an approver."
        raise Refused(Code.NOT_ALLOWED, text, ("order_id",))
    order.awaiting_approval_of = [*order.awaiting_approval_of, Approval.COMPANY]


def exceeds(party: Party, currency: str, exact: Decimal | None) -> bool:
    """Tell whether an order costs more than the party's buyers may order alone.

    exact: what clients see as the order's net: after all discounts, with charges, before taxes.
    None where a price is not known: that, and a limit in another currency, counts as more.
    """
    if party.approval_currency is None:
        return False
    if party.approval_currency != currency or exact is None:
        return True
    return party.approval_limit is not None and (
        rounded(exact, currency).amount > party.approval_limit
    )


async def _exceeds_day(
    writing: Writing, party: Party, exact: Decimal, order_id: UUID | None = None
) -> bool:
    """Tell whether an order costs too much together with what else the company has ordered today.

    order_id: of an order that is there already. Orders at once stand in line at the party's row,
    so that each one sees those before it.
    """
    if party.approval_limit_per_day is None:
        return False
    (locked,) = await writing.session.rows(_IN_LINE, {**writing.parameters, "party": party.id})
    if locked.approval_limit_per_day is None or locked.approval_currency is None:
        return False
    own = {"party": party.id, "currency": locked.approval_currency, "own": order_id}
    values = {**writing.parameters, "now": writing.now, **own}
    ((ordered,),) = await writing.session.rows(_ordered_today(), values)
    net = rounded(ordered + exact, locked.approval_currency).amount
    return bool(net > locked.approval_limit_per_day)


# Not FOR UPDATE, which would wait for all others that hold the party in its role, as they for it.
_IN_LINE = Statement(
    select(*columns(Party))
    .where(
        Party.merchant_id == bindparam("merchant", type_=Uuid()),
        Party.id == bindparam("party", type_=Uuid()),
    )
    .with_for_update(key_share=True),
    record(Party),
)


@cache
def _ordered_today() -> Statement:
    """Build the statement that adds up what a party has ordered on the merchant's day.

    Without what was cancelled or rejected, and without what waits for the company itself.
    """
    merchant = bindparam("merchant", type_=Uuid())
    zone, now = zone_of_days(merchant), bindparam("now", type_=DateTime(timezone=True))
    midnight = func.timezone(zone, func.date_trunc(literal("day"), func.timezone(zone, now)))
    states = literal(_NOT_ORDERED, ARRAY(Text()))
    ordered = func.coalesce(func.sum(owed(Order, OrderLine)), 0, type_=Numeric())
    orders = select(ordered.label("ordered"))
    of_line = (OrderLine.merchant_id == merchant) & (OrderLine.order_id == Order.id)
    return Statement(
        orders.select_from(Order)
        .join(OrderLine, of_line)
        .where(
            Order.merchant_id == merchant,
            Order.party_id == bindparam("party", type_=Uuid()),
            Order.currency == bindparam("currency", type_=Text()),
            Order.placed_at >= midnight,
            Order.id.is_distinct_from(bindparam("own", type_=Uuid())),
            not_(Order.state == any_(states)),
            not_(Order.awaits(Approval.COMPANY)),
        )
    )
