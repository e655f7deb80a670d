"""What a plan makes of schedules: what is wanted of each line in each window, beside what is there.

Pure arithmetic: nothing is read or written.
"""

from collections import defaultdict, deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any, NamedTuple
from uuid import UUID

from commands.fulfilment.call_offs.schedules.arrivals import SupplyWindow
from commands.fulfilment.call_offs.schedules.inputs import PlanItem
from commands.fulfilment.call_offs.schedules.known import (
    CalledOff,
    KnownSchedules,
    PlannedPart,
    ScheduledLine,
)
from commands.trade.contracts.times import Window
from kit.errors import Problem
from models.fulfilment.call_offs import PlanStatus
from models.trade.contracts.tables import ContractLine
from models.trade.releases.words import ScheduleKind

_NONE = Decimal(0)


class DeliveryGroup(NamedTuple):
    """What travels together: to one place in one window."""

    ship_to_id: UUID | None
    unloading_point: str | None
    earliest: datetime
    latest: datetime


@dataclass
class PlanSlot:
    """A contract line at a place in a window: what is wanted then, and what is planned.

    arrival: None where nothing is wanted. called_off: what is in no delivery and is put into one.
    problem: why no more can be called off for it. is_decided: somebody lets it come then.
    """

    of: ScheduledLine
    group: DeliveryGroup
    arrival: SupplyWindow | None = None
    schedule_line_id: UUID | None = None
    wanted: Decimal = _NONE
    rounded: Decimal = _NONE
    planned: list[PlannedPart] = field(default_factory=list)
    called_off: list[CalledOff] = field(default_factory=list)
    problem: Problem | None = None
    is_decided: bool = False

    @property
    def before(self) -> Decimal:
        """What is planned and not released."""
        return sum((it.line.planned for it in self.planned), _NONE)

    @property
    def goal(self) -> Decimal:
        """What is to be planned."""
        return self.rounded if self.problem is None else self.rounded - self.more

    @property
    def more(self) -> Decimal:
        """What is neither planned nor called off, and must be."""
        called_off = sum((it.quantity for it in self.called_off), _NONE)
        return max(self.rounded - self.before - called_off, _NONE)

    def take(self, called_off: list[CalledOff]) -> None:
        """Take what is missing from what is called off, which loses it."""
        while called_off and self.more:
            first = called_off.pop(0)
            taken = min(first.quantity, self.more)
            self.called_off.append(first._replace(quantity=taken))
            if taken < first.quantity:
                called_off.insert(0, first._replace(quantity=first.quantity - taken))

    @property
    def status(self) -> PlanStatus:
        """What becomes of it."""
        before, goal = self.before, self.goal
        if self.problem is not None:
            return PlanStatus.REFUSED
        if before == goal:
            return PlanStatus.UNCHANGED
        if not before:
            return PlanStatus.CREATED
        if not goal:
            return PlanStatus.CANCELLED
        return PlanStatus.RAISED if goal > before else PlanStatus.LOWERED

    @property
    def item(self) -> PlanItem:
        """What is told of it."""
        window = None if self.arrival is None else self.arrival.window
        if self.status is PlanStatus.UNCHANGED or window is None:
            row = self.planned[0].delivery
            window = Window.model_construct(
                earliest=row.window_earliest, latest=row.window_latest, time_zone=row.window_zone
            )
        return PlanItem(
            *self.of,
            self.schedule_line_id,
            self.status,
            self.before,
            self.goal,
            window,
            None if self.arrival is None else self.arrival.leaves_on,
            self._reason(),
            None if self.problem is None else str(self.problem.code),
        )

    def _reason(self) -> str:
        if self.problem is not None:
            return self.problem.message
        wanted, before, goal = (
            f"{it.normalize():f}" for it in (self.wanted, self.before, self.goal)
        )
        still = f"The schedule still wants {wanted} then, and"
        texts = {
            PlanStatus.CREATED: f"{still} nothing is planned for that.",
            PlanStatus.RAISED: f"{still} {before} are planned.",
            PlanStatus.LOWERED: f"{still} {before} are planned.",
            PlanStatus.CANCELLED: "The schedule wants nothing then any more.",
            PlanStatus.UNCHANGED: "It is planned as the schedule wants it.",
        }
        text = texts[self.status]
        if self.is_decided and self.status is PlanStatus.UNCHANGED:
            text = "Somebody has moved it, or sends it once more: it comes then."
        if self.wanted and not self.goal:
            text = "What is planned before it brings it, since that fills whole lots."
        if self.called_off:
            called_off = sum((it.quantity for it in self.called_off), _NONE)
            text += f" {called_off.normalize():f} of it are called off already."
        if self.rounded > self.wanted:
            text += f" {goal} fill whole lots or packagings."
        changes = self.status not in {PlanStatus.UNCHANGED, PlanStatus.CANCELLED}
        return text + (self.arrival.why if self.arrival is not None and changes else "")


def slots_of(known: KnownSchedules, until: date, now: datetime) -> Iterator[PlanSlot | None]:
    """Yield what is wanted up to a day, and what is planned up to it, of all lines and places.

    None where others may have their turn.
    """
    for key in dict.fromkeys([*known.demand, *known.planned]):
        for slot in (yield from _slots(known, key, until, now)):
            if slot.planned or slot.rounded:
                yield slot


def _slots(
    known: KnownSchedules, of: ScheduledLine, until: date, now: datetime
) -> Generator[None, None, Iterable[PlanSlot]]:
    account = known.accounts[of.account_id]
    found: dict[tuple[datetime, datetime], PlanSlot] = {}

    def slot(earliest: datetime, latest: datetime) -> PlanSlot:
        group = DeliveryGroup(account.ship_to_id, account.unloading_point, earliest, latest)
        return found.setdefault((earliest, latest), PlanSlot(of, group))

    late = None
    for arrival, line_id, quantity in _arriving(known, of, until, now):
        yield
        its = slot(arrival.window.earliest, arrival.window.latest)
        its.arrival, its.wanted = its.arrival or arrival, its.wanted + quantity
        its.schedule_line_id = its.schedule_line_id or line_id
        its.is_decided = its.is_decided or line_id is None
        late = its if arrival.is_late and late is None else late
    _round(known, of, found.values())
    for part in known.planned.get(of, ()):
        window = part.delivery.window_earliest, part.delivery.window_latest
        if _leaves_on(known, part) > until and window not in found:
            continue
        is_early = late is not None and window[0] <= late.group.earliest
        its = late if is_early and late and window not in found else slot(*window)
        its.planned.append(part)
    free = list(known.called_off.get(of, ()))
    for each in sorted(found.values(), key=lambda it: it.group.earliest):
        each.take(free)
    return found.values()


def _leaves_on(known: KnownSchedules, part: PlannedPart) -> date:
    """Return the day on which a planned delivery is to leave."""
    by = part.delivery.fulfil_by or part.delivery.window_earliest
    return known.contract.day(by)


def _uncovered(
    known: KnownSchedules, of: ScheduledLine, today: date
) -> Iterator[tuple[Any, Decimal]]:
    """Yield what of each line nothing is under way for that this plan leaves as it is.

    What stays brings first the line that it answers, and what is wanted on its day; what is over
    brings what is late, then what is wanted later, and last what is wanted before.
    """
    lines = known.demand.get(of, ())
    left = {line.id: line.open_quantity for line in lines}
    over, loose = _over(known, of, left)
    scheduled = ScheduleKind.SCHEDULED
    late = deque(it for it in lines if it.kind != scheduled or it.arrives_on < today)
    later = deque(sorted(lines, key=lambda it: it.arrives_on))
    for day, amount in over:
        while late and not left[late[0].id]:
            late.popleft()
        while later and (later[0].arrives_on <= day or not left[later[0].id]):
            later.popleft()
        loose += _brought(_brought(amount, late, left), later, left)
    farther = known.wanted.get(of, _NONE) - sum((it.open_quantity for it in lines), _NONE)
    _brought(max(loose - max(farther, _NONE), _NONE), lines, left)
    yield from ((line, left[line.id]) for line in lines if left[line.id])


def _over(
    known: KnownSchedules, of: ScheduledLine, left: dict[UUID, Decimal]
) -> tuple[list[tuple[date, Decimal]], Decimal]:
    """Take from lines what stays for them or their days; return the others, by day and without."""
    by_id, by_day = dict[UUID | None, Any](), defaultdict[date, list[Any]](list)
    for line in known.demand.get(of, ()):
        by_id[line.id] = line
        by_day[line.arrives_on].append(line)
    loose, over = fixed_of(known, of), list[tuple[date, Decimal]]()
    for day, key, quantity in sorted(known.fixed.get(of, ()), key=lambda it: it.day):
        stays = min(quantity, loose)
        loose -= stays
        own = [by_id[key]] if key in by_id else []
        if more := _brought(stays, [*own, *by_day.get(day, ())], left):
            over.append((day, more))
    return over, loose


def _brought(amount: Decimal, lines: Iterable[Any], left: dict[UUID, Decimal]) -> Decimal:
    """Take an amount from what is left of lines, one after the other; return what is over."""
    for line in lines:
        if not amount:
            break
        taken = min(amount, left[line.id])
        left[line.id] -= taken
        amount -= taken
    return amount


def _arriving(
    known: KnownSchedules, of: ScheduledLine, until: date, now: datetime
) -> Iterator[tuple[SupplyWindow, UUID | None, Decimal]]:
    """Yield when how much is to arrive, for which line: none where somebody has decided it."""
    left = [[*it] for it in _uncovered(known, of, known.contract.day(now))]
    for part, amount in _decided(known, of, left):
        if _leaves_on(known, part) <= until:
            yield _as_planned(known, part), None, amount
    arrivals = known.arrivals(of.account_id, now)
    for line, quantity in left:
        if line.due_on <= until and quantity:
            yield arrivals.of(line), line.id, quantity


def _decided(
    known: KnownSchedules, of: ScheduledLine, left: Sequence[list[Any]]
) -> Iterator[tuple[PlannedPart, Decimal]]:
    """Yield what is wanted of parts that somebody has moved, or sends once more.

    They take from what is left, of lines, the nearest to the times for which they were called off.
    """
    parts = [it for it in known.planned.get(of, ()) if it.delivery.id in known.decided]
    wanted = [_NONE for _ in parts]
    pairs = [(place, each) for place in range(len(parts)) for each in left]
    for place, each in sorted(pairs, key=lambda it: _apart(parts[it[0]], it[1][0])):
        taken = min(parts[place].line.planned - wanted[place], each[1])
        wanted[place] += taken
        each[1] -= taken
    yield from zip(parts, wanted, strict=True)


def _apart(part: PlannedPart, line: Any) -> timedelta:
    """Return how far a part was called off from when a line is wanted."""
    when = part.order_line.window_earliest or part.delivery.window_earliest
    apart: timedelta = abs(line.window_earliest - when)
    return apart


def _as_planned(known: KnownSchedules, part: PlannedPart) -> SupplyWindow:
    """Return the window for which a part is planned."""
    row = part.delivery
    window = Window.model_construct(
        earliest=row.window_earliest, latest=row.window_latest, time_zone=row.window_zone
    )
    return SupplyWindow(window, _leaves_on(known, part), is_late=False, why="")


def fixed_of(known: KnownSchedules, of: ScheduledLine) -> Decimal:
    """Return what is called off and has not left, and is not this plan's to change."""
    planned = sum((it.line.planned for it in known.planned.get(of, ())), _NONE)
    free = sum((it.quantity for it in known.called_off.get(of, ())), _NONE)
    return max(known.outstanding.get(of, _NONE) - planned - free, _NONE)


def _round(known: KnownSchedules, of: ScheduledLine, slots: Iterable[PlanSlot]) -> None:
    """Fill whole lots, or packagings: what is over is taken from what is wanted next."""
    step = step_of(known.lines[of.contract_line_id])
    over = _NONE
    for slot in sorted(slots, key=lambda it: it.group.earliest):
        missing = max(slot.wanted - over, _NONE)
        slot.rounded = (missing / step).to_integral_value(ROUND_CEILING) * step
        over += slot.rounded - slot.wanted


def step_of(line: ContractLine) -> Decimal:
    """Return of what a line's quantities are multiples: lots, packagings, or its smallest part."""
    return line.lot_multiple or line.packaging_content or Decimal(1).scaleb(-line.scale)


def kept_items(known: KnownSchedules) -> Iterator[PlanItem]:
    """Yield what is called off and stays as it is: nothing wants it, or this may not plan it."""
    for of in known.outstanding:
        wanted = known.wanted.get(of, _NONE)
        free = sum((it.quantity for it in known.called_off.get(of, ())), _NONE)
        fixed, stuck = fixed_of(known, of), known.stuck.get(of, _NONE)
        planned = known.outstanding[of] - fixed - free
        over = fixed + free + min(planned, max(wanted - fixed, _NONE)) - wanted
        if over > 0:
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


def _kept(of: ScheduledLine, quantity: Decimal, text: str) -> PlanItem:
    text = f"{quantity.normalize():f} {text}"
    return PlanItem(*of, None, PlanStatus.KEPT, quantity, quantity, None, None, text)


def affected(slots: Sequence[PlanSlot]) -> list[PlanSlot]:
    """Return the slots that are planned anew: those that change, and what travels with them."""
    in_group, in_delivery = (defaultdict[Any, list[PlanSlot]](list) for _ in range(2))
    for slot in slots:
        if slot.goal > 0 and not slot.is_decided:
            in_group[slot.group].append(slot)
        for part in slot.planned:
            in_delivery[part.delivery.id].append(slot)
    chosen, ahead = set[int](), [it for it in slots if it.goal != it.before]
    while ahead:
        slot = ahead.pop()
        if id(slot) not in chosen:
            chosen.add(id(slot))
            ahead += in_group.pop(slot.group, ())
            for part in slot.planned:
                ahead += in_delivery.pop(part.delivery.id, ())
    return [it for it in slots if id(it) in chosen]
