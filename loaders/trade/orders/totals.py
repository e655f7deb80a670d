"""What an order comes to, from its lines to the gross: sums, each told in minor units."""

from collections import namedtuple
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Numeric, Text, and_, cast, column, func, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from loaders.reading.relations import ByColumn, Nested, Part, Reader, Rows
from models.base.tables import OneOf
from models.base.visibility import seen_by
from models.master.prices.rounding import rounded_net
from models.trade.orders.amounts import owed
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import ChargeKind, TaxCategory
from models.trade.orders.tables import Order


def _sums(order: Any, line: Any) -> dict[str, ColumnElement[Any]]:
    """Return the totals over the lines of one order; their order is the same for all of them."""
    currency = func.min(line.currency)
    net = rounded_net(func.sum(owed(order, line)), currency)
    taxes = func.min(order.taxed)
    return {
        "lines": rounded_net(func.sum(line.net), currency),
        "discount": func.sum(line.borne_discount, type_=Numeric()),
        "charges": func.min(order.charged),
        "net": net,
        "taxes": taxes,
        "gross": net + taxes,
        "currency": currency,
    }


class Totals(ByColumn):
    """order id -> what it comes to; None where a price of it is not known to the viewer."""

    def __init__(self) -> None:
        """Name what is read."""
        self.source = SimpleNamespace(**_sums(Order, OrderLine))
        self.record = namedtuple("record", vars(self.source))  # type: ignore[misc]  # noqa: PYI024 -- the fields are known at run time only.

    def rows(self, reader: Reader) -> Rows:
        """Return the totals, one row for each order, the column that names it."""
        order, line = reader.table(Order), reader.table(OrderLine)
        own = (line.order_id == order.id, *seen_by(reader.viewer, order))
        rows = select().select_from(line).join(order, and_(*own)).correlate_except(order, line)
        rows = rows.where(*seen_by(reader.viewer, line)).group_by(line.order_id)
        # Nothing is added up of prices that the viewer does not know.
        known = rows.having(func.count(line.net) == func.count())
        return SimpleNamespace(**_sums(order, line)), known, line.order_id


totals = Totals()


def _amount(value: Any, name: str) -> ColumnElement[Any]:
    return cast(value[name].astext, Numeric())


def _charge(value: Any, currency: Any) -> SimpleNamespace:
    """Read one object of `Order.charges`."""
    kind = type_coerce(value["kind"].astext, OneOf(ChargeKind))
    return SimpleNamespace(kind=kind, amount=_amount(value, "amount"), currency=currency)


def _tax(value: Any, currency: Any) -> SimpleNamespace:
    """Read one object of `Order.taxes`."""
    category = type_coerce(value["category"].astext, OneOf(TaxCategory))
    amounts = {name: _amount(value, name) for name in ("rate", "amount")}
    return SimpleNamespace(category=category, currency=currency, **amounts)


def _kept(name: str, read: Any) -> Nested:
    """Follow a list of amounts that an order keeps as JSON."""

    def part(_reader: Reader, order: Any) -> Part:
        listed = func.jsonb_array_elements(getattr(order, name))
        each = listed.table_valued(column("value", JSONB), with_ordinality="place")
        each = each.render_derived()
        rows = select().select_from(each).order_by(each.c.place).correlate_except(each)
        return read(each.c.value, order.currency), rows

    return Nested(read(column("value", JSONB), column("currency", Text())), part)


charges = _kept("charges", _charge)
taxes = _kept("taxes", _tax)
