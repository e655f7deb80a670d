"""What has left for accounts since a day, summed from deliveries; reading and writing ask it."""

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, case, false, func, inspect, or_, select, true
from sqlalchemy.orm import aliased

from models.base.tables import entity_named, fixed
from models.base.visibility import AnyViewer, merchant
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.findings import LATE, ReleaseFinding
from models.trade.releases.tables import (
    AccountPeriod,
    CumulativeAccount,
    LastReceipt,
    Release,
    ScheduleLine,
)
from models.trade.releases.words import ReleaseState


class Tables(Protocol):
    """Who reads, and the tables as they are read."""

    @property
    def viewer(self) -> AnyViewer: ...  # noqa: D102 -- said above.

    def table(self, entity: Any) -> Any: ...  # noqa: D102 -- said above.


def ours(reader: Tables, *tables: Any) -> list[ColumnElement[bool]]:
    """Return that rows are the merchant's: an account counts whatever its reader sees of it."""
    return [it.merchant_id == merchant(reader.viewer) for it in tables]


def briefly(reader: Tables, entity: Any, name: str) -> Any:
    """Return a table by a short name: a statement that is too long is planned each time."""
    table = inspect(reader.table(entity)).selectable
    return aliased(entity, table.element.alias(name), adapt_on_names=True)


def account_of(reader: Tables, line: Any, delivery: Any) -> ColumnElement[Any]:
    """Return for which account a delivery of an order line counts: always one of where it goes.

    That of the schedule line which it answers, where that is for its address or names none; else
    that of its address, or the one of the contract line that names none.
    """
    scheduled, release = briefly(reader, ScheduleLine, "ws"), briefly(reader, Release, "wr")
    wanting = briefly(reader, CumulativeAccount, "wa")
    answered = select(wanting.id).join(release, release.account_id == wanting.id)
    answered = answered.join(scheduled, scheduled.release_id == release.id).where(
        *ours(reader, scheduled, release, wanting),
        scheduled.id == line.schedule_line_id,
        wanting.contract_line_id == line.contract_line_id,
        func.coalesce(wanting.ship_to_id == delivery.ship_to_id, true()),
    )
    account = briefly(reader, CumulativeAccount, "pa")
    placed = select(account.id).where(
        *ours(reader, account),
        account.contract_line_id == line.contract_line_id,
        or_(account.ship_to_id == delivery.ship_to_id, account.ship_to_id.is_(None)),
    )
    first = (account.ship_to_id.nulls_last(), account.unloading_point.nulls_first(), account.id)
    placed = placed.order_by(*first).limit(1)
    return func.coalesce(
        answered.correlate_except(scheduled, release, wanting).limit(1).scalar_subquery(),
        placed.correlate_except(account).scalar_subquery(),
    )


SUPPLIED = ("named", "unnamed", "issued_since", "issued_after")
RECEIVED = ("named", "unnamed", "delivered", "arrived", "delivered_since")
"""Sums of which `received` is made, and what they are sums of."""


def counted(
    reader: Tables, period: Any, *, until: Any = None, of: Collection[str] = ()
) -> Select[Any]:
    """Select what has left since a period began: one row of sums, whatever orders it was for.

    dispatched, delivered, lost, returned; issued without the two last. named: of deliveries whose
    notes the customer has named, unnamed: of others that had left when it told its figure, arrived:
    what was delivered of those; issued_since, delivered_since: of others that left later;
    issued_after: of others that left after it told its newest figure. until:
    day of the next period, NULL for none. of: which of them; all when left out.
    """
    parts = _left(reader, period, until, of)
    part = parts.c
    is_before = ~part.is_named & ~part.is_since
    sums: dict[str, tuple[str, Any]] = {it: (it, None) for it in (*_SUMS.values(), "issued")}
    sums |= {
        "named": ("left", part.is_named),
        "unnamed": ("left", is_before),
        "arrived": ("delivered", is_before),
        "issued_since": ("issued", part.is_since),
        "issued_after": ("issued", part.is_after),
        "delivered_since": ("delivered", part.is_since),
    }
    found = [
        _sum(part[what], it, where) for it, (what, where) in sums.items() if not of or it in of
    ]
    return select(*found).correlate_except(parts)


def _left(reader: Tables, period: Any, until: Any, of: Collection[str]) -> Any:
    """Select what has left since a period began, line by line of its deliveries.

    is_named: the customer has named its note, is_since: it left after it told its figure, is_after:
    after it told its newest one.
    left: what of it has come or is under way; what is in the customer's figure and was received
    short comes no more.
    """
    line, part = (reader.table(entity_named(it)) for it in ("OrderLine", "DeliveryLine"))
    delivery = reader.table(entity_named("Delivery"))
    account, agreed, contract = map(reader.table, (CumulativeAccount, ContractLine, Contract))
    named, receipt = noted(reader, account, delivery), _receipt_of(reader, delivery)
    rows = (
        select(*_summed(part, of))
        .select_from(account)
        .join(agreed, agreed.id == account.contract_line_id)
        .join(contract, contract.id == agreed.contract_id)
        .join(line, line.contract_line_id == account.contract_line_id)
        .join(part, part.order_line_id == line.id)
        .join(delivery, delivery.id == part.delivery_id)
        .outerjoin(named, named.c.starts_on == period.starts_on)
        .outerjoin(receipt, true())
    )
    day = contract.day(delivery.dispatched_at)
    rows = rows.where(
        *ours(reader, account, agreed, contract, line, part, delivery),
        account.id == period.account_id,
        day >= period.starts_on,
        account_of(reader, line, delivery) == account.id,
    )
    if until is not None:
        rows = rows.where(or_(until.is_(None), day < until))
    is_named, at = named.c.starts_on.is_not(None), delivery.dispatched_at
    is_received = or_(is_named, at <= period.reconciled_at)
    rows = rows.add_columns(
        part.issued.label("issued"),
        case(
            (and_(is_received, receipt.c.id.is_not(None)), part.delivered), else_=part.issued
        ).label("left"),
        is_named.label("is_named"),
        func.coalesce(and_(~is_named, at > period.reconciled_at), false()).label("is_since"),
        and_(~is_named, at > period.stated_at).label("is_after"),
    )
    return rows.correlate_except(
        account, agreed, contract, line, part, delivery, named, receipt
    ).lateral("parts")


def _summed(part: Any, of: Collection[str]) -> Iterator[ColumnElement[Any]]:
    """Yield the columns of a delivery line that are summed. of: as of `counted`."""
    for name, label in _SUMS.items():
        if not of or label in of:
            yield getattr(part, name).label(label)


def noted(reader: Tables, account: Any, delivery: Any) -> Any:
    """Select the first days of periods in which a release came into force that names a delivery."""
    note, release = reader.table(LastReceipt), reader.table(Release)
    begins = reader.table(AccountPeriod)
    rows = (
        select(begins.starts_on)
        .distinct()
        .select_from(note)
        .join(release, release.id == note.release_id)
    )
    rows = rows.join(begins, begins.id == release.period_id).where(
        *ours(reader, note, release, begins),
        note.delivery_id == delivery.id,
        release.account_id == account.id,
        release.tells_received,
        *came_into_force(reader, release),
    )
    return rows.correlate_except(note, release, begins).lateral("named")


def came_into_force(reader: Tables, release: Any) -> list[ColumnElement[bool]]:
    """Return that a release is in force or was: neither came it late, nor did it wait to its end.

    One that was taken back never was.
    """
    finding = briefly(reader, ReleaseFinding, "fi")
    stopped = select(finding.id).where(
        *ours(reader, finding),
        finding.release_id == release.id,
        finding.consented_at.is_(None),
        or_(finding.is_holding, _one_of(finding.code, LATE)),
    )
    is_taken = _one_of(release.state, (ReleaseState.ACTIVE, ReleaseState.SUPERSEDED))
    return [is_taken, ~stopped.correlate_except(finding).exists()]


def _one_of(column: Any, values: Iterable[StrEnum]) -> ColumnElement[bool]:
    return or_(*(column == fixed(it) for it in values))


def _receipt_of(reader: Tables, delivery: Any) -> Any:
    """Select a receipt of a delivery: what of it has not come by then is under way no more."""
    receipt = briefly(reader, entity_named("Receipt"), "rc")
    rows = select(receipt.id).where(*ours(reader, receipt), receipt.delivery_id == delivery.id)
    return rows.limit(1).correlate_except(receipt).lateral("receipt")


_SUMS = {"shipped": "dispatched", "delivered": "delivered", "lost": "lost", "refused": "returned"}
QUANTITY = AccountPeriod.opening.type


def _sum(amount: Any, label: str, where: Any = None) -> ColumnElement[Any]:
    total: Any = func.sum(amount)
    if where is not None:
        total = total.filter(where)
    return func.coalesce(total, fixed(0), type_=QUANTITY).label(label)


def supplied_upto(period: Any, sums: Any) -> ColumnElement[Any]:
    """Return up to where what a customer wants is supplied: `cumulatives.supplied_quantity`.

    It has what it said last, whatever was lost, and what left after that comes on top.
    """
    known = _known(period, sums, period.opening + sums.unnamed)
    had = period.received + sums.issued_after
    return func.greatest(known + sums.issued_since, had, type_=QUANTITY)


def received(period: Any, sums: Any) -> ColumnElement[Any]:
    """Return what a customer has received in a period: `cumulatives.received_quantity`."""
    known = _known(period, sums, period.opening_received + sums.arrived)
    had = func.greatest(period.reconciled_received, known, type_=QUANTITY)
    return func.greatest(period.received, had + sums.delivered_since, type_=QUANTITY)


def _known(period: Any, sums: Any, unnamed: Any) -> ColumnElement[Any]:
    """Return what is named in a customer's figure, what is beside that, and its surplus."""
    named = func.least(period.reconciled_received, sums.named, type_=QUANTITY)
    known: ColumnElement[Any] = named + unnamed + _surplus(period, sums)
    return known


def _surplus(period: Any, sums: Any) -> ColumnElement[Any]:
    """Return what a customer has beyond all that we issued: `cumulatives.surplus_quantity`."""
    named = period.reconciled_received - sums.named
    beside = func.greatest(fixed(0), named, type_=QUANTITY)
    more = beside - period.opening - sums.unnamed
    return func.least(beside, func.greatest(period.surplus, more), type_=QUANTITY)
