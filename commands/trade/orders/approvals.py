"""Whose approvals a new order needs: of merchant or company."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

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

from commands.trade.orders.drafts import LineDraft
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.standards.money import rounded
from models.access.keys import zone_of_days
from models.access.viewers import Actor, CompanyRole
from models.master.channels import Channel
from models.master.parties import Party
from models.trade.orders.states import Approval, OrderState
from models.trade.orders.tables import Order, OrderLine

_NOT_ORDERED = [OrderState.CANCELLED.value, OrderState.REJECTED.value]


async def awaited(
    writing: Writing,
    channel: Channel,
    party: Party | None,
    lines: Sequence[LineDraft],
    currency: str,
) -> Sequence[Approval]:
    """Return who must approve an order before it is confirmed.

    Where a limit of the day counts, the party is locked until the order is there.
    """
    found = []
    if channel.approval_required or any(line.unit_price is None for line in lines):
        found.append(Approval.MERCHANT)
    if party is not None and _limit_applies(writing):
        above = exceeds(party, lines, currency)
        if above or await _exceeds_day(writing, party, lines):
            found.append(Approval.COMPANY)
    return found


def _limit_applies(writing: Writing) -> bool:
    """Tell whether the company's limit binds the viewer: its approvers need nobody else."""
    viewer = writing.viewer
    return viewer.actor is Actor.BUYER and viewer.role is not CompanyRole.APPROVER


def exceeds(party: Party, lines: Sequence[LineDraft], currency: str) -> bool:
    """Tell whether lines cost more than the party's buyers may order alone.

    What they cost is what clients see as the order's net. A line without a price, or a limit in
    another currency, makes that unknown: it counts as more.
    """
    if party.approval_currency is None:
        return False
    if party.approval_currency != currency or any(line.unit_price is None for line in lines):
        return True
    net = rounded(_net(lines), currency).amount
    return party.approval_limit is not None and net > party.approval_limit


def _net(lines: Sequence[LineDraft]) -> Decimal:
    return sum((line.net or Decimal(0) for line in lines), Decimal(0))


async def _exceeds_day(writing: Writing, party: Party, lines: Sequence[LineDraft]) -> bool:
    """Tell whether lines cost too much together with what the company has ordered today.

    Orders at once stand in line at the party's row, so that each one sees those before it.
    """
    if party.approval_limit_per_day is None:
        return False
    locked = (await writing.lock(Party, {party.id: ("party_id",)}))[party.id]
    if locked.approval_limit_per_day is None or locked.approval_currency is None:
        return False
    own = {"party": party.id, "currency": locked.approval_currency, "now": writing.now}
    ((ordered,),) = await writing.session.rows(_ordered_today(), {**writing.parameters, **own})
    net = rounded(ordered + _net(lines), locked.approval_currency).amount
    return bool(net > locked.approval_limit_per_day)


@cache
def _ordered_today() -> Statement:
    """Build the statement that adds up what a party has ordered on the merchant's day.

    Without what was cancelled or rejected, and without what waits for the company itself.
    """
    merchant = bindparam("merchant", type_=Uuid())
    zone, now = zone_of_days(merchant), bindparam("now", type_=DateTime(timezone=True))
    midnight = func.timezone(zone, func.date_trunc(literal("day"), func.timezone(zone, now)))
    states = literal(_NOT_ORDERED, ARRAY(Text()))
    ordered = func.coalesce(func.sum(OrderLine.net), 0, type_=Numeric())
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
            not_(Order.state == any_(states)),
            not_(Order.awaits(Approval.COMPANY)),
        )
    )
