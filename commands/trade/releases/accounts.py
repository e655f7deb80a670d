"""Accounts as releases find them, and what customers report to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from operator import add, sub
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

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
    null,
    select,
    true,
)
from sqlalchemy.orm import aliased

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.ids import new_id
from models.access.viewers import Actor, Viewer, anyone
from models.base.records import columns, record
from models.base.tables import fixed
from models.base.visibility import seen_by
from models.trade.releases.counting import QUANTITY, counted, own
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
    """What a release says that its customer has received, by the names of its columns."""

    tells_received: bool
    cumulative_received: Decimal
    last_receipt_reference: str | None
    counted_until: datetime | None

    @classmethod
    def of(cls, release: Any) -> "ReceivedReport":
        """Return what a release says that is there."""
        return cls(*(getattr(release, name) for name in cls._fields))


Counting = tuple[UUID, date]
"""An account, and the day from which it counts."""


@dataclass(frozen=True)
class Account:
    """An account with its newest period. received: what its customer reported last of it.

    opening: what was issued in the period before we counted. earlier: what the customer reported
    last in all periods before. is_new: the account is to be; period: as it is there, None for one
    that is to be.
    """

    id: UUID
    period_id: UUID
    starts_on: date
    received: Decimal = Decimal(0)
    received_reference: str | None = None
    counted_until: datetime | None = None
    opening: Decimal = Decimal(0)
    opening_received: Decimal = Decimal(0)
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

    def with_report(self, report: ReceivedReport) -> "Account":
        """Return it with what a release in force says; one that says nothing changes nothing."""
        if not report.tells_received:
            return self
        return replace(
            self,
            received=report.cumulative_received,
            received_reference=report.last_receipt_reference,
            counted_until=report.counted_until,
        )


_FIGURES = ("opening", "opening_received", "received", "received_reference", "counted_until")


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


async def issued_of(writing: Writing, accounts: Sequence[Account]) -> dict[Counting, Decimal]:
    """Return what is issued for accounts that are there since their days: one statement for all."""
    if not accounts:
        return {}
    opening = {it.counting: it.opening for it in accounts}
    keys = {"accounts": [it for it, _ in opening], "days": [it for _, it in opening]}
    rows = await writing.session.rows(_issued(), {**writing.parameters, **keys})
    return {(key, day): opening[key, day] + issued for key, day, issued in rows}


class TrueTables(NamedTuple):
    """Tables as they are, whoever writes; at: when."""

    viewer: Viewer
    at: datetime | None = None

    @staticmethod
    def table(entity: Any) -> Any:
        """Return a new alias of a table."""
        return aliased(entity)


@cache
def _issued() -> Statement:
    lists = (bindparam("accounts", type_=ARRAY(Uuid())), bindparam("days", type_=ARRAY(Date())))
    names = (column("account_id", Uuid()), column("starts_on", Date()))
    wanted = func.unnest(*lists).table_valued(*names, name="wanted").render_derived()
    nothing = cast(null(), DateTime(timezone=True))
    period = SimpleNamespace(**dict(wanted.c.items()), counted_until=nothing)
    sums = counted(TrueTables(anyone(Actor.STAFF)), period).lateral()
    return Statement(select(*wanted.c, sums.c.issued).select_from(wanted.join(sums, true())))


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
