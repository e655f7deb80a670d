"""What the merchant has said to lines, as it stands at the instant of reading."""

from typing import Any

from sqlalchemy import ColumnElement, case, null, select

from loaders.reading.relations import ByColumn, Computed, Reader, Rows
from models.base.records import record
from models.base.visibility import seen_by
from models.trade.orders.lines import OrderLine


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
