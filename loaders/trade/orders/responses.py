"""What merchant and customer say to each other of orders, as it stands when it is read."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, null, or_, select

from loaders.reading.relations import ByColumn, Computed, Reader, Rows
from models.base.records import record
from models.base.visibility import seen_by
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order


def _response(reader: Reader, line: Any) -> ColumnElement[Any]:
    """Return the response to a line, none where an amendment was not answered in time."""
    return case((line.answer_by <= reader.at, null()), else_=line.response)


response = Computed(OrderLine, {"response": _response})


class Amendment(ByColumn):
    """line id -> the line, where an amendment of it waits for its answer."""

    source, record = OrderLine, record(OrderLine)

    def rows(self, reader: Reader) -> Rows:
        """Return the table, its lines that wait, its id."""
        line = reader.table(OrderLine)
        rows = select().select_from(line).correlate_except(line)
        waits = line.answer_by > reader.at
        return line, rows.where(waits, *seen_by(reader.viewer, line)), line.id


amendment = Amendment()


class Proposal(ByColumn):
    """order id -> the order, where another window was proposed, and answered or still waits."""

    source, record = Order, record(Order)

    def rows(self, reader: Reader) -> Rows:
        """Return the table, its orders with a proposal, its id."""
        order = reader.table(Order)
        rows = select().select_from(order).correlate_except(order)
        counts = or_(order.proposal_answer.is_not(None), order.may_owe)
        there = and_(order.proposed_latest.is_not(None), counts)
        return order, rows.where(there, *seen_by(reader.viewer, order)), order.id


proposal = Proposal()
