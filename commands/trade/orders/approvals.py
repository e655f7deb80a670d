"""Whose approvals a new order needs: of merchant or company."""

from collections.abc import Sequence
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

from commands.trade.orders.drafts import Draft
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.standards.money import rounded
from models.access.keys import zone_of_days
from models.access.viewers import Actor, CompanyRole
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
    """Tell whether the company must approve an order, whoever places it in the company's name.

    Its approvers, and the merchant's staff, need nobody else.
    """
    viewer = writing.viewer
    if viewer.actor is Actor.STAFF or viewer.role is CompanyRole.APPROVER:
        return False
    return exceeds(party, draft) or await _exceeds_day(writing, party, draft)


def exceeds(party: Party, draft: Draft) -> bool:
    """Tell whether an order costs more than the party's buyers may order alone.

    What it costs is what clients see as the order's net: after all discounts, with charges, before
    taxes. A line without a price, or a limit in another currency, makes that unknown: it counts as
    more.
    """
    if party.approval_currency is None:
        return False
    unpriced = any(line.unit_price is None for line in draft.lines)
    if party.approval_currency != draft.currency or unpriced:
        return True
    net = rounded(draft.net, draft.currency).amount
    return party.approval_limit is not None and net > party.approval_limit


async def _exceeds_day(writing: Writing, party: Party, draft: Draft) -> bool:
    """Tell whether an order costs too much together with what the company has ordered today.

    Orders at once stand in line at the party's row, so that each one sees those before it.
    """
    if party.approval_limit_per_day is None:
        return False
    locked = (await writing.lock(Party, {party.id: ("party_id",)}))[party.id]
    if locked.approval_limit_per_day is None or locked.approval_currency is None:
        return False
    own = {"party": party.id, "currency": locked.approval_currency, "now": writing.now}
    ((ordered,),) = await writing.session.rows(_ordered_today(), {**writing.parameters, **own})
    net = rounded(ordered + draft.net, locked.approval_currency).amount
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
            not_(Order.state == any_(states)),
            not_(Order.awaits(Approval.COMPANY)),
        )
    )
