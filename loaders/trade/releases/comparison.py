"""What a release changes day by day against an earlier one."""

from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import (
    ColumnElement,
    Date,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from kit.ids import Names
from kit.inputs import Input
from loaders.reading.listed import listed_in
from loaders.reading.relations import Part, Reader
from loaders.reading.wanted import AsWanted
from models.access.viewers import Actor, anyone
from models.base.tables import OneOf, fixed
from models.base.visibility import seen_by
from models.trade.contracts.tables import Contract
from models.trade.releases.counting import came_into_force
from models.trade.releases.tables import Release, ScheduleLine

_QUANTITY = ScheduleLine.quantity.type


class ChangeKind(StrEnum):
    """How what is wanted on a day has changed."""

    ADDED = "ADDED"
    REMOVED = "REMOVED"
    RAISED = "RAISED"
    LOWERED = "LOWERED"


class ComparisonWanted(Input):
    """With which release another one is compared."""

    release_id: Annotated[UUID, Names("Release")] | None = Field(
        None,
        description="An earlier release of the same line, place and type; when left out, the"
        " newest one that was issued before it and came into force.",
    )


@dataclass(frozen=True)
class ComparedWith(AsWanted[ComparisonWanted]):
    """Release -> what it changes against an earlier one, None where there is none."""

    def one(self, reader: Reader, wanted: ComparisonWanted, key: Any) -> Part:
        """Return it and the select of one row's."""
        return _comparison(reader, wanted, key)


def _comparison(reader: Reader, wanted: ComparisonWanted, key: Any) -> Part:
    """Return what changed, and the select of it for one release."""
    release, contract = reader.table(Release), reader.table(Contract)
    earlier = _earlier(reader, wanted, release)
    days = _days(reader, release, earlier, contract)
    sums = _sums(days)
    rows = select().select_from(release).join(contract, contract.id == release.contract_id)
    rows = rows.join(earlier, true()).join(sums, true())
    seen = (*seen_by(reader.viewer, release), *seen_by(reader.viewer, contract))
    found = SimpleNamespace(earlier_id=earlier.c.id, **dict(sums.c.items()))
    rows = rows.where(release.id == key, *seen)
    return found, rows.correlate_except(release, contract, earlier, sums)


def _earlier(reader: Reader, wanted: ComparisonWanted, release: Any) -> Any:
    """Select the release with which one is compared: of the same line, place and type."""
    other = reader.table(Release)
    age = tuple_(other.issued_at, other.received_at, other.id)
    its = tuple_(release.issued_at, release.received_at, release.id)
    same = (other.account_id == release.account_id, other.type == release.type, age < its)
    rows = select(other.id, other.cumulative_received, other.period_id)
    rows = rows.where(*same, *seen_by(reader.viewer, other))
    if wanted.release_id is not None:
        rows = rows.where(other.id == cast(wanted.release_id, Uuid()))
    else:
        rows = rows.where(*came_into_force(reader, other))
    newest = (it.desc() for it in (other.issued_at, other.received_at, other.id))
    one = rows.order_by(*newest).limit(literal_column("1"))
    return one.correlate_except(other).lateral("earlier")


def _days(reader: Reader, release: Any, earlier: Any, contract: Any) -> Any:
    """Select day by day what was wanted before and is now.

    What the customer has received in between, in the same period, is no change: as
    `Schedule.counted_from` says, it has left the earlier schedule.
    """
    line = reader.table(ScheduleLine)
    upto = func.sum(line.quantity).over(partition_by=line.release_id, order_by=line.line_no)
    is_same = release.period_id == earlier.c.period_id
    come = case((is_same, release.cumulative_received), else_=earlier.c.cumulative_received)
    left = func.least(line.quantity, earlier.c.cumulative_received + upto - come)
    is_now = line.release_id == release.id
    each = select(
        contract.day(line.window_earliest).label("day"),
        case((is_now, line.quantity), else_=0).label("after"),
        case((is_now, 0), else_=func.greatest(left, 0)).label("before"),
    )
    of = or_(is_now, line.release_id == earlier.c.id)
    lines = each.where(of, *seen_by(reader.viewer, line)).correlate_except(line).subquery("lines")
    sums = (func.sum(lines.c[name], type_=_QUANTITY).label(name) for name in ("before", "after"))
    return select(lines.c.day, *sums).group_by(lines.c.day).subquery("days")


def _sums(days: Any) -> Any:
    """Select what changed in all: sums by kind, and the days on which something did."""
    before, after, more = days.c.before, days.c.after, days.c.after - days.c.before
    kinds = {
        ChangeKind.ADDED: and_(before == 0, after > 0),
        ChangeKind.REMOVED: and_(before > 0, after == 0),
        ChangeKind.RAISED: and_(before > 0, more > 0),
        ChangeKind.LOWERED: and_(after > 0, more < 0),
    }
    kind = case(*((is_so, fixed(it)) for it, is_so in kinds.items()))
    written = {"day": days.c.day, "kind": kind}
    written |= {name: cast(days.c[name], Text()) for name in ("before", "after")}
    pairs: list[tuple[Any, Any]] = [(fixed(name), it) for name, it in written.items()]
    each = aggregate_order_by(func.jsonb_build_object(*chain.from_iterable(pairs)), days.c.day)
    changes = func.jsonb_agg(each).filter(before != after)
    amounts = {
        "before": _sum(before),
        "after": _sum(after),
        **{it.lower(): _sum(func.abs(more), is_so) for it, is_so in kinds.items()},
    }
    listed = func.coalesce(changes, literal_column("'[]'::jsonb"), type_=JSONB())
    columns = (it.label(name) for name, it in {**amounts, "changes": listed}.items())
    return select(*columns).select_from(days).lateral("sums")


def _sum(amount: Any, where: Any = None) -> ColumnElement[Decimal]:
    total = func.sum(amount)
    return func.coalesce(total if where is None else total.filter(where), 0, type_=_QUANTITY)


def _change(value: Any) -> SimpleNamespace:
    amounts = {name: cast(value[name].astext, _QUANTITY) for name in ("before", "after")}
    return SimpleNamespace(
        day=cast(value["day"].astext, Date),
        kind=type_coerce(value["kind"].astext, OneOf(ChangeKind)),
        difference=amounts["after"] - amounts["before"],
        **amounts,
    )


changes = listed_in("changes", _change)
_EXAMPLE, _ = _comparison(Reader(anyone(Actor.STAFF), None), ComparisonWanted(), null())
ComparedWith.source, ComparedWith.record = (
    _EXAMPLE,
    namedtuple("Compared", vars(_EXAMPLE)),  # noqa: PYI024 -- the types of the fields are SQL's.
)
