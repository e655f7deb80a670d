"""What has left for accounts since a day, summed from deliveries; reading and writing ask it."""

from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from models.base.tables import entity_named
from models.base.visibility import AnyViewer, merchant
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.tables import AccountPeriod, CumulativeAccount, Release, ScheduleLine


class Tables(Protocol):
    """Who reads, and the tables as they are read."""

    @property
    def viewer(self) -> AnyViewer: ...  # noqa: D102 -- said above.

    def table(self, entity: Any) -> Any: ...  # noqa: D102 -- said above.


def own(reader: Tables, *tables: Any) -> list[ColumnElement[bool]]:
    """Return that rows are the merchant's: an account counts whatever its reader sees of it."""
    return [it.merchant_id == merchant(reader.viewer) for it in tables]


def account_of(reader: Tables, line: Any, delivery: Any) -> ColumnElement[Any]:
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


def counted(reader: Tables, period: Any, *, until: Any = None) -> Select[Any]:
    """Select what has left since a period began: one row of sums, whatever orders it was for.

    dispatched, delivered, lost, returned; issued without the two last; after: what was delivered of
    what left after the customer's last receipt; issued_since, delivered_since: of what left after
    its figure was reconciled. until: day of the next period, NULL for none.
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
        account_of(reader, line, delivery) == account.id,
    )
    if until is not None:
        rows = rows.where(or_(until.is_(None), day < until))
    issued = part.shipped - part.lost - part.refused
    is_after = delivery.dispatched_at > period.counted_until
    is_since = delivery.dispatched_at > period.reconciled_at
    return rows.add_columns(
        *(_sum(getattr(part, name), label) for name, label in _SUMS.items()),
        _sum(issued, "issued"),
        _sum(case((is_after, part.delivered), else_=0), "after"),
        _sum(case((is_since, issued), else_=0), "issued_since"),
        _sum(case((is_since, part.delivered), else_=0), "delivered_since"),
    ).correlate_except(account, agreed, contract, line, part, delivery)


_SUMS = {"shipped": "dispatched", "delivered": "delivered", "lost": "lost", "refused": "returned"}
QUANTITY = AccountPeriod.opening.type


def _sum(amount: Any, label: str) -> ColumnElement[Any]:
    return func.coalesce(func.sum(amount), 0, type_=QUANTITY).label(label)


def supplied_upto(period: Any, sums: Any) -> ColumnElement[Any]:
    """Return up to where what a customer wants is supplied: `cumulatives.supplied_quantity`."""
    before = period.opening + sums.issued - sums.issued_since
    had = func.greatest(before, period.reconciled_received, type_=QUANTITY)
    supplied: ColumnElement[Any] = had + sums.issued_since
    return supplied


def received(period: Any, sums: Any) -> ColumnElement[Any]:
    """Return what a customer has received in a period: `cumulatives.received_quantity`."""
    ours = period.opening_received + sums.delivered
    since = period.reconciled_received + sums.delivered_since
    noted = period.received + sums.after
    return case(
        (period.counted_until.is_not(None), noted),
        else_=func.greatest(period.received, ours, since),
    )
