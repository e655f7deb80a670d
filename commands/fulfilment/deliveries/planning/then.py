"""What could be planned of order lines at a time that has passed, whatever is planned now."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from commands.master.packagings.counting import Counted
from commands.writing.transaction import Writing
from kit.errors import Path, Refused
from models.base.guards import guards
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.codes import TradeCode
from models.trade.orders.lines import OrderLine


class _Planned(NamedTuple):
    """A quantity in a delivery, since when, and until when where that was cancelled."""

    quantity: Decimal
    since: datetime
    until: datetime | None


class RoomThen:
    """What deliveries had taken of order lines, by time, and what is lent to them meanwhile.

    What was cancelled takes nothing now. Only while it goes its way its lines have room for it.
    """

    def __init__(self) -> None:
        """Start without any."""
        self.planned: defaultdict[UUID, list[_Planned]] = defaultdict(list)
        self.lent: defaultdict[OrderLine, Decimal] = defaultdict(Decimal)

    async def read(self, writing: Writing, line_ids: Collection[UUID]) -> None:
        """Read which deliveries lines are in."""
        everything = writing.for_all()
        rows = await everything.records(DeliveryLine, "order_line_id", sorted(line_ids))
        deliveries = await everything.by_key(Delivery, "id", {it.delivery_id for it in rows})
        for row in rows:
            of = deliveries[row.delivery_id]
            taken = _Planned(row.planned, of.planned_at, of.cancelled_at)
            self.planned[row.order_line_id].append(taken)

    def take(
        self, taken: Mapping[OrderLine, Counted], since: datetime, until: datetime | None
    ) -> None:
        """Count what a delivery takes of lines, and lend it where that was cancelled (`until`)."""
        for line, quantity in taken.items():
            self.planned[line.id].append(_Planned(quantity.amount, since, until))
            if until is not None:
                self.lent[line] += quantity.amount
                line.over_tolerance += quantity.amount

    def lend(self, taken: Mapping[OrderLine, Counted]) -> None:
        """Let lines have room for what is planned beside it, in what is only tried."""
        for line, quantity in taken.items():
            line.over_tolerance += quantity.amount

    def give_back(self) -> None:
        """End what was lent."""
        for line, quantity in self.lent.items():
            line.over_tolerance -= quantity
        self.lent.clear()


@guards("O1")
def check_room_then(
    line: OrderLine, quantity: Decimal, path: Path, room: RoomThen, at: datetime
) -> None:
    """Refused: QUANTITY_NOT_OPEN for more than could be planned then."""
    taken = (
        each.quantity
        for each in room.planned[line.id]
        if each.since <= at and (each.until is None or each.until > at)
    )
    free = line.ordered + line.over_tolerance - room.lent[line] - sum(taken, Decimal(0))
    if quantity > free:
        text = f"Only {max(free, Decimal(0)).normalize():f} of this line could be planned then."
        raise Refused(TradeCode.QUANTITY_NOT_OPEN, text, path)
