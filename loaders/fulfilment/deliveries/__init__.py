"""Deliveries as they are read, with their lines and receipts."""

from typing import Any

from sqlalchemy import ColumnElement, and_, select

from loaders.reading.acts import available
from loaders.reading.relations import Computed, Many, One, Reader, Rows, Through
from models.base.visibility import merchant, seen_by
from models.fulfilment.deliveries.acts import ACTS
from models.fulfilment.deliveries.receipts import Receipt, ReceiptLine
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order


class _Lines(Many):
    """delivery id -> its lines, in the order in which they stand in their orders."""

    def rows(self, reader: Reader) -> Rows:
        """Return the lines in order, and the column that names the delivery."""
        line, of = reader.table(DeliveryLine), reader.table(OrderLine)
        rows = select().select_from(line).join(of, of.id == line.order_line_id)
        seen = (*seen_by(reader.viewer, line), of.merchant_id == merchant(reader.viewer))
        rows = rows.where(*seen).correlate_except(line, of)
        order = (line.delivery_id, line.order_id, of.line_no)
        return line, rows.order_by(*order), line.delivery_id


by_id = One(Delivery)
by_number = One(Delivery, "number")
line_by_id = One(DeliveryLine)
receipt_by_id = One(Receipt)
lines = _Lines(DeliveryLine, "delivery_id", order_by=(), typical=5)
orders = Many(
    Order, Through(DeliveryLine, "delivery_id", "order_id"), order_by=("number",), typical=2
)
reshipped_by = Many(Delivery, "reships_id", order_by=("number",), typical=1)
receipts = Many(Receipt, "delivery_id", order_by=("sequence",), typical=2)
receipt_lines = Many(ReceiptLine, "receipt_id", order_by=("id",), typical=5)
of_order = Many(
    Delivery,
    Through(DeliveryLine, "order_id", "delivery_id"),
    order_by=("window_latest", "number"),
    typical=2,
)


def delivery_is_late(reader: Reader, delivery: Any) -> ColumnElement[bool]:
    """Tell whether the window's end passed before the delivery was delivered, as it stands now."""
    return and_(delivery.may_be_late, delivery.window_latest < reader.at)


timeliness = Computed(Delivery, {"is_late": delivery_is_late})
offered = Computed(Delivery, {"actions": available(ACTS)})
