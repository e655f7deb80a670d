"""When the goods of a delivery line arrived: each piece at the instant at which it did."""

from typing import Any

from sqlalchemy import Select, case, exists, func, select, union_all

from loaders.reading.relations import Reader
from models.base.tables import fixed
from models.base.visibility import merchant
from models.fulfilment.deliveries.receipts import NOT_ARRIVED, Receipt, ReceiptLine
from models.fulfilment.parcels import Parcel, ParcelContent, ParcelStatus


def steps(reader: Reader, part: Any, order: Any) -> Any:
    """Select (at, before, upto) of a delivery line: from which piece to which one came at once.

    What the parcels' tracking and the client's receipts say, whichever said it first, up to what
    has been delivered by both. What was lost or refused has not come until its order was closed,
    the rest until now. planned: without what was shipped anew, which comes with another delivery.
    """
    moments = union_all(
        _tracked(reader, part),
        _received(reader, part),
        _gone(reader, part, order),
        select(reader.at, part.planned).correlate_except(),
    ).subquery()
    reached, in_turn = func.max(moments.c.reached), (moments.c.at, moments.c.reached)
    upto = reached.over(order_by=in_turn, rows=(None, 0))
    before = reached.over(order_by=in_turn, rows=(None, -1))
    return select(moments.c.at, upto.label("upto"), func.coalesce(before, 0).label("before"))


def _tracked(reader: Reader, part: Any) -> Select[Any]:
    content, parcel = reader.table(ParcelContent), reader.table(Parcel)
    order_of = (parcel.status_at, content.id)
    reached = func.least(func.sum(content.quantity).over(order_by=order_of), part.delivered)
    return (
        select(parcel.status_at.label("at"), reached.label("reached"))
        .select_from(content)
        .join(parcel, parcel.id == content.parcel_id)
        .where(
            *_own(reader, content, parcel),
            content.delivery_line_id == part.id,
            parcel.status == fixed(ParcelStatus.DELIVERED),
        )
        .correlate_except(content, parcel)
    )


def _received(reader: Reader, part: Any) -> Select[Any]:
    line, receipt = reader.table(ReceiptLine), reader.table(Receipt)
    arrived = case(
        (line.difference.in_([fixed(it) for it in sorted(NOT_ARRIVED)]), line.received),
        else_=line.shipped,
    )
    return (
        select(receipt.received_at, func.least(arrived, part.delivered))
        .select_from(line)
        .join(receipt, receipt.id == line.receipt_id)
        .where(*_own(reader, line, receipt), line.delivery_line_id == part.id)
        .correlate_except(line, receipt)
    )


def _gone(reader: Reader, part: Any, order: Any) -> Select[Any]:
    """Select what no parcel brings any more: what was lost or refused, or is not in a receipt."""
    line = reader.table(ReceiptLine)
    is_received = exists().where(*_own(reader, line), line.delivery_line_id == part.id)
    reached = case(
        (is_received.correlate_except(line), part.planned),
        else_=func.least(part.delivered + part.lost + part.refused, part.planned),
    )
    end = func.coalesce(order.closed_at, reader.at)
    return select(end, reached).where(reached > part.delivered).correlate_except()


def _own(reader: Reader, *tables: Any) -> list[Any]:
    own = merchant(reader.viewer)
    return [it.merchant_id == own for it in tables]
