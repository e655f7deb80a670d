"""What a plan makes of schedules: what is wanted of each line in each window, beside what is there.

Pure arithmetic: nothing is read or written.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any
from uuid import UUID

from commands.fulfilment.call_offs.schedules.arrivals import SupplyWindow
from commands.fulfilment.call_offs.schedules.fixed import Fixed, ScheduledLine
from commands.fulfilment.call_offs.schedules.inputs import PlanItem
from commands.fulfilment.call_offs.schedules.known import CalledOff, KnownSchedules, PlannedSpan
from commands.fulfilment.call_offs.schedules.moved import moved_slots, open_of
from commands.fulfilment.call_offs.schedules.slots import Covered, PlanSlot, planned_slot, slot_at
from models.fulfilment.call_offs import PlanStatus
from models.trade.contracts.tables import ContractLine
from models.trade.releases.words import ScheduleKind

_NONE = Decimal(0)


def slots_of(known: KnownSchedules, until: date, now: datetime) -> Iterator[PlanSlot | None]:
    """Yield what is wanted up to a day, and what is planned up to it, of all lines and places.

    None where others may have their turn.
    """
    for key in dict.fromkeys([*known.demand, *known.planned]):
        for slot in (yield from _slots(known, key, until, now)):
            if slot.planned or slot.rounded or slot.late_items:
                yield slot


def _slots(
    known: KnownSchedules, of: ScheduledLine, until: date, now: datetime
) -> Generator[None, None, Iterable[PlanSlot]]:
    found: dict[PlannedSpan, PlanSlot] = {}
    late, covered = yield from _wanted(known, of, until, now, found)
    for part in known.planned.get(of, ()):
        is_far = known.leaves_on(part) > until and part.window not in found
        if part.delivery.id in known.decided or is_far:
            continue
        is_early = late is not None and part.window[0] <= late.group.earliest
        its = late if is_early and part.window not in found else None
        its = its or found.setdefault(part.window, slot_at(known, of, part.window))
        its.is_due = its.is_due or its.arrival is None
        its.planned.append(part)
    _round(known, of, found.values())
    by_hand = list(moved_slots(known, of, found.values(), late))
    due = sorted((it for it in found.values() if it.is_due), key=lambda it: it.group.earliest)
    use_called_off(due, known.called_off.get(of, ()), lambda at: known.contract.day(at) > until)
    by_hand = [it for it in by_hand if known.leaves_on(it.planned[0]) <= until]
    later = list(_later(known, of, found.values()))
    _tell(known, of, until, found, covered)
    return [*(it for it in found.values() if it.is_due), *by_hand, *later]


def _wanted(
    known: KnownSchedules,
    of: ScheduledLine,
    until: date,
    now: datetime,
    found: dict[PlannedSpan, PlanSlot],
) -> Generator[None, None, tuple[PlanSlot | None, list[tuple[SupplyWindow, Covered]]]]:
    """Put what is missing of each line into the slot of its window.

    Returns the slot of what is late, and what of lines is covered, with when those may arrive.
    """
    late, covered = None, list[tuple[SupplyWindow, Covered]]()
    covering = _covered(known, of, known.contract.day(now))
    arrivals = known.arrivals(of.account_id, now)
    for line in known.demand.get(of, ()):
        yield
        quantity, by = covering.left[line.id], covering.by[line.id]
        if not quantity and not by:
            continue
        arrival = arrivals.of(line)
        for fixed, amount in by:
            is_late = fixed is not None and fixed.earliest >= arrival.wanted_by
            covered.append((arrival, Covered(line, fixed, amount, is_late)))
        if quantity:
            window = arrival.window.earliest, arrival.window.latest
            its = found.setdefault(window, slot_at(known, of, window))
            its.arrival, its.wanted = its.arrival or arrival, its.wanted + quantity
            its.schedule_line_id = its.schedule_line_id or line.id
            its.is_due = its.is_due or line.due_on <= until
            late = its if arrival.is_late and late is None else late
    return late, covered


def use_called_off(
    slots: Sequence[PlanSlot], called_off: Iterable[CalledOff], is_after: Callable[[datetime], bool]
) -> None:
    """Put what is called off and in no delivery into slots, which are in order.

    The nearest ones use it first. What each of them takes comes in time where that can be, and what
    is late anyhow comes as soon as that lets it: so nothing gets late that need not. What is over
    stays for days after the plan, of what is wanted then where it can. is_after: tells whether an
    instant is one of those.
    """
    free = sorted(called_off, key=lambda it: it.due_at)
    over, missing = sum((it.quantity for it in free), _NONE), list[tuple[PlanSlot, Decimal]]()
    for slot in slots:
        missing.append((slot, min(slot.more, over)))
        over -= missing[-1][1]
    for place, each in reversed(list(enumerate(free))):
        stays = min(each.quantity, over) if is_after(each.due_at) else _NONE
        free[place] = each._replace(quantity=each.quantity - stays)
        over -= stays
    late = [(slot, slot.take(free, most, slot.group.latest)) for slot, most in reversed(missing)]
    for slot, most in reversed(late):
        slot.take(free, most)


def _tell(
    known: KnownSchedules,
    of: ScheduledLine,
    until: date,
    found: dict[PlannedSpan, PlanSlot],
    covered: Iterable[tuple[SupplyWindow, Covered]],
) -> None:
    """Note at the slots of what is wanted what of it the plan leaves as it is.

    What is late is of the window for which it was planned, where that still stands.
    """
    gone = (it for it in found.values() if it.arrival is None)
    first = min(gone, key=lambda it: it.group.earliest, default=None)
    for arrival, each in covered:
        window = arrival.window.earliest, arrival.window.latest
        slot = found.get(window)
        if slot is None and arrival.is_late and first and first.group.earliest <= window[0]:
            slot = first
        if slot is None:
            slot = found[window] = slot_at(known, of, window)
            slot.is_due = each.line.due_on <= until
        slot.covered.append(each)


def _later(
    known: KnownSchedules, of: ScheduledLine, slots: Iterable[PlanSlot]
) -> Iterator[PlanSlot]:
    """Yield what is planned beyond the plan: it stays, or leaves its place to nearer days.

    slots: all others, due or not.
    """
    later = {it.group[-2:]: it for it in slots if not it.is_due and it.planned}
    here = {part.line.id for it in slots for part in it.planned}
    for part in known.planned.get(of, ()):
        if part.line.id in here or part.delivery.id in known.decided:
            continue
        if part.window in later:
            later[part.window].planned.append(part)
        else:
            later[part.window] = planned_slot(known, of, part)
    for slot in later.values():
        slot.wanted = slot.rounded = slot.before
        slot.is_later = True
        yield slot


@dataclass
class _Covering:
    """What is left of each line, by id, beside what a plan leaves as it is; and what that brings.

    by: what brings it, None where its day is not known, and how much.
    """

    left: dict[UUID, Decimal]
    by: defaultdict[UUID, list[tuple[Fixed | None, Decimal]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def bring(self, fixed: Fixed | None, amount: Decimal, lines: Iterable[Any]) -> Decimal:
        """Take an amount from what is left of lines, one after the other; return what is over."""
        for line in lines:
            if amount <= 0:
                break
            if taken := min(amount, self.left[line.id]):
                self.left[line.id] -= taken
                self.by[line.id].append((fixed, taken))
                amount -= taken
        return amount


def _covered(known: KnownSchedules, of: ScheduledLine, today: date) -> _Covering:
    """Return what of each line this plan leaves as it is, and what nothing is under way for.

    What stays brings first the line that it answers, and what was wanted when it was planned; then
    what is wanted on the day on which it comes; what is over brings what is late, then what is
    wanted later, then what is wanted since it was planned, and last what is wanted before.
    """
    lines = known.demand.get(of, ())
    covering = _Covering(open_of(known, of))
    over, loose = _over(known, of, covering)
    others = list[tuple[Fixed | None, Decimal]]([(None, loose)])
    left, scheduled = covering.left, ScheduleKind.SCHEDULED
    late = deque(it for it in lines if it.kind != scheduled or it.arrives_on < today)
    by_day = sorted(lines, key=lambda it: it.arrives_on)
    later = deque(by_day)
    for fixed, amount in over:
        day = fixed.comes_on
        while late and not left[late[0].id]:
            late.popleft()
        while later and (later[0].arrives_on <= day or not left[later[0].id]):
            later.popleft()
        more = covering.bring(fixed, covering.bring(fixed, amount, late), later)
        if more and fixed.is_moved:
            since = (it for it in by_day if fixed.planned_on < it.arrives_on <= day)
            more = covering.bring(fixed, more, since)
        others.append((fixed, more))
    farther = known.wanted.get(of, _NONE) - sum((it.open_quantity for it in lines), _NONE)
    here = sum((amount for _, amount in others), -max(farther, _NONE))
    for other, amount in others:
        covering.bring(other, min(amount, here), lines)
        here -= amount
    return covering


def _over(
    known: KnownSchedules, of: ScheduledLine, covering: _Covering
) -> tuple[list[tuple[Fixed, Decimal]], Decimal]:
    """Take from lines what stays for them or their days; return the others, by day and without.

    What comes sooner than planned brings first what is wanted then and nothing else is planned for.
    """
    left, by_id, by_day = (
        covering.left,
        dict[UUID | None, Any](),
        defaultdict[date, list[Any]](list),
    )
    for line in known.demand.get(of, ()):
        by_id[line.id] = line
        by_day[line.arrives_on].append(line)
    planned = defaultdict[date, Decimal](Decimal)
    for part in known.planned.get(of, ()):
        planned[known.contract.day(part.window[0])] += part.planned
    loose, over = fixed_of(known, of), list[tuple[Fixed, Decimal]]()
    for fixed in sorted(known.fixed.get(of, ()), key=lambda it: (it.is_moved, it.earliest)):
        more = min(fixed.quantity, loose)
        loose -= more
        then = _nearest(by_day.get(fixed.comes_on, ()), fixed.earliest)
        own = _nearest(by_day.get(fixed.planned_on, ()), fixed.planned_for)
        if fixed.schedule_line_id in by_id:
            own = [by_id[fixed.schedule_line_id], *own]
        elif fixed.comes_on < fixed.planned_on:
            free = sum((left[it.id] for it in then), _NONE) - planned[fixed.comes_on]
            first = max(min(more, free), _NONE)
            more += covering.bring(fixed, first, then) - first
        if more := covering.bring(fixed, more, [*own, *then]):
            over.append((fixed, more))
    return sorted(over, key=lambda it: it[0].earliest), loose


def _nearest(lines: Iterable[Any], instant: datetime) -> list[Any]:
    """Return lines of one day, those first whose windows begin nearest to an instant."""
    return sorted(lines, key=lambda it: abs(it.window_earliest - instant))


def fixed_of(known: KnownSchedules, of: ScheduledLine) -> Decimal:
    """Return what is called off and has not left, and is not this plan's to change."""
    planned = sum((it.planned for it in known.planned.get(of, ())), _NONE)
    free = sum((it.quantity for it in known.called_off.get(of, ())), _NONE)
    return max(known.outstanding.get(of, _NONE) - planned - free, _NONE)


def _round(known: KnownSchedules, of: ScheduledLine, slots: Iterable[PlanSlot]) -> None:
    """Fill whole lots, or packagings: what is over is taken from what is wanted next."""
    step = step_of(known.lines[of.contract_line_id])
    moved = defaultdict[PlannedSpan, Decimal](Decimal)
    for part in known.planned.get(of, ()):
        if part.delivery.id in known.decided:
            moved[part.window] += part.planned
    free = sum((it.quantity for it in known.called_off.get(of, ())), _NONE)
    over = _NONE
    for slot in sorted(slots, key=lambda it: it.group.earliest):
        missing = max(slot.wanted - over, _NONE)
        there = slot.before + moved[slot.group.earliest, slot.group.latest]
        used = min(free, max(whole_steps(missing, step) - there, _NONE)) if slot.is_due else _NONE
        free -= used
        slot.filled, slot.wanted = slot.wanted - missing, missing
        slot.rounded = _beside(missing, there + used, step)
        over += slot.rounded - missing - slot.filled


def _beside(missing: Decimal, there: Decimal, step: Decimal) -> Decimal:
    """Return how much brings what is missing: whole lots beside what is there, which may be none.

    What is there and enough stays, as far as whole lots would bring no less.
    """
    if there < missing:
        return there + whole_steps(missing - there, step)
    return min(there, whole_steps(missing, step))


def whole_steps(quantity: Decimal, step: Decimal) -> Decimal:
    """Return how much whole steps bring a quantity."""
    return (quantity / step).to_integral_value(ROUND_CEILING) * step


def step_of(line: ContractLine) -> Decimal:
    """Return of what a line's quantities are multiples: lots, packagings, or its smallest part."""
    return line.lot_multiple or line.packaging_content or Decimal(1).scaleb(-line.scale)


def kept_items(known: KnownSchedules, slots: Iterable[PlanSlot]) -> Iterator[PlanItem]:
    """Yield what is called off and stays as it is: nothing wants it, or this may not plan it."""
    by_account = defaultdict[ScheduledLine, list[PlanSlot]](list)
    for slot in slots:
        by_account[slot.of].append(slot)
    for of in known.outstanding:
        stuck = known.stuck.get(of, _NONE)
        if (over := _beyond(known, of, by_account[of])) > 0:
            yield _kept(
                of,
                over,
                "are released, or called off otherwise, beyond what the schedule wants: they stay.",
            )
        elif stuck:
            yield _kept(
                of,
                stuck,
                "are called off and in no delivery, and this does not plan them: their call-off is"
                " held, not confirmed, came over another channel, or awaits an answer.",
            )


def _beyond(known: KnownSchedules, of: ScheduledLine, slots: Iterable[PlanSlot]) -> Decimal:
    """Return what stays called off, and is not planned, beyond what a schedule wants."""
    planned, free = (
        sum((it.planned for it in known.planned.get(of, ())), _NONE),
        sum((it.quantity for it in known.called_off.get(of, ())), _NONE),
    )
    for slot in slots:
        planned += slot.goal - slot.before
        free -= sum((it.quantity for it in slot.called_off), _NONE)
    missing = known.wanted.get(of, _NONE) - fixed_of(known, of)
    return max(-missing, _NONE) + max(free - max(max(missing, _NONE) - planned, _NONE), _NONE)


def _kept(of: ScheduledLine, quantity: Decimal, text: str) -> PlanItem:
    text = f"{quantity.normalize():f} {text}"
    return PlanItem(*of, None, PlanStatus.KEPT, quantity, quantity, None, None, text)


def affected(slots: Sequence[PlanSlot]) -> list[PlanSlot]:
    """Return the slots that change, and those that travel with them."""
    in_group, in_delivery = (defaultdict[Any, list[PlanSlot]](list) for _ in range(2))
    for slot in slots:
        if slot.stays_put:
            continue
        if slot.goal > 0:
            in_group[slot.group].append(slot)
        for part in slot.planned:
            in_delivery[part.delivery.id].append(slot)
    chosen, ahead = set[int](), [it for it in slots if it.changes]
    while ahead:
        slot = ahead.pop()
        if id(slot) not in chosen:
            chosen.add(id(slot))
            if slot.stays_put:
                continue
            ahead += in_group.pop(slot.group, ())
            for part in slot.planned:
                ahead += in_delivery.pop(part.delivery.id, ())
    return [it for it in slots if id(it) in chosen]
