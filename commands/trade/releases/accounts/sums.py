"""Accounts that are there, and what they come to: the same statements for any number of them."""

from collections.abc import Collection, Mapping, Sequence
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
    and_,
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

from commands.trade.releases.accounts.account import (
    FIGURES,
    Account,
    Counting,
    LeftQuantities,
    LeftSince,
    ReleasePlace,
)
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.access.viewers import Actor, Viewer, anyone
from models.base.records import columns, record
from models.base.tables import entity_named
from models.base.visibility import merchant, seen_by
from models.master.parties import Address
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.counting import (
    QUANTITY,
    RECEIVED,
    account_of,
    counted,
    noted,
    ours,
    received,
)
from models.trade.releases.effective import wanted_upto
from models.trade.releases.tables import AccountPeriod, CumulativeAccount


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
    figures = {name: getattr(period, name) for name in FIGURES}
    beyond = (max(it.received - it.opening, Decimal(0)) for it in before)
    earlier = sum(beyond, Decimal(0))
    own = (period.account_id, period.id, period.starts_on)
    return Account(*own, **figures, earlier=earlier, period=period, is_first=not before)


async def left_of(
    writing: Writing,
    wanted: Mapping[Counting, Collection[datetime | None]],
    new: Mapping[UUID, ReleasePlace],
) -> dict[Counting, LeftQuantities]:
    """Return what has left for accounts since their days, and since instants: one statement.

    new: the places of accounts that are to be, which would count for them if they were there.
    """
    if not wanted:
        return {}
    every = [(*of, instant) for of, some in wanted.items() for instant in some]
    keys, days, instants = zip(*every, strict=True)
    values = {"accounts": keys, "days": days, "instants": instants, **_places(new)}
    rows = await writing.session.rows(_left(), {**writing.parameters, **values})
    found: dict[Counting, LeftQuantities] = {}
    for key, day, instant, issued, *since in rows:
        of = found.setdefault((key, day), LeftQuantities(issued, {}))
        of.after[instant] = LeftSince(*since)
    return found


class NotedPart(NamedTuple):
    """What a delivery that a note names brings of one contract line, None for none.

    account_id: for which it counts, None for none; named_since: first day of a period of it in
    which a release in force has named the delivery already, None for none: a row for each such day.
    went_to: code of its address, or else its city. quantity: in the product's unit.
    """

    delivery_id: UUID
    contract_line_id: UUID | None
    sku: str
    account_id: UUID | None
    unloading_point: str | None
    named_since: date | None
    went_to: str | None
    quantity: Decimal


async def noted_parts(
    writing: Writing, delivery_ids: Collection[UUID], new: Mapping[UUID, ReleasePlace]
) -> list[NotedPart]:
    """Return what deliveries bring that notes name: one statement. new: as of `left_of`."""
    if not delivery_ids:
        return []
    values = {**writing.parameters, "deliveries": list(delivery_ids), **_places(new)}
    return [NotedPart(*it) for it in await writing.session.rows(_noted_parts(), values)]


def _places(new: Mapping[UUID, ReleasePlace]) -> dict[str, Any]:
    """Return the parameters that list the accounts that are to be."""
    of = {name: [getattr(it, name) for it in new.values()] for name in ReleasePlace._fields}
    return {"ids": list(new), **of}


class TrueTables(NamedTuple):
    """Tables as they are, whoever writes; at: when."""

    viewer: Viewer
    at: Any = None

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
                *ours(self, there)
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
        reconciled_at=of.instants,
        stated_at=of.instants,
    )
    sums = counted(_TablesWithNew(anyone(Actor.STAFF)), period).lateral()
    names = (
        "issued",
        "named",
        "unnamed",
        "arrived",
        "issued_since",
        "delivered_since",
    )
    rows = select(*of, *(sums.c[it] for it in names)).select_from(wanted.join(sums, true()))
    return Statement(rows)


@cache
def _noted_parts() -> Statement:
    reader = _TablesWithNew(anyone(Actor.STAFF))
    account, address = reader.table(CumulativeAccount), reader.table(Address)
    names = ("OrderLine", "DeliveryLine", "Delivery", "Product")
    line, part, delivery, product = (reader.table(entity_named(it)) for it in names)
    named = noted(reader, account, delivery)
    counts_for = and_(
        *ours(reader, account),
        account.contract_line_id == line.contract_line_id,
        account.id == account_of(reader, line, delivery),
    )
    of = (
        delivery.id.label("delivery_id"),
        line.contract_line_id,
        product.sku,
        account.id.label("account_id"),
        account.unloading_point,
        named.c.starts_on,
        func.coalesce(address.code, delivery.ship_to["city"].astext).label("went_to"),
    )
    rows = (
        select(*of, func.sum(part.planned).label("quantity"))
        .select_from(delivery)
        .join(part, part.delivery_id == delivery.id)
        .join(line, line.id == part.order_line_id)
        .join(product, product.id == line.product_id)
        .outerjoin(account, counts_for)
        .outerjoin(named, true())
        .outerjoin(address, and_(*ours(reader, address), address.id == delivery.ship_to_id))
        .where(
            *ours(reader, line, part, delivery, product),
            delivery.id == any_(bindparam("deliveries", type_=ARRAY(Uuid()))),
        )
    )
    return Statement(rows.group_by(*of))


class PlaceSums(NamedTuple):
    """What accounts come to: a line's, or the share of one of them.

    accounts: how many. received: what customers reported last in the newest periods. released: up
    to where what is in force asks and counts in those, just in time over forecast. wanted: what
    that asks, and customers reported last in periods before, beyond what was issued in each before
    we counted: what they want to be called off in all.
    """

    accounts: int = 0
    received: Decimal = Decimal(0)
    released: Decimal = Decimal(0)
    wanted: Decimal = Decimal(0)

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
    line, contract = tables.table(ContractLine), tables.table(Contract)
    wanted = wanted_upto(tables, account, contract, period)
    newest = func.max(period.starts_on).over(partition_by=account.id) == period.starts_on
    periods = (
        select(account.contract_line_id, period.id, period.received, period.opening)
        .add_columns(newest.label("is_newest"))
        .add_columns(wanted.c.quantity.label("upto"))
        .select_from(account)
        .join(line, line.id == account.contract_line_id)
        .join(contract, contract.id == line.contract_id)
        .join(period, period.account_id == account.id)
        .join(wanted, true())
        .where(
            *ours(tables, account, line, contract, period), account.contract_line_id == any_(_LINES)
        )
        .subquery()
    )
    of, is_newest = periods.c, periods.c.is_newest
    upto = case((is_newest, of.upto), else_=of.received)
    rows = select(
        of.contract_line_id,
        func.count().filter(is_newest).label("accounts"),
        *(
            func.coalesce(func.sum(case((condition, amount))), 0, type_=QUANTITY).label(name)
            for name, condition, amount in (
                ("received", is_newest, of.received),
                ("released", is_newest, of.upto),
                ("wanted", true(), func.greatest(upto - of.opening, 0, type_=QUANTITY)),
            )
        ),
    )
    return Statement(rows.group_by(of.contract_line_id))


async def received_of(writing: Writing, line_ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """Return what customers have received in the newest periods of lines, by theirs and ours.

    One statement. Lines without an account are left out.
    """
    values = {**writing.parameters, "lines": line_ids}
    rows = await writing.session.rows(_received(), values) if line_ids else []
    return dict(map(tuple, rows))


@cache
def _received() -> Statement:
    tables = TrueTables(anyone(Actor.STAFF))
    account, period = tables.table(CumulativeAccount), tables.table(AccountPeriod)
    later = tables.table(AccountPeriod)
    newest = select(func.max(later.starts_on)).where(
        *ours(tables, later), later.account_id == account.id
    )
    sums = counted(tables, period, of=RECEIVED).lateral()
    rows = (
        select(
            account.contract_line_id,
            func.sum(received(period, sums.c), type_=QUANTITY).label("received"),
        )
        .select_from(account)
        .join(period, period.account_id == account.id)
        .join(sums, true())
        .where(
            *ours(tables, account, period),
            account.contract_line_id == any_(_LINES),
            period.starts_on == newest.correlate_except(later).scalar_subquery(),
        )
    )
    return Statement(rows.group_by(account.contract_line_id))
