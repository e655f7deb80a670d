"""Sums over a whole list of orders, whatever page is asked."""

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Numeric,
    Text,
    and_,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from kit.standards.money import Amount
from loaders.reading.relations import Bind, Nested, Part, Reader
from loaders.reading.wholes import WholeOf
from models.base.visibility import seen_by
from models.master.prices.rounding import rounded_net
from models.trade.orders.amounts import owed
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order


@dataclass(frozen=True)
class Summary:
    """Sums over a whole list of orders."""

    order_count: int
    line_count: int
    ordered_quantity: Decimal
    net_totals: Sequence[Amount]


def _of_currency(order: Any, line: Any) -> dict[str, ColumnElement[Any]]:
    """Return the sums over the orders of one currency; only what has lines joins any."""
    return {
        "currency": order.currency,
        "orders": func.count(order.id.distinct()),
        "lines": func.count(line.id),
        "ordered": func.coalesce(func.sum(line.ordered), 0, type_=Numeric()),
        "net": rounded_net(func.sum(owed(order, line)), order.currency),
    }


def _of_all(sums: Any) -> dict[str, ColumnElement[Any]]:
    """Return the sums over all currencies, and each one's total in the order of their codes.

    A currency whose prices the viewer does not know has none.
    """

    def each(value: Any) -> ColumnElement[Any]:
        listed = func.array_agg(aggregate_order_by(value, sums.currency), type_=ARRAY(value.type))
        known = listed.filter(sums.net.is_not(None))
        return func.coalesce(known, cast([], ARRAY(value.type)), type_=ARRAY(value.type))

    return {
        "order_count": cast(func.coalesce(func.sum(sums.orders), 0), Integer),
        "line_count": cast(func.coalesce(func.sum(sums.lines), 0), Integer),
        "ordered_quantity": func.coalesce(func.sum(sums.ordered), 0, type_=Numeric()),
        "nets": each(sums.net),
        "currencies": each(sums.currency),
    }


def _totals(_reader: Reader, sums: Any) -> Part:
    listed = func.unnest(sums.nets, sums.currencies)
    table = listed.table_valued(*_TOTAL, with_ordinality="place", name="totals").render_derived()
    rows = select().select_from(table).order_by(table.c.place).correlate_except(table)
    return table.c, rows


_TOTAL = column("amount", Numeric()), column("currency", Text())
net_totals = Nested(SimpleNamespace(amount=_TOTAL[0], currency=_TOTAL[1]), _totals)


class SummaryOf(WholeOf):
    """parent key -> sums over its whole list; every currency is rounded once."""

    source = SimpleNamespace(**_of_all(SimpleNamespace(**_of_currency(Order, OrderLine))))
    record = namedtuple("record", tuple(vars(source)))  # type: ignore[misc]  # noqa: PYI024 -- the fields are those of the source.

    def whole(self, reader: Reader, bind: Bind | None, key: Any) -> Part:
        """Sum per currency, then over all."""
        order, line = reader.table(Order), reader.table(OrderLine)
        conditions = self.conditions(reader, order, bind, key)
        own = and_(line.order_id == order.id, *seen_by(reader.viewer, line))
        columns = [it.label(name) for name, it in _of_currency(order, line).items()]
        rows = select(*columns).select_from(order).outerjoin(line, own).where(*conditions)
        grouped = rows.group_by(order.currency).correlate_except(order, line).subquery()
        all_ = [it.label(name) for name, it in _of_all(grouped.c).items()]
        sums = select(*all_).select_from(grouped).subquery()
        return sums.c, select().select_from(sums)

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its sums."""
        return [_summary(found) for found in super().results(keys, rows)]


def _summary(found: Any) -> Summary:
    totals = [Amount(*it) for it in zip(found.nets, found.currencies, strict=True)]
    return Summary(found.order_count, found.line_count, found.ordered_quantity, totals)
