"""What of call-offs a plan leaves as it is: for which day it was planned, and when it comes."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Uuid, bindparam, func, select

from commands.trade.releases.accounts.sums import TrueTables
from commands.writing.transaction import Writing
from kit.db.statements import NOW, Statement
from models.access.viewers import Actor, anyone
from models.fulfilment.deliveries.states import AFTER_DISPATCH, BEFORE_DISPATCH
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.contracts.tables import Contract
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OPEN_STATES
from models.trade.orders.tables import Order
from models.trade.releases.counting import account_of, ours

CONTRACT = bindparam("contract", None, Uuid())
AT = bindparam(NOW, None, DateTime(timezone=True))


class ScheduledLine(NamedTuple):
    """A contract line at a place: what an account is of."""

    contract_line_id: UUID
    account_id: UUID


class Fixed(NamedTuple):
    """What of an order line a plan leaves as it is: of one delivery, or what is in none.

    comes_on: the day on which it comes, in the window from earliest to latest; planned_on: the one
    for which it was planned, before somebody moved it, planned_for its instant. schedule_line_id:
    which it answers, None where it was planned for another day than it was called off for.
    """

    comes_on: date
    planned_on: date
    earliest: datetime
    latest: datetime
    planned_for: datetime
    schedule_line_id: UUID | None
    quantity: Decimal

    @property
    def is_moved(self) -> bool:
        """Whether it comes on another day than planned."""
        return self.comes_on != self.planned_on


def of_contract(line: Any, order: Any) -> tuple[ColumnElement[bool], ...]:
    """Return which order lines are called off of `CONTRACT`, and have not left whole."""
    return (
        order.contract_id == CONTRACT,
        order.state.in_(OPEN_STATES),
        line.contract_line_id.is_not(None),
        line.open_quantity > 0,
    )


async def parts_of_contract(writing: Writing, contract: Contract) -> Sequence[Any]:
    """Return what of a contract's call-offs is in deliveries that have not left.

    account_id: where it will count. is_elsewhere: it is to go elsewhere than its call-off says.
    """
    values = {**writing.parameters, "contract": contract.id}
    return await writing.session.rows(_parts(), values)


@cache
def _parts() -> Statement:
    tables = TrueTables(anyone(Actor.STAFF))
    delivery, part, line, order = (
        tables.table(it) for it in (Delivery, DeliveryLine, OrderLine, Order)
    )
    rows = (
        select(
            *(line.id, line.contract_line_id, part.delivery_id, part.planned),
            *(part.moved_from_earliest, delivery.window_earliest, delivery.window_latest),
            delivery.ship_to_id.is_distinct_from(order.ship_to_id).label("is_elsewhere"),
            account_of(tables, line, delivery).label("account_id"),
        )
        .join(part, part.order_line_id == line.id)
        .join(delivery, delivery.id == part.delivery_id)
        .join(order, order.id == line.order_id)
        .where(
            *ours(tables, delivery, part, line, order),
            *of_contract(line, order),
            delivery.state.in_(BEFORE_DISPATCH),
        )
        .order_by(part.id)
    )
    return Statement(rows)


async def left_early(
    writing: Writing, contract: Contract
) -> Mapping[ScheduledLine, Mapping[date, Decimal]]:
    """Return how much of what answers a contract's schedules left before its day, by that day.

    Its day is the one for which it was planned, whenever it came.
    """
    values = {**writing.parameters, NOW: writing.now, "contract": contract.id}
    found = defaultdict[ScheduledLine, dict[date, Decimal]](dict)
    for each in await writing.session.rows(_early(), values):
        by_day = found[ScheduledLine(each.contract_line_id, each.account_id)]
        day = contract.day(each.earliest)
        by_day[day] = by_day.get(day, Decimal(0)) + each.issued
    return found


@cache
def _early() -> Statement:
    tables = TrueTables(anyone(Actor.STAFF))
    delivery, part, line, order = (
        tables.table(it) for it in (Delivery, DeliveryLine, OrderLine, Order)
    )
    planned_for = func.coalesce(part.moved_from_earliest, delivery.window_earliest)
    account = account_of(tables, line, delivery).label("account_id")
    rows = (
        select(
            line.contract_line_id,
            account,
            planned_for.label("earliest"),
            part.issued.label("issued"),
        )
        .join(part, part.order_line_id == line.id)
        .join(delivery, delivery.id == part.delivery_id)
        .join(order, order.id == line.order_id)
        .where(
            *ours(tables, delivery, part, line, order),
            order.contract_id == CONTRACT,
            line.schedule_line_id.is_not(None),
            delivery.state.in_(AFTER_DISPATCH),
            planned_for > AT,
        )
    )
    return Statement(rows)


def fixed_by_account(
    contract: Contract,
    standing: Sequence[Any],
    parts: Sequence[Any],
    changing: Collection[UUID],
) -> Mapping[ScheduledLine, Sequence[Fixed]]:
    """Return what a plan leaves as it is. changing: the deliveries that it may change.

    Of what answers no schedule nobody notes that it was moved: it is planned for when it was called
    off.
    """
    found: defaultdict[ScheduledLine, list[Fixed]] = defaultdict(list)
    by_id, inside = {it.id: it for it in standing}, defaultdict[UUID, Decimal](Decimal)
    for part in parts:
        inside[part.id] += part.planned
        of = by_id.get(part.id)
        if part.delivery_id in changing or part.account_id is None or of is None:
            continue
        called_for = None if of.schedule_line_id is not None else of.earliest
        window = part.window_earliest, part.window_latest
        planned_for = part.moved_from_earliest or called_for or part.window_earliest
        planned_on = contract.day(planned_for)
        is_own = of.earliest is not None and planned_on == contract.day(of.earliest)
        key = of.schedule_line_id if is_own else None
        account = ScheduledLine(part.contract_line_id, part.account_id)
        days = contract.day(part.window_earliest), planned_on
        found[account].append(Fixed(*days, *window, planned_for, key, part.planned))
    for each in standing:
        free = each.unplanned if each.is_free else Decimal(0)
        amount = each.open_quantity - inside[each.id] - free
        if each.account_id is not None and each.earliest is not None and amount > 0:
            key, day = each.schedule_line_id, contract.day(each.earliest)
            account = ScheduledLine(each.contract_line_id, each.account_id)
            window = each.earliest, each.latest
            found[account].append(Fixed(day, day, *window, each.earliest, key, amount))
    return found
