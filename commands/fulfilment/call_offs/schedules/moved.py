"""What somebody has moved, or sends once more, brings what a schedule wants when it was planned.

Pure arithmetic: nothing is read or written.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from commands.fulfilment.call_offs.schedules.fixed import ScheduledLine
from commands.fulfilment.call_offs.schedules.known import (
    KnownSchedules,
    PlannedPart,
    PlannedSpan,
)
from commands.fulfilment.call_offs.schedules.slots import PlanSlot, planned_slot

_NONE = Decimal(0)


class _Planned(NamedTuple):
    """For which line, or else day, something was planned, when it comes, and how much it is."""

    schedule_line_id: UUID | None
    planned_on: date
    comes_on: date
    quantity: Decimal


def open_of(known: KnownSchedules, of: ScheduledLine) -> dict[UUID, Decimal]:
    """Return what is open of each line, by id: what leaves answers first what it was planned for.

    Cumulative quantities count what left for the earliest lines. Where one of these is postponed
    behind what left, it stays open, and what is wanted up to its new day is less: no more than
    nothing is planned for. So is what is wanted on a later day, as far as that day's goods left.
    """
    lines = known.demand.get(of, ())
    found = {line.id: line.open_quantity for line in lines}
    planned, by_day = defaultdict[date, Decimal](Decimal), defaultdict[date, Decimal](Decimal)
    for each in (every := list(_planned_of(known, of))):
        planned[each.planned_on] += each.quantity
    for line in lines:
        by_day[line.arrives_on] += line.open_quantity
    early = defaultdict[date, Decimal](Decimal, known.early.get(of, {}))
    for each in sorted(every, key=lambda it: (it.planned_on, it.comes_on)):
        missing = min(each.quantity, planned[each.planned_on] - by_day[each.planned_on])
        for own in (it for it in lines if missing > 0 and _is_for(each, it)):
            most = min(missing, own.quantity - found[own.id])
            for line in lines:
                over = by_day[line.arrives_on] - planned[line.arrives_on]
                if line is own or line.arrives_on <= each.planned_on:
                    continue
                if line.arrives_on > each.comes_on:
                    over = min(over, early[line.arrives_on])
                if (taken := min(most, over, found[line.id])) > 0:
                    early[line.arrives_on] -= taken
                    most, missing = most - taken, missing - taken
                    for at, amount in ((line, -taken), (own, taken)):
                        found[at.id] += amount
                        by_day[at.arrives_on] += amount
    return found


def _is_for(planned: _Planned, line: Any) -> bool:
    return bool(line.id == planned.schedule_line_id or line.arrives_on == planned.planned_on)


def _planned_of(known: KnownSchedules, of: ScheduledLine) -> Iterator[_Planned]:
    day = known.contract.day
    for part in known.planned.get(of, ()):
        key, quantity = part.order_line.schedule_line_id, part.planned
        yield _Planned(key, day(part.window[0]), day(part.comes[0]), quantity)
    for each in known.fixed.get(of, ()):
        yield _Planned(each.schedule_line_id, each.planned_on, each.comes_on, each.quantity)


def moved_slots(
    known: KnownSchedules,
    of: ScheduledLine,
    slots: Collection[PlanSlot],
    late: PlanSlot | None,
) -> Iterator[PlanSlot]:
    """Take from slots what parts bring that somebody has moved; yield each with a slot of its own.

    A part brings no more than is wanted when it was planned. Where nothing is wanted then any more,
    it brings what is wanted on the day on which it comes now and nothing else brings, or nothing:
    that day is its own from then on.
    late: of the slots the one in which comes what is late.
    """
    wanted = {(it.group.earliest, it.group.latest): it for it in slots if it.arrival is not None}
    parts = (it for it in known.planned.get(of, ()) if it.delivery.id in known.decided)
    moved = [(it, _slot_of(known, of, it)) for it in sorted(parts, key=_order)]
    others = list[tuple[PlannedPart, PlanSlot]]()
    for part, its in moved:
        if (slot := wanted.get(part.window)) is not None:
            _bring(its, part, slot, slot.rounded)
        else:
            others.append((part, its))
    own = {it.line.id: _near(known, it.window, wanted.values(), late) for it, _ in others}
    for part, its in sorted(others, key=lambda it: own[it[0].line.id] is None):
        near = own[part.line.id] or _near(known, part.comes, wanted.values(), None)
        if near is not None:
            _bring(its, part, near, near.rounded - near.before)
        if near is not None and near is not own[part.line.id] and its.rounded:
            its.agreed = near.group.earliest, near.group.latest
    for part, its in moved:
        for slot in _of_day(known, part.window, wanted.values()):
            _bring(its, part, slot, slot.rounded - slot.before)
    yield from (its for _, its in moved)


def _order(part: PlannedPart) -> Any:
    return part.comes, part.line.id


def _of_day(
    known: KnownSchedules, window: PlannedSpan, slots: Collection[PlanSlot]
) -> list[PlanSlot]:
    """Return the slots of a window's day, the nearest first."""
    day = known.contract.day(window[0])
    same = (it for it in slots if known.contract.day(it.group.earliest) == day)
    return sorted(same, key=lambda it: abs(it.group.earliest - window[0]))


def _near(
    known: KnownSchedules, window: PlannedSpan, slots: Collection[PlanSlot], late: PlanSlot | None
) -> PlanSlot | None:
    """Return of the slots of a window's day the nearest one; what was wanted before is late."""
    if same := _of_day(known, window, slots):
        return same[0]
    return late if late is not None and window[0] <= late.group.earliest else None


def _bring(its: PlanSlot, part: PlannedPart, slot: PlanSlot, most: Decimal) -> None:
    """Let a part bring of a slot what it may, in a slot of its own."""
    quantity = max(min(part.planned - its.rounded, most), _NONE)
    wanted = min(quantity, slot.wanted)
    slot.rounded, its.rounded = slot.rounded - quantity, its.rounded + quantity
    slot.wanted, its.wanted = slot.wanted - wanted, its.wanted + wanted
    slot.by_hand += wanted
    its.schedule_line_id = its.schedule_line_id or slot.schedule_line_id


def _slot_of(known: KnownSchedules, of: ScheduledLine, part: PlannedPart) -> PlanSlot:
    """Return the slot of a part that somebody has moved, in which nothing is wanted yet."""
    found = planned_slot(known, of, part)
    found.is_decided = True
    return found
