"""Accounts as releases find them, and what customers report to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from operator import add, sub
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    Date,
    DateTime,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    column,
    func,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.ids import new_id
from models.access.viewers import Actor, Viewer, anyone
from models.base.records import columns, record
from models.base.tables import fixed
from models.base.visibility import merchant, seen_by
from models.trade.contracts.tables import Contract
from models.trade.releases.counting import QUANTITY, counted, own
from models.trade.releases.cumulatives import received_quantity, supplied_quantity
from models.trade.releases.tables import AccountPeriod, CumulativeAccount, Release, ScheduleLine
from models.trade.releases.words import ReleaseState


class ReleasePlace(NamedTuple):
    """What one release is for, beside its type."""

    contract_line_id: UUID
    ship_to_id: UUID | None
    unloading_point: str | None

    @classmethod
    def of(cls, it: Any) -> "ReleasePlace":
        """Return the place of an item or of an account."""
        return cls(it.contract_line_id, it.ship_to_id, it.unloading_point)

    @property
    def key(self) -> str:
        """Return it as one text, as `_placed` does in SQL."""
        point = "" if self.unloading_point is None else f"={self.unloading_point}"
        return f"{self.contract_line_id}{self.ship_to_id or ''}{point}"

    @property
    def is_whole(self) -> bool:
        """Tell whether it is for whatever the line is released for without naming a place."""
        return self.ship_to_id is None and self.unloading_point is None


class ReceivedReport(NamedTuple):
    """What a release says that its customer has received, by the names of its columns.

    told_at: up to when what left may be in its figure.
    """

    tells_received: bool
    cumulative_received: Decimal
    last_receipt_reference: str | None
    counted_until: datetime | None
    told_at: datetime

    @classmethod
    def of(cls, release: Release, contract: Contract) -> "ReceivedReport":
        """Return what a release says that is there."""
        at = release.calculated_at or release.issued_at
        told_at = cls.instant(contract, release.counted_until, at, release.received_at)
        return cls(*(getattr(release, name) for name in cls._fields[:-1]), told_at)

    @staticmethod
    def instant(
        contract: Contract, counted_until: datetime | None, at: datetime, received_at: datetime
    ) -> datetime:
        """Return up to when what left may be in a figure.

        That is when the last delivery left whose note is named; else of when it is. Where that is
        midnight it is of a day, in the course of which more may have come.
        """
        if counted_until is not None:
            return counted_until
        local = at.astimezone(ZoneInfo(contract.time_zone))
        return min(local + timedelta(local.time() == time.min), received_at)

    @property
    def columns(self) -> dict[str, Any]:
        """Return the columns of its release."""
        return dict(zip(self._fields[:-1], self, strict=False))


class LeftSince(NamedTuple):
    """What of an account left after an instant: issued, and delivered of that."""

    issued: Decimal = Decimal(0)
    delivered: Decimal = Decimal(0)


@dataclass(frozen=True)
class LeftQuantities:
    """What has left for an account since its day, in all and since instants that matter."""

    issued: Decimal = Decimal(0)
    delivered: Decimal = Decimal(0)
    after: dict[datetime, LeftSince] = field(default_factory=dict)

    def since(self, instant: datetime | None) -> LeftSince:
        """Return what left after an instant: nothing where there is none."""
        return LeftSince() if instant is None else self.after[instant]


Counting = tuple[UUID, date]
"""An account, and the day from which it counts."""


@dataclass(frozen=True)
class Account:
    """An account with its newest period. received: what its customer reported last of it.

    Figures are those of `AccountPeriod`. earlier: what the customer reported last in all periods
    before. is_new: the account is to be; period: as it is there, None for one that is to be.
    """

    id: UUID
    period_id: UUID
    starts_on: date
    received: Decimal = Decimal(0)
    received_reference: str | None = None
    counted_until: datetime | None = None
    opening: Decimal = Decimal(0)
    opening_received: Decimal = Decimal(0)
    reconciled_received: Decimal = Decimal(0)
    reconciled_at: datetime | None = None
    earlier: Decimal = Decimal(0)
    period: AccountPeriod | None = None
    is_new: bool = False

    @property
    def counting(self) -> Counting:
        """Return what it counts."""
        return self.id, self.starts_on

    @property
    def figures(self) -> dict[str, Any]:
        """Return the columns of its period that are told to it."""
        return {name: getattr(self, name) for name in _FIGURES}

    @property
    def columns(self) -> dict[str, Any]:
        """Return the columns of its period."""
        own = {"id": self.period_id, "account_id": self.id, "starts_on": self.starts_on}
        return {**own, **self.figures}

    @property
    def last_received(self) -> Decimal:
        """Return what its customer reported last, before that what had arrived at the opening."""
        return self.received or self.opening_received

    def counting_from(self, day: date | None) -> "Account":
        """Return it with a new period where its customer counts from a later day than before."""
        if day is None or (day <= self.starts_on and not self.is_new):
            return self
        earlier = self.earlier + self.received
        return Account(self.id, new_id(), day, earlier=earlier, is_new=self.is_new)

    def known_received(self, left: LeftQuantities) -> Decimal:
        """Return what is known to have been received where its customer tells nothing."""
        noted, until = left.since(self.counted_until).delivered, self.counted_until
        since = left.since(self.reconciled_at).delivered
        return received_quantity(
            self.received,
            None if until is None else noted,
            self.opening_received + left.delivered,
            self.reconciled_received + since,
        )

    def with_report(self, report: ReceivedReport, left: LeftQuantities) -> "Account":
        """Return it with what a release in force says; one that says nothing changes nothing."""
        if not report.tells_received:
            return self
        reconciled, at = self._reconciled(report, left)
        return replace(
            self,
            received=report.cumulative_received,
            received_reference=report.last_receipt_reference,
            counted_until=report.counted_until,
            reconciled_received=reconciled,
            reconciled_at=at,
        )

    def _reconciled(
        self, report: ReceivedReport, left: LeftQuantities
    ) -> tuple[Decimal, datetime | None]:
        """Return which figure is reconciled with ours from now on, and as of when.

        One that names delivery notes of ours is; another one only where it is above what we know to
        be supplied: of one that is not, what has left since the one before explains that it rose.
        One that fell takes from it by how much.
        """
        told, at = report.cumulative_received, self.reconciled_at
        reconciled = max(self.reconciled_received - max(self.received - told, 0), Decimal(0))
        since = left.since(at).issued
        supplied = supplied_quantity(reconciled, self.opening + left.issued - since, since)
        if report.counted_until is not None or told > supplied:
            return told, report.told_at
        return reconciled, at


_FIGURES = (
    *("opening", "opening_received", "received", "received_reference", "counted_until"),
    *("reconciled_received", "reconciled_at"),
)


async def accounts_of(
    writing: Writing, places: Collection[ReleasePlace]
) -> tuple[dict[ReleasePlace, Account], Mapping[UUID, date]]:
    """Return the accounts of places that have one, and the first day of each of their periods.

    Two statements for all, however many other places their lines have.
    """
    keys = {"places": [it.key for it in places]}
    statement = _placed(writing.viewer.actor)
    rows = await writing.session.rows(statement, {**writing.parameters, **lines_of(places), **keys})
    periods = await writing.records(AccountPeriod, "account_id", [it.id for it in rows])
    of: dict[UUID, list[AccountPeriod]] = {it.id: [] for it in rows}
    for each in sorted(periods, key=lambda it: it.starts_on):
        of[each.account_id].append(each)
    accounts = {ReleasePlace.of(it): _account(*of[it.id]) for it in rows}
    return accounts, {it.id: it.starts_on for it in periods}


def lines_of(places: Collection[ReleasePlace]) -> dict[str, Any]:
    """Return the parameter that names the lines of places."""
    return {"lines": list({it.contract_line_id for it in places})}


@cache
def _placed(actor: Actor) -> Statement:
    key = (
        cast(CumulativeAccount.contract_line_id, Text())
        + func.coalesce(cast(CumulativeAccount.ship_to_id, Text()), "")
        + func.coalesce("=" + CumulativeAccount.unloading_point, "")
    )
    rows = select(*columns(CumulativeAccount)).where(
        *seen_by(anyone(actor), CumulativeAccount),
        CumulativeAccount.contract_line_id == any_(_LINES),
        key == any_(bindparam("places", type_=ARRAY(Text()))),
    )
    return Statement(rows, record(CumulativeAccount))


_LINES = bindparam("lines", type_=ARRAY(Uuid()))


def _account(*periods: AccountPeriod) -> Account:
    *before, period = periods
    figures = {name: getattr(period, name) for name in _FIGURES}
    earlier = sum((it.received for it in before), Decimal(0))
    own = (period.account_id, period.id, period.starts_on)
    return Account(*own, **figures, earlier=earlier, period=period)


async def left_of(
    writing: Writing,
    wanted: Mapping[Counting, Collection[datetime]],
    new: Mapping[UUID, ReleasePlace],
) -> dict[Counting, LeftQuantities]:
    """Return what has left for accounts since their days, and since instants: one statement.

    new: the places of accounts that are to be, which would count for them if they were there.
    """
    if not wanted:
        return {}
    asked = [(*of, instant) for of, some in wanted.items() for instant in some or (None,)]
    keys, days, instants = zip(*asked, strict=True)
    places = {name: [getattr(it, name) for it in new.values()] for name in ReleasePlace._fields}
    values = {"accounts": keys, "days": days, "instants": instants, "ids": list(new), **places}
    rows = await writing.session.rows(_left(), {**writing.parameters, **values})
    found: dict[Counting, LeftQuantities] = {}
    for key, day, instant, issued, delivered, *since in rows:
        of = found.setdefault((key, day), LeftQuantities(issued, delivered, {}))
        of.after[instant] = LeftSince(*since)
    return found


class TrueTables(NamedTuple):
    """Tables as they are, whoever writes; at: when."""

    viewer: Viewer
    at: datetime | None = None

    @staticmethod
    def table(entity: Any) -> Any:
        """Return a new alias of a table."""
        return aliased(entity)


class _TablesWithNew(NamedTuple):
    """True tables, with accounts that are to be beside those that are there."""

    viewer: Viewer

    def table(self, entity: Any) -> Any:
        """Return a new alias of a table, or of both together."""
        if entity is not CumulativeAccount:
            return aliased(entity)
        there = aliased(entity)
        names = ("id", *ReleasePlace._fields)
        new = _listed("new", **{name: getattr(entity, name).type for name in names})
        both = union_all(
            select(there.merchant_id, *(getattr(there, name) for name in names)).where(
                *own(self, there)
            ),
            select(merchant(self.viewer).label("merchant_id"), *new.c),
        )
        return aliased(entity, both.subquery(), adapt_on_names=True)


def _listed(name: str, **types: Any) -> Any:
    """Return rows of lists that are parameters. types: column -> its type."""
    parameters = {"id": "ids"}
    lists = (bindparam(parameters.get(it, it), type_=ARRAY(of)) for it, of in types.items())
    columns_ = (column(it, of) for it, of in types.items())
    return func.unnest(*lists).table_valued(*columns_, name=name).render_derived()


@cache
def _left() -> Statement:
    wanted = _listed("wanted", accounts=Uuid(), days=Date(), instants=DateTime(timezone=True))
    of = wanted.c
    period = SimpleNamespace(
        account_id=of.accounts,
        starts_on=of.days,
        counted_until=of.instants,
        reconciled_at=of.instants,
    )
    sums = counted(_TablesWithNew(anyone(Actor.STAFF)), period).lateral()
    names = ("issued", "delivered", "issued_since", "delivered_since")
    rows = select(*of, *(sums.c[it] for it in names)).select_from(wanted.join(sums, true()))
    return Statement(rows)


class PlaceSums(NamedTuple):
    """What accounts come to: a line's, or the share of one of them.

    accounts: how many; named: those that are for a named place. received: what customers reported
    last in the newest periods, earlier: in those before. released: up to where active releases ask
    that count in the newest periods, the further type of an account.
    """

    accounts: int = 0
    named: int = 0
    received: Decimal = Decimal(0)
    earlier: Decimal = Decimal(0)
    released: Decimal = Decimal(0)

    def plus(self, more: "PlaceSums") -> "PlaceSums":
        """Return both together."""
        return PlaceSums(*map(add, self, more))

    def without(self, part: "PlaceSums") -> "PlaceSums":
        """Return what is left beside a part."""
        return PlaceSums(*map(sub, self, part))


async def sums_of(writing: Writing, line_ids: Sequence[UUID]) -> dict[UUID, PlaceSums]:
    """Return what all accounts of contract lines come to: one statement, and a row for each."""
    values = {**writing.parameters, "lines": line_ids}
    rows = await writing.session.rows(_sums(), values) if line_ids else []
    return dict.fromkeys(line_ids, PlaceSums()) | {key: PlaceSums(*sums) for key, *sums in rows}


@cache
def _sums() -> Statement:
    tables = TrueTables(anyone(Actor.STAFF))
    account, period = tables.table(CumulativeAccount), tables.table(AccountPeriod)
    newest = func.max(period.starts_on).over(partition_by=account.id) == period.starts_on
    named = account.ship_to_id.is_not(None) | account.unloading_point.is_not(None)
    periods = (
        select(account.contract_line_id, period.id, period.received)
        .add_columns(newest.label("is_newest"), named.label("is_named"))
        .add_columns(_wanted_upto(tables, period).label("upto"))
        .join(period, period.account_id == account.id)
        .where(*own(tables, account, period), account.contract_line_id == any_(_LINES))
        .subquery()
    )
    is_newest = periods.c.is_newest
    rows = select(
        periods.c.contract_line_id,
        func.count().filter(is_newest).label("accounts"),
        func.count().filter(is_newest, periods.c.is_named).label("named"),
        *(
            func.coalesce(func.sum(case((condition, amount))), 0, type_=QUANTITY).label(name)
            for name, condition, amount in (
                ("received", is_newest, periods.c.received),
                ("earlier", ~is_newest, periods.c.received),
                ("released", is_newest, periods.c.upto),
            )
        ),
    )
    return Statement(rows.group_by(periods.c.contract_line_id))


def _wanted_upto(tables: TrueTables, period: Any) -> Any:
    """Return up to where active releases ask in a period, the further type.

    It is asked period by period, by an index: PostgreSQL knows too little of rows that were written
    just now to join thousands of them well.
    """
    release, scheduled = tables.table(Release), tables.table(ScheduleLine)
    lines = select(func.coalesce(func.sum(scheduled.quantity), 0)).where(
        *own(tables, scheduled), scheduled.release_id == release.id
    )
    upto = release.cumulative_received + lines.correlate(release).scalar_subquery()
    rows = select(func.max(upto)).where(
        *own(tables, release),
        release.account_id == period.account_id,
        release.period_id == period.id,
        release.state == fixed(ReleaseState.ACTIVE),
    )
    return rows.correlate(period).scalar_subquery()
