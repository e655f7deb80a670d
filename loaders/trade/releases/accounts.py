"""What accounts count, from deliveries and from what their customers say."""

from collections import namedtuple
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, and_, func, null, select, true

from loaders.reading.relations import Part, Reader, Relation
from models.access.viewers import Actor, anyone
from models.base.visibility import seen_by
from models.trade.releases.counting import QUANTITY, counted, own, received
from models.trade.releases.tables import AccountPeriod


def _figures(period: Any, sums: Any) -> SimpleNamespace:
    issued, arrived = period.opening + sums.issued, received(period, sums)
    names = ("dispatched", "delivered", "lost", "returned")
    return SimpleNamespace(
        **{name: getattr(sums, name) for name in names},
        under_way=sums.issued - sums.delivered,
        cumulative_issued=issued,
        received=arrived,
        in_transit=func.greatest(issued - arrived, 0, type_=QUANTITY),
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
