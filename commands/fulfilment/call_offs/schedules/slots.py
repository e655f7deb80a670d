"""What a plan makes of one contract line at one place in one window."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from itertools import chain
from typing import Any, NamedTuple, cast
from uuid import UUID

from commands.fulfilment.call_offs.schedules.arrivals import SupplyWindow
from commands.fulfilment.call_offs.schedules.fixed import Fixed, ScheduledLine
from commands.fulfilment.call_offs.schedules.inputs import PlanItem
from commands.fulfilment.call_offs.schedules.known import (
    CalledOff,
    KnownSchedules,
    PlannedPart,
    PlannedSpan,
)
from commands.trade.contracts.times import Window
from kit.errors import Problem
from models.fulfilment.call_offs import PlanStatus
from models.trade.codes import TradeCode

_NONE = Decimal(0)
_STAY = "are released, held or called off otherwise"
_BY_HAND = "Somebody has moved it, or sends it once more"


class DeliveryGroup(NamedTuple):
    """What travels together: to one place in one window."""

    ship_to_id: UUID | None
    unloading_point: str | None
    earliest: datetime
    latest: datetime


class Reused(NamedTuple):
    """What of a part is wanted in another window, and comes there without another call-off."""

    part: PlannedPart
    quantity: Decimal


class Covered(NamedTuple):
    """What of a schedule's line the plan leaves as it is. by: of what; None where no day is known.

    is_late: it comes later than the line is wanted, and could come.
    """

    line: Any
    by: Fixed | None
    quantity: Decimal
    is_late: bool

    def item(self, of: ScheduledLine) -> PlanItem:
        """What is told of it where it is late."""
        fixed = cast("Fixed", self.by)
        window = fixed.earliest, fixed.latest
        text = (
            f"{self.quantity.normalize():f} of what the schedule wants for {self.line.arrives_on}"
            f" come later, on {fixed.comes_on}: they {_STAY}, and stay as they are."
        )
        amounts = self.quantity, self.quantity
        return PlanItem(*of, self.line.id, PlanStatus.KEPT, *amounts, window, None, text)


@dataclass
class PlanSlot:
    """A contract line at a place in a window: what is wanted then, and what is planned.

    arrival: None where nothing is missing. wanted: what is missing beside what follows. covered:
    what the plan leaves as it is; by_hand: what comes with what somebody has moved; filled: what
    comes before, in whole lots. called_off: what is in no delivery and is put into one.
    reused: what was planned in other windows. ceded: what it leaves to nearer windows, since no
    more can be called off. kept: what is planned, does not stay, and stays called off for days
    after the plan. problem: why no more can be called off for it. is_due: the plan reaches
    it. is_later: it is planned beyond that, and changes only to leave its place. is_decided:
    somebody lets it come then; it has one delivery, which changes as it is. agreed: the window in
    which that is wanted now, since nothing is on the day for which it was planned. is_unfit:
    nothing of it is planned anew, since its goods cannot be handled, or nothing may come then any
    more: its deliveries stay, with less in them where that is wanted.
    """

    of: ScheduledLine
    group: DeliveryGroup
    arrival: SupplyWindow | None = None
    schedule_line_id: UUID | None = None
    wanted: Decimal = _NONE
    covered: list[Covered] = field(default_factory=list)
    by_hand: Decimal = _NONE
    filled: Decimal = _NONE
    rounded: Decimal = _NONE
    planned: list[PlannedPart] = field(default_factory=list)
    called_off: list[CalledOff] = field(default_factory=list)
    reused: list[Reused] = field(default_factory=list)
    ceded: Decimal = _NONE
    kept: list[Reused] = field(default_factory=list)
    problem: Problem | None = None
    is_due: bool = False
    is_later: bool = False
    is_decided: bool = False
    is_unfit: bool = False
    agreed: PlannedSpan | None = None

    @property
    def stays_put(self) -> bool:
        """Whether its deliveries stay where they are, at most with less in them."""
        return self.is_decided or self.is_unfit

    @property
    def before(self) -> Decimal:
        """What is planned and not released."""
        return sum((it.planned for it in self.planned), _NONE)

    @property
    def goal(self) -> Decimal:
        """What is to be planned."""
        refused = _NONE if self.problem is None else self.more
        return self.rounded - self.ceded - refused

    @property
    def more(self) -> Decimal:
        """What is neither planned nor called off, and must be."""
        return max(self.rounded - self.before - self._added, _NONE)

    @property
    def stays(self) -> Decimal:
        """What of it is planned and stays so."""
        return min(self.before, self.rounded - self._added) - self.ceded

    @property
    def _added(self) -> Decimal:
        """What is put to it of what is called off, in no delivery or for other windows."""
        called_off = sum((it.quantity for it in self.called_off), _NONE)
        return sum((it.quantity for it in self.reused), called_off)

    @property
    def changes(self) -> bool:
        """Whether it is not planned as it was."""
        return not self.before == self.stays == self.goal

    @property
    def recipients(self) -> Iterator[dict[str, Any]]:
        """Who takes in what is planned for it, and what is called off."""
        known = chain(
            (it.delivery.recipient for it in self.planned), (it.recipient for it in self.called_off)
        )
        yield from filter(None, known)

    def freed(self) -> Iterator[Reused]:
        """Yield what of it is planned and does not stay, the last parts first."""
        missing = self.before - self.stays
        for part in reversed(self.planned):
            if quantity := min(missing, part.planned):
                yield Reused(part, quantity)
                missing -= quantity

    def cede(self, most: Decimal, step: Decimal) -> Decimal:
        """Leave so much to nearer windows, whole lots of what stays; return how much that is."""
        stays = self.stays
        ceded = min((most / step).to_integral_value(ROUND_CEILING) * step, stays)
        self.ceded += ceded
        return ceded

    def take(self, free: list[CalledOff], most: Decimal, since: datetime | None = None) -> Decimal:
        """Take at most so much of what is called off, the most urgent first, which loses it.

        since: only of what is to have left by then or later. Returns what is missing.
        """
        for place, each in enumerate(free):
            if (since is None or since <= each.due_at) and (taken := min(each.quantity, most)):
                self.called_off.append(each._replace(quantity=taken))
                free[place] = each._replace(quantity=each.quantity - taken)
                most -= taken
        return most

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
        window = self.group[-2:]
        if self.status is PlanStatus.UNCHANGED or self.arrival is None:
            window = self.planned[0].comes
        lines = (it.line.id for it in self.covered)
        return PlanItem(
            *self.of,
            self.schedule_line_id or next(lines, None),
            self.status,
            self.before,
            self.goal,
            window,
            None if self.arrival is None else self.arrival.leaves_on,
            self._reason(),
            self._code,
        )

    @property
    def late_items(self) -> list[PlanItem]:
        """What is told of what comes later than it is wanted, since the plan leaves it as it is."""
        return [it.item(self.of) for it in self.covered if it.is_late]

    @property
    def _code(self) -> str | None:
        if self.problem is not None:
            return str(self.problem.code)
        return str(TradeCode.EXCEEDS_MAX) if self.ceded else None

    def _reason(self) -> str:
        if self.problem is not None:
            return self.problem.message
        text = self._by_hand() if self.is_decided else self._wants()
        changes = self.status not in {PlanStatus.UNCHANGED, PlanStatus.CANCELLED}
        why = self.arrival.why if self.arrival is not None and changes else ""
        return "".join((text, *self._notes(), why)).strip()

    def _wants(self) -> str:
        """Say what is wanted then, and what is planned for it."""
        elsewhere = sum((it.quantity for it in self.covered), self.by_hand + self.filled)
        if self.is_later:
            return ""
        if not (all_of_it := self.wanted + elsewhere):
            return "The schedule wants nothing then any more."
        if not (self.changes or elsewhere):
            return "It is planned as the schedule wants it."
        planned = f"{self.before.normalize():f} are planned."
        if not self.before:
            planned = "nothing is planned for that."
        return f"The schedule wants {all_of_it.normalize():f} then, and {planned}"

    def _by_hand(self) -> str:
        wanted, before = (f"{it.normalize():f}" for it in (self.wanted, self.before))
        if self.status is PlanStatus.LOWERED:
            its = f"The schedule wants {wanted} of it, and {before} are planned."
            return f"{its} {_BY_HAND}: they come then."
        if self.status is PlanStatus.CANCELLED:
            days = "neither on the day for which it was planned nor on its new one"
            return f"{_BY_HAND}, and the schedule wants no more of it, {days}."
        return f"{_BY_HAND}: it comes then."

    def _notes(self) -> Iterator[str]:
        """Yield what is told of quantities beside what becomes of it."""
        covered, called_off, reused, kept = (
            sum((it.quantity for it in its), _NONE)
            for its in (self.covered, self.called_off, self.reused, self.kept)
        )
        amounts = (
            (covered, f"of it {_STAY}."),
            (self.by_hand, "of it come with what somebody has moved, or sends once more."),
            (self.filled, "of it come before, in what fills whole lots or packagings."),
            (called_off, "of it are called off already."),
            (reused, "of it were called off for another day."),
            (kept, "of it stay called off, for days after this plan."),
        )
        if not self.is_later:
            yield from (f" {amount.normalize():f} {text}" for amount, text in amounts if amount)
        if self.ceded:
            ceded = f"{self.ceded.normalize():f}"
            yield f" Of what can be called off in all, {ceded} are wanted before: they come then."
        if (over := min(self.rounded - self.wanted, self.goal)) > 0 and not self.is_later:
            yield f" {over.normalize():f} more fill whole lots or packagings."


def slot_at(known: KnownSchedules, of: ScheduledLine, window: PlannedSpan) -> PlanSlot:
    """Return the slot of a contract line at a place in a window, with nothing in it."""
    account = known.accounts[of.account_id]
    return PlanSlot(of, DeliveryGroup(account.ship_to_id, account.unloading_point, *window))


def planned_slot(known: KnownSchedules, of: ScheduledLine, part: PlannedPart) -> PlanSlot:
    """Return the slot of a part in the window in which it comes, where nothing is wanted yet."""
    earliest, latest = part.comes
    window = Window.model_construct(
        earliest=earliest, latest=latest, time_zone=part.delivery.window_zone
    )
    found = slot_at(known, of, part.comes)
    leaves_on = known.leaves_on(part)
    found.arrival = SupplyWindow(window, leaves_on, is_late=False, why="", wanted_by=latest)
    found.planned = [part]
    return found
