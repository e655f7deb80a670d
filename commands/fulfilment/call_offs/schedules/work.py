"""What a plan does: what stays of what is planned, what is cancelled, and what is called off."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commands.fulfilment.call_offs.schedules.known import KnownSchedules, PlannedPart
from commands.fulfilment.call_offs.schedules.slots import DeliveryGroup, PlanSlot
from commands.trade.contracts.times import Window
from commands.trade.orders.drafts import window_columns
from commands.writing.transaction import Writing
from models.events.trade.orders import OrderUpdated, UpdatedLine
from models.trade.contracts.tables import Contract
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import LineChange


@dataclass
class PlanWork:
    """What is to be done. parts: group -> order line -> quantity that stays called off.

    others: the same of call-offs that answer no schedule; they share no delivery with those that
    do, so that a later plan may change these. cancelled: order line -> what of it is not wanted.
    room: order line -> what of it may still be planned, which is less than was where something of
    it arrived after all. called: ship-to -> slots, and how much more of each. reused: what was
    called off for other windows, for which slot, how much. recipients: who is
    known; windows: of all; days: by when they must have left; by group.
    """

    recipients: Mapping[DeliveryGroup, dict[str, Any]]
    parts: dict[DeliveryGroup, dict[UUID, Decimal]] = field(default_factory=dict)
    others: dict[DeliveryGroup, dict[UUID, Decimal]] = field(default_factory=dict)
    cancelled: defaultdict[OrderLine, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    room: dict[OrderLine, Decimal] = field(default_factory=dict)
    called: defaultdict[UUID | None, list[tuple[PlanSlot, Decimal]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    reused: list[tuple[OrderLine, PlanSlot, Decimal]] = field(default_factory=list)
    windows: dict[DeliveryGroup, Window] = field(default_factory=dict)
    days: dict[DeliveryGroup, datetime] = field(default_factory=dict)

    def take(self, slot: PlanSlot, zone: ZoneInfo) -> None:
        """Take a slot in: what of it stays, what is not wanted any more, what is missing."""
        missing, staying = slot.goal, slot.stays
        for part in slot.planned:
            stays = self._stays(part, staying)
            missing, staying = missing - stays, staying - stays
            self._put(slot, part, stays)
            self.cancel(part, part.planned - stays)
        for part, quantity in slot.reused:
            missing -= quantity
            stays = self._stays(part, quantity)
            self._put(slot, part, stays)
            self.cancel(part, -quantity)
            self.reused.append((part.order_line, slot, stays))
        for each in slot.called_off:
            missing -= each.quantity
            parts = self.parts if each.is_answer else self.others
            _add(parts, slot.group, each.order_line_id, each.quantity)
        if missing:
            self.called[slot.group.ship_to_id].append((slot, missing))
        if slot.arrival is not None:
            by = datetime.combine(slot.arrival.leaves_on, time.max, zone)
            self.windows[slot.group] = slot.arrival.window
            self.days[slot.group] = min(self.days.get(slot.group, by), by)

    def _put(self, slot: PlanSlot, part: PlannedPart, quantity: Decimal) -> None:
        """Let so much of a part travel with a slot."""
        _add(self.parts, slot.group, part.order_line.id, quantity)

    def cancel(self, part: PlannedPart, quantity: Decimal) -> None:
        """Take in that so much of a part is not wanted any more; below 0 takes that back."""
        self.room.setdefault(part.order_line, part.order_line.room)
        self.cancelled[part.order_line] += quantity

    def _stays(self, part: PlannedPart, missing: Decimal) -> Decimal:
        """Return what of a part that is missing may be planned again; it takes the room of it."""
        room = self.room.setdefault(part.order_line, part.order_line.room)
        stays = min(missing, part.planned, max(room, Decimal(0)))
        self.room[part.order_line] = room - stays
        return stays

    def unwanted(self) -> dict[OrderLine, Decimal]:
        """Return what is cancelled of order lines: of what is in no delivery and does not stay."""
        free = {line: min(self.room[line], line.unplanned) for line in self.cancelled}
        least = {line: min(quantity, free[line]) for line, quantity in self.cancelled.items()}
        return {line: quantity for line, quantity in least.items() if quantity > 0}

    def aim(self, known: KnownSchedules, writing: Writing) -> None:
        """Let order lines that are used as a whole for another window be called off for that."""
        of = defaultdict[UUID, list[UpdatedLine]](list)
        for line, slot, quantity in self.reused:
            if slot.arrival is None or quantity != line.ordered - line.cancelled:
                continue
            _aim(line, slot.arrival.window, known.contract, writing.now)
            line.schedule_line_id = slot.schedule_line_id
            of[line.order_id].append(UpdatedLine(line.line_no, LineChange.CHANGED, quantity))
        for order_id, lines in of.items():
            known.locked.orders[order_id].version += 1
            writing.record(OrderUpdated(order_id, fields=(), lines=tuple(lines)))


def _add(
    parts: dict[DeliveryGroup, dict[UUID, Decimal]],
    group: DeliveryGroup,
    key: UUID,
    quantity: Decimal,
) -> None:
    """Add to what of an order line travels with a group."""
    if quantity:
        its = parts.setdefault(group, {})
        its[key] = its.get(key, Decimal(0)) + quantity


def _aim(line: OrderLine, window: Window, contract: Contract, now: datetime) -> None:
    """Let an order line be wanted in a window, of what is guaranteed, too.

    What has come by now stays as late as it was.
    """
    for name, value in window_columns(window).items():
        setattr(line, name, value)
    for name, value in window_columns(None, "confirmed").items():
        setattr(line, name, value)
    line.confirmed_overridden, line.agreed_latest = False, None
    if line.guarantee_id is not None and line.wanted_on is not None:
        line.agreed_at = [*line.agreed_at, now]
        line.wanted_before = [*line.wanted_before, line.wanted_on]
        line.wanted_on = contract.day(window.latest)
