"""What accounts count, from deliveries and from what their customers say."""

from collections import namedtuple
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, null, or_, select, true

from loaders.reading.relations import Part, Reader, Relation
from models.access.viewers import Actor, anyone
from models.base.tables import entity_named
from models.base.visibility import merchant, seen_by
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.tables import AccountPeriod, CumulativeAccount, Release, ScheduleLine


def own(reader: Reader, *tables: Any) -> list[ColumnElement[bool]]:
    """Return that rows are the merchant's: an account counts whatever its reader sees of it."""
    return [it.merchant_id == merchant(reader.viewer) for it in tables]


def _account_of(reader: Reader, line: Any, delivery: Any) -> ColumnElement[Any]:
    """Return for which account a delivery of an order line counts.

    That of the schedule line which it answers; else that of its address, or the one of the contract
    line that names none.
    """
    scheduled, release = reader.table(ScheduleLine), reader.table(Release)
    answered = select(release.account_id).join(scheduled, scheduled.release_id == release.id)
    answered = answered.where(
        *own(reader, scheduled, release),
        scheduled.id == line.schedule_line_id,
        release.contract_line_id == line.contract_line_id,
    )
    account = reader.table(CumulativeAccount)
    placed = select(account.id).where(
        *own(reader, account),
        account.contract_line_id == line.contract_line_id,
        or_(account.ship_to_id == delivery.ship_to_id, account.ship_to_id.is_(None)),
    )
    first = (account.ship_to_id.nulls_last(), account.unloading_point.nulls_first(), account.id)
    placed = placed.order_by(*first).limit(1)
    return func.coalesce(
        answered.correlate_except(scheduled, release).limit(1).scalar_subquery(),
        placed.correlate_except(account).scalar_subquery(),
    )


def counted(reader: Reader, period: Any, *, until: Any = None) -> Select[Any]:
    """Select what has left since a period began: one row of sums, whatever orders it was for.

    dispatched, delivered, lost, returned; issued without the two last; after: what was delivered of
    what left after the customer's last receipt. until: day of the next period, NULL for none.
    """
    line, part = (reader.table(entity_named(it)) for it in ("OrderLine", "DeliveryLine"))
    delivery = reader.table(entity_named("Delivery"))
    account, agreed = reader.table(CumulativeAccount), reader.table(ContractLine)
    contract = reader.table(Contract)
    rows = (
        select()
        .select_from(account)
        .join(agreed, agreed.id == account.contract_line_id)
        .join(contract, contract.id == agreed.contract_id)
        .join(line, line.contract_line_id == account.contract_line_id)
        .join(part, part.order_line_id == line.id)
        .join(delivery, delivery.id == part.delivery_id)
    )
    day = contract.day(delivery.dispatched_at)
    rows = rows.where(
        *own(reader, account, agreed, contract, line, part, delivery),
        account.id == period.account_id,
        day >= period.starts_on,
        _account_of(reader, line, delivery) == account.id,
    )
    if until is not None:
        rows = rows.where(or_(until.is_(None), day < until))
    is_after = delivery.dispatched_at > period.counted_until
    return rows.add_columns(
        *(_sum(getattr(part, name), label) for name, label in _SUMS.items()),
        _sum(part.shipped - part.lost - part.refused, "issued"),
        _sum(case((is_after, part.delivered), else_=0), "after"),
    ).correlate_except(account, agreed, contract, line, part, delivery)


_SUMS = {"shipped": "dispatched", "delivered": "delivered", "lost": "lost", "refused": "returned"}
_QUANTITY = AccountPeriod.opening.type


def _sum(amount: Any, label: str) -> ColumnElement[Any]:
    return func.coalesce(func.sum(amount), 0, type_=_QUANTITY).label(label)


def received(period: Any, sums: Any) -> ColumnElement[Any]:
    """Return what a customer has received in a period: its figure and ours, never added.

    Where it named a delivery note of ours, what left after that comes on top of what it said; else
    the larger figure counts.
    """
    ours = period.opening_received + sums.delivered
    noted = period.received + sums.after
    return case(
        (period.counted_until.is_not(None), noted),
        else_=func.greatest(period.received, ours),
    )


def _figures(period: Any, sums: Any) -> SimpleNamespace:
    issued, arrived = period.opening + sums.issued, received(period, sums)
    names = ("dispatched", "delivered", "lost", "returned")
    return SimpleNamespace(
        **{name: getattr(sums, name) for name in names},
        under_way=sums.issued - sums.delivered,
        cumulative_issued=issued,
        received=arrived,
        in_transit=func.greatest(issued - arrived, 0, type_=_QUANTITY),
    )


_Record = namedtuple(  # noqa: PYI024 -- the types of the fields are SQL's.
    "_Record",
    (
        "dispatched",
        "delivered",
        "lost",
        "returned",
        "under_way",
        "cumulative_issued",
        "received",
        "in_transit",
    ),
)


class _Counted(Relation):
    """period id -> what was counted in it, up to the next period of its account."""

    record = _Record

    def __init__(self) -> None:
        """Learn the types of SQL."""
        self.source, _ = self.part(Reader(anyone(Actor.STAFF), None), null())

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the figures and the select of one period's."""
        period, later = reader.table(AccountPeriod), reader.table(AccountPeriod)
        next_one = select(func.min(later.starts_on)).where(
            *own(reader, later),
            later.account_id == period.account_id,
            later.starts_on > period.starts_on,
        )
        until = next_one.correlate_except(later).scalar_subquery()
        sums = counted(reader, period, until=until).lateral()
        rows = select().select_from(period).join(sums, true())
        rows = rows.where(and_(period.id == key, *seen_by(reader.viewer, period)))
        return _figures(period, sums.c), rows.correlate_except(period, sums)


counted_in = _Counted()
