"""What accounts count, from deliveries and from what their customers say."""

from collections import namedtuple
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, null, select, true

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


class _OfLine(Relation):
    """contract line id -> what the newest periods of its accounts count, together.

    Without an account, what was issued, and what of that has not arrived. in_transit: what has left
    and, reconciled for each place, not been received.
    """

    record = namedtuple("record", ("cumulative_issued", "in_transit"))  # noqa: PYI024 -- sums.
    source = SimpleNamespace(
        cumulative_issued=ContractLine.shipped, in_transit=ContractLine.shipped
    )

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the figures and the select of one line's."""
        line = reader.table(ContractLine)
        coming = {"cumulative_issued": line.shipped, "in_transit": line.shipped - line.delivered}
        sums = _newest_sums(reader, line, coming).lateral()
        figures = {
            name: func.coalesce(sums.c[name], without, type_=QUANTITY)
            for name, without in coming.items()
        }
        rows = select().select_from(line).join(sums, true())
        rows = rows.where(line.id == key, *seen_by(reader.viewer, line))
        return SimpleNamespace(**figures), rows.correlate_except(line, sums)


def _newest_sums(reader: Reader, line: Any, names: Iterable[str]) -> Select[Any]:
    """Select what the newest periods of a line's accounts count: one row, NULL without any."""
    account, period = reader.table(CumulativeAccount), reader.table(AccountPeriod)
    other = reader.table(AccountPeriod)
    newest = select(func.max(other.starts_on)).where(
        *ours(reader, other), other.account_id == account.id
    )
    sums = counted(reader, period).lateral()
    figures = _figures(period, sums.c)
    found = select(*(func.sum(getattr(figures, it), type_=QUANTITY).label(it) for it in names))
    found = found.select_from(account).join(period, period.account_id == account.id)
    found = found.join(sums, true()).where(
        *ours(reader, account, period),
        account.contract_line_id == line.id,
        period.starts_on == newest.correlate_except(other).scalar_subquery(),
    )
    return found.correlate_except(account, period, sums)


of_line = _OfLine()
