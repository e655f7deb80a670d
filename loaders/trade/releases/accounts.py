"""What accounts count, from deliveries and from what their customers say."""

from collections import namedtuple
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, and_, func, null, select, true

from loaders.reading.relations import Part, Reader, Relation
from models.access.viewers import Actor, anyone
from models.base.visibility import seen_by
from models.trade.contracts.tables import ContractLine
from models.trade.releases.counting import QUANTITY, counted, ours, received, supplied_upto
from models.trade.releases.tables import AccountPeriod, CumulativeAccount


def _figures(period: Any, sums: Any) -> SimpleNamespace:
    supplied, arrived = supplied_upto(period, sums), received(period, sums)
    names = ("dispatched", "delivered", "lost", "returned")
    return SimpleNamespace(
        **{name: getattr(sums, name) for name in names},
        under_way=sums.issued - sums.delivered,
        cumulative_issued=period.opening + sums.issued,
        supplied=supplied,
        received=arrived,
        in_transit=func.greatest(supplied - arrived, 0, type_=QUANTITY),
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
        "supplied",
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
            *ours(reader, later),
            later.account_id == period.account_id,
            later.starts_on > period.starts_on,
        )
        until = next_one.correlate_except(later).scalar_subquery()
        sums = counted(reader, period, until=until).lateral()
        rows = select().select_from(period).join(sums, true())
        rows = rows.where(and_(period.id == key, *seen_by(reader.viewer, period)))
        return _figures(period, sums.c), rows.correlate_except(period, sums)


counted_in = _Counted()


class _UnderWay(Relation):
    """contract line id -> what has left and, reconciled for each place, not been received.

    It is the sum of what the newest periods of its accounts count; without an account, what was
    issued and has not arrived.
    """

    record = namedtuple("record", ("in_transit",))  # noqa: PYI024 -- one figure.
    source = SimpleNamespace(in_transit=ContractLine.shipped)

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the figure and the select of one line's."""
        line, account = reader.table(ContractLine), reader.table(CumulativeAccount)
        period, other = reader.table(AccountPeriod), reader.table(AccountPeriod)
        newest = select(func.max(other.starts_on)).where(
            *ours(reader, other), other.account_id == account.id
        )
        sums = counted(reader, period).lateral()
        found = select(func.sum(_figures(period, sums.c).in_transit, type_=QUANTITY))
        found = found.select_from(account).join(period, period.account_id == account.id)
        found = found.join(sums, true()).where(
            *ours(reader, account, period),
            account.contract_line_id == line.id,
            period.starts_on == newest.correlate_except(other).scalar_subquery(),
        )
        counted_there = found.correlate_except(account, period, sums).scalar_subquery()
        coming = line.shipped - line.delivered
        figures = SimpleNamespace(in_transit=func.coalesce(counted_there, coming, type_=QUANTITY))
        rows = select().select_from(line).where(line.id == key, *seen_by(reader.viewer, line))
        return figures, rows.correlate_except(line)


under_way = _UnderWay()
