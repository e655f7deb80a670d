"""What is known of a contract's schedules before they are planned, read for all at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Date, Integer, Uuid, and_, any_, bindparam, func, or_, select

from commands.fulfilment.call_offs.schedules.arrivals import Arrivals
from commands.fulfilment.call_offs.schedules.fixed import (
    AT,
    CONTRACT,
    Fixed,
    ScheduledLine,
    fixed_by_account,
    left_early,
    of_contract,
    parts_of_contract,
)
from commands.fulfilment.call_offs.schedules.inputs import DeliveryPlanFromSchedule
from commands.fulfilment.deliveries.locking import Locked, lock_seen
from commands.trade.orders.lines import lock_orders
from commands.trade.releases.accounts.sums import TrueTables
from commands.trade.releases.transit import (
    Transit,
    receiving_address,
    receiving_addresses,
    transits_of,
)
from commands.writing.transaction import Overtaken, Writing
from kit.db.statements import NOW, Statement
from models.access.viewers import Actor, anyone
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.master.parties import Address
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.orders.holds import Hold
from models.trade.orders.lines import OrderLine
from models.trade.orders.standing import due_of
from models.trade.orders.states import OrderState
from models.trade.orders.tables import Order
from models.trade.releases.counting import account_of, ours
from models.trade.releases.effective import effective
from models.trade.releases.tables import CumulativeAccount

PlannedSpan = tuple[datetime, datetime]
"""When a window begins and ends."""


class PlannedPart(NamedTuple):
    """What a delivery that is not released takes of an order line. planned: how much it is now."""

    line: DeliveryLine
    order_line: OrderLine
    delivery: Delivery
    planned: Decimal

    @property
    def window(self) -> PlannedSpan:
        """For when it was planned, whenever it comes now."""
        return self.line.planned_for(self.delivery)

    @property
    def comes(self) -> PlannedSpan:
        """When it comes now."""
        return self.delivery.window_earliest, self.delivery.window_latest


class CalledOff(NamedTuple):
    """What of an order line is in no delivery, and may be put into one.

    due_at: later it is late. is_answer: it answers a schedule line. recipient: of its order.
    """

    order_line_id: UUID
    quantity: Decimal
    due_at: datetime
    is_answer: bool
    recipient: dict[str, Any] | None


@dataclass(frozen=True)
class KnownSchedules:
    """A locked contract's lines and accounts by id; of each of both together what follows.

    zone: of the place from which is planned.
    demand: lines of the effective schedule of which something is open, up to the day of the plan,
    as they are supplied, and all where something was moved; wanted: what is open of all of them.
    outstanding: what is called off and has not left. fixed: what of it is not this plan's to
    change. early: what left before the day for which it was planned, by that day. planned: what is
    in deliveries that this plan may change. called_off: what of it is in no delivery, and this plan
    may put into one; stuck: what is in none, and it may not. locked: those deliveries; decided: of
    them those of which somebody has moved something, or has sent it once more.
    """

    contract: Contract
    zone: ZoneInfo
    lines: Mapping[UUID, ContractLine]
    accounts: Mapping[UUID, CumulativeAccount]
    addresses: Mapping[UUID, Address]
    transit: Transit
    demand: Mapping[ScheduledLine, Sequence[Any]]
    wanted: Mapping[ScheduledLine, Decimal]
    outstanding: Mapping[ScheduledLine, Decimal]
    fixed: Mapping[ScheduledLine, Sequence[Fixed]]
    early: Mapping[ScheduledLine, Mapping[date, Decimal]]
    planned: Mapping[ScheduledLine, Sequence[PlannedPart]]
    called_off: Mapping[ScheduledLine, Sequence[CalledOff]]
    stuck: Mapping[ScheduledLine, Decimal]
    locked: Locked
    decided: frozenset[UUID]

    def arrivals(self, account_id: UUID, now: datetime) -> Arrivals:
        """Return when goods of an account may arrive."""
        ship_to_id = self.accounts[account_id].ship_to_id
        address = receiving_address(self.contract, ship_to_id, self.addresses)
        return Arrivals(self.transit.to(address), address, now, self.contract.day(now))

    def leaves_on(self, part: PlannedPart) -> date:
        """Return the day on which a planned delivery is to leave."""
        by = part.delivery.fulfil_by
        if by is None:
            return self.contract.day(part.delivery.window_earliest)
        return by.astimezone(self.zone).date()


async def known_of_contract(
    writing: Writing, command: DeliveryPlanFromSchedule, contract: Contract, zone: ZoneInfo
) -> KnownSchedules:
    """Lock what a plan may change, then its contract; read what it is made of.

    zone: of the place from which is planned. Overtaken: others planned meanwhile.
    """
    ids = await _changeable(writing, command, contract)
    order_ids = {it.order_id for it in await _standing(writing, command, contract) if it.is_free}
    await lock_orders(writing.for_all(), dict.fromkeys(order_ids, ("contract_id",)))
    locked = await lock_seen(writing, ids)
    (contract,) = (await writing.lock(Contract, {contract.id: ("contract_id",)})).values()
    standing = await _standing(writing, command, contract)
    is_free = {it.order_id for it in standing if it.is_free} <= order_ids
    if not is_free or await _changeable(writing, command, contract) != ids:
        raise Overtaken
    lines = await writing.records(ContractLine, "contract_id", [contract.id])
    accounts = await writing.records(CumulativeAccount, "contract_line_id", [it.id for it in lines])
    places = {it.ship_to_id for it in accounts if it.ship_to_id is not None}
    account_by, outstanding, called_off, stuck = _by_account(standing)
    parts = await parts_of_contract(writing, contract)
    _count_elsewhere(outstanding, parts, account_by)
    decided, planned = _decided(locked), _planned(locked, account_by)
    fixed = fixed_by_account(contract, standing, parts, locked.deliveries)
    early = await left_early(writing, contract)
    whole = {it for it, its in planned.items() if _is_whole(contract, its, decided, early.get(it))}
    whole |= {it for it, its in fixed.items() if any(_reaches(each, command.until) for each in its)}
    return KnownSchedules(
        contract,
        zone,
        {it.id: it for it in lines},
        {it.id: it for it in accounts},
        await receiving_addresses(writing, [contract], places),
        (await transits_of(writing, [contract], command.location_id))[contract.id],
        *await _demand(writing, contract, command.until, whole),
        outstanding,
        fixed,
        early,
        planned,
        called_off,
        stuck,
        locked,
        decided,
    )


def _count_elsewhere(
    outstanding: defaultdict[ScheduledLine, Decimal],
    parts: Iterable[Any],
    account_by: Mapping[UUID, ScheduledLine],
) -> None:
    """Let what is to go elsewhere than its call-off says be outstanding there."""
    for each in (it for it in parts if it.is_elsewhere and it.id in account_by):
        outstanding[account_by[each.id]] -= each.planned
        if each.account_id is not None:
            outstanding[ScheduledLine(each.contract_line_id, each.account_id)] += each.planned


def _reaches(fixed: Fixed, until: date) -> bool:
    """Tell whether something bears on lines after a day, or on ones that are supplied."""
    return fixed.is_moved or fixed.comes_on > until


def _is_whole(
    contract: Contract,
    parts: Iterable[PlannedPart],
    decided: Collection[UUID],
    early: Collection[date] | None,
) -> bool:
    """Tell whether parts may bring what is supplied: moved ones, and where later days' goods left.

    early: those days.
    """
    passed = max(early) if early else date.min
    return any(it.delivery.id in decided or contract.day(it.window[0]) < passed for it in parts)


def _planned(
    locked: Locked, account_by: Mapping[UUID, ScheduledLine]
) -> defaultdict[ScheduledLine, list[PlannedPart]]:
    """Return by account what locked deliveries bring. account_by: order line -> it."""
    found: defaultdict[ScheduledLine, list[PlannedPart]] = defaultdict(list)
    for line in locked.lines.values():
        if (account := account_by.get(line.order_line_id)) is not None:
            order_line = locked.order_lines[line.order_line_id]
            part = PlannedPart(line, order_line, locked.deliveries[line.delivery_id], line.planned)
            found[account].append(part)
    return found


def _decided(locked: Locked) -> frozenset[UUID]:
    """Return the deliveries of which somebody has moved something, or that go once more."""
    moved = {it.delivery_id for it in locked.lines.values() if it.moved_from_earliest is not None}
    again = {it.id for it in locked.deliveries.values() if it.reships_id is not None}
    return frozenset(moved | again)


def _by_account(standing: Sequence[Any]) -> tuple[Any, Any, Any, Any]:
    """Return by order line its key; by key what is outstanding, called off, and stuck."""
    account_by = {}
    outstanding, stuck = (defaultdict[ScheduledLine, Decimal](Decimal) for _ in range(2))
    called_off: defaultdict[ScheduledLine, list[CalledOff]] = defaultdict(list)
    for each in standing:
        if each.account_id is None:
            continue
        key = ScheduledLine(each.contract_line_id, each.account_id)
        account_by[each.id] = key
        outstanding[key] += each.open_quantity
        if not each.is_free:
            stuck[key] += each.unplanned
        elif each.unplanned:
            is_answer = each.schedule_line_id is not None
            free = CalledOff(each.id, each.unplanned, each.due_at, is_answer, each.recipient)
            called_off[key].append(free)
    return account_by, outstanding, called_off, stuck


async def _changeable(
    writing: Writing, command: DeliveryPlanFromSchedule, contract: Contract
) -> set[UUID]:
    """Return the deliveries that answer schedules of a contract and no more than that.

    They are planned and not released, as this plan would plan them; nothing holds them or waits.
    """
    values = {
        **writing.parameters,
        "contract": contract.id,
        "party": contract.party_id,
        "channel": command.channel_id,
        "location": command.location_id,
        "method": command.method,
    }
    return {it.id for it in await writing.session.rows(_changeable_rows(), values)}


@cache
def _changeable_rows() -> Statement:
    tables = TrueTables(anyone(Actor.STAFF))
    delivery, part, line, order, hold = (
        tables.table(it) for it in (Delivery, DeliveryLine, OrderLine, Order, Hold)
    )
    is_answer = and_(
        order.contract_id == CONTRACT,
        order.state == OrderState.CONFIRMED,
        line.schedule_line_id.is_not(None),
        line.answer_by.is_(None),
        delivery.ship_to_id.is_not_distinct_from(order.ship_to_id),
    )
    held = select(hold.subject_id).where(*ours(tables, hold), hold.is_active)
    rows = (
        select(delivery.id)
        .join(part, part.delivery_id == delivery.id)
        .join(line, line.id == part.order_line_id)
        .join(order, order.id == line.order_id)
        .where(
            *ours(tables, delivery, part, line, order),
            delivery.party_id == bindparam("party", None, Uuid()),
            delivery.state == DeliveryState.PLANNED,
            delivery.channel_id == _CHANNEL,
            delivery.location_id == bindparam("location", None, Uuid()),
            delivery.method == bindparam("method", None, Delivery.method.type),
            delivery.id.not_in(held),
            order.id.not_in(held),
        )
        .group_by(delivery.id)
        .having(func.bool_and(is_answer))
    )
    return Statement(rows)


async def _standing(
    writing: Writing, command: DeliveryPlanFromSchedule, contract: Contract
) -> Sequence[Any]:
    """Return what is called off of a contract and has not left, with its accounts.

    is_free: what of it is in no delivery may be put into one as this plan would plan it.
    """
    values = {**writing.parameters, NOW: writing.now}
    values |= {"contract": contract.id, "channel": command.channel_id}
    return await writing.session.rows(_standing_rows(), values)


@cache
def _standing_rows() -> Statement:
    tables = TrueTables(anyone(Actor.STAFF))
    line, order, hold = (tables.table(it) for it in (OrderLine, Order, Hold))
    held = select(hold.subject_id).where(*ours(tables, hold), hold.is_active)
    is_free = and_(
        order.state == OrderState.CONFIRMED,
        order.channel_id == _CHANNEL,
        line.answer_by.is_(None),
        order.id.not_in(held),
        order.is_wanted(AT),
    )
    rows = (
        select(
            *(line.id, line.order_id, line.contract_line_id, order.recipient),
            line.open_quantity.label("open_quantity"),
            line.unplanned.label("unplanned"),
            line.schedule_line_id,
            func.coalesce(line.window_earliest, order.window_earliest).label("earliest"),
            func.coalesce(line.window_latest, order.window_latest).label("latest"),
            due_of(order, line).label("due_at"),
            is_free.label("is_free"),
            account_of(tables, line, order).label("account_id"),
        )
        .join(order, order.id == line.order_id)
        .where(*ours(tables, line, order), *of_contract(line, order))
        .order_by(line.id)
    )
    return Statement(rows)


async def _demand(
    writing: Writing, contract: Contract, until: date, whole: Collection[ScheduledLine]
) -> tuple[Mapping[ScheduledLine, Sequence[Any]], Mapping[ScheduledLine, Decimal]]:
    """Return what is open of a contract's effective schedules up to a day, and of all in sum.

    whole: of which all is returned, what is supplied, too: what somebody has moved, or what comes
    later, may bring it. Of each other one the first line that is supplied is read, too, which bears
    the sum. Refused: TOO_MANY_ITEMS.
    """
    values = {**writing.parameters, NOW: writing.now, "contract": contract.id, "until": until}
    values |= {"whole": [it.account_id for it in whole], "most": writing.extent.most + 1}
    read = await writing.session.rows(_demand_rows(writing.viewer.actor), values)
    writing.extent.touch(read[0].all if read else 0)
    found: defaultdict[ScheduledLine, list[Any]] = defaultdict(list)
    wanted = dict[ScheduledLine, Decimal]()
    for each in read:
        key = ScheduledLine(each.contract_line_id, each.account_id)
        wanted[key] = each.wanted
        if each.is_read:
            found[key].append(each)
    return found, wanted


@cache
def _demand_rows(actor: Actor) -> Statement:
    lines = effective(TrueTables(anyone(actor), AT)).subquery("demand")
    of, its = lines.c, (lines.c.contract_line_id, lines.c.account_id)
    in_order = (of.cumulative_released, of.id)
    upto = func.sum(of.open_quantity).over(partition_by=its, order_by=in_order)
    is_whole = of.account_id == any_(bindparam("whole", None, ARRAY(Uuid())))
    is_read = or_(of.due_on <= bindparam("until", None, Date()), is_whole)
    rows = (
        select(
            *(of[name] for name in _OF_DEMAND),
            (upto - of.open_quantity).label("before"),
            func.sum(of.open_quantity).over(partition_by=its).label("wanted"),
            is_read.label("is_read"),
        )
        .where(of.contract_id == CONTRACT, or_(of.open_quantity > 0, is_whole))
        .subquery("supplied")
    )
    some = select(rows, func.count().over().label("all")).where(
        or_(rows.c.is_read, rows.c.before == 0)
    )
    some = some.order_by(rows.c.contract_line_id, rows.c.account_id, rows.c.before)
    return Statement(some.limit(bindparam("most", None, Integer())))


_OF_DEMAND = (
    *("id", "contract_line_id", "account_id", "kind", "date_meaning", "transit_days"),
    *("window_earliest", "window_latest", "window_zone", "ships_on", "arrives_on", "due_on"),
    *("quantity", "open_quantity"),
)
"""What a plan asks of a line."""
_CHANNEL = bindparam("channel", None, Uuid())
