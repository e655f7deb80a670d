"""What somebody has moved, or sends once more, brings what a schedule wants when it was planned.

Pure arithmetic: nothing is read or written.
"""

from collections.abc import Collection, Iterator
from decimal import Decimal

from commands.fulfilment.call_offs.schedules.arrivals import SupplyWindow
from commands.fulfilment.call_offs.schedules.known import (
    KnownSchedules,
    PlannedPart,
    PlannedSpan,
    ScheduledLine,
)
from commands.fulfilment.call_offs.schedules.slots import PlanSlot, slot_at
from commands.trade.contracts.times import Window

_NONE = Decimal(0)


def moved_slots(
    known: KnownSchedules,
    of: ScheduledLine,
    slots: Collection[PlanSlot],
    late: PlanSlot | None,
) -> Iterator[PlanSlot]:
    """Take from slots what parts bring that somebody has moved; yield each with a slot of its own.

    A part brings no more than is wanted when it was planned. Where nothing is wanted then any more,
    it brings what is wanted on the day on which it comes now and nothing else brings, or nothing.
    late: of the slots the one in which comes what is late.
    """
    wanted = {(it.group.earliest, it.group.latest): it for it in slots if it.arrival is not None}
    moved = (it for it in known.planned.get(of, ()) if it.delivery.id in known.decided)
    others = list[PlannedPart]()
    for part in sorted(moved, key=lambda it: (it.comes, it.line.id)):
        if (slot := wanted.get(part.window)) is not None:
            yield _brought(known, of, part, slot, slot.rounded)
        else:
            others.append(part)
    own = {it.line.id: _near(known, it.window, wanted.values(), late) for it in others}
    for part in sorted(others, key=lambda it: own[it.line.id] is None):
        near = own[part.line.id] or _near(known, part.comes, wanted.values(), None)
        yield _brought(known, of, part, near, near.rounded - near.before if near else _NONE)


def _near(
    known: KnownSchedules, window: PlannedSpan, slots: Collection[PlanSlot], late: PlanSlot | None
) -> PlanSlot | None:
    """Return of the slots of a window's day the nearest one; what was wanted before is late."""
    day = known.contract.day(window[0])
    same = [it for it in slots if known.contract.day(it.group.earliest) == day]
    if same:
        return min(same, key=lambda it: abs(it.group.earliest - window[0]))
    return late if late is not None and window[0] <= late.group.earliest else None


def _brought(
    known: KnownSchedules,
    of: ScheduledLine,
    part: PlannedPart,
    slot: PlanSlot | None,
    most: Decimal,
) -> PlanSlot:
    """Take from a slot what a part brings, the most that it may, and return that as a slot."""
    quantity = max(min(part.line.planned, most), _NONE)
    if slot is not None:
        slot.rounded -= quantity
        slot.wanted = max(slot.wanted - quantity, _NONE)
    earliest, latest = part.comes
    window = Window.model_construct(
        earliest=earliest, latest=latest, time_zone=part.delivery.window_zone
    )
    found = slot_at(known, of, part.comes)
    found.arrival = SupplyWindow(window, known.leaves_on(part), is_late=False, why="")
    found.schedule_line_id = None if slot is None else slot.schedule_line_id
    found.wanted = found.rounded = quantity
    found.planned, found.is_decided = [part], True
    return found
