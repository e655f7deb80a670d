"""What a plan makes of one contract line at one place in one window."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple
from uuid import UUID

from commands.fulfilment.call_offs.schedules.arrivals import SupplyWindow
from commands.fulfilment.call_offs.schedules.fixed import ScheduledLine
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


@dataclass
class PlanSlot:
    """A contract line at a place in a window: what is wanted then, and what is planned.

    arrival: None where nothing is wanted. called_off: what is in no delivery and is put into one.
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
        return self.rounded if self.problem is None else self.rounded - self.more

    @property
    def more(self) -> Decimal:
        """What is neither planned nor called off, and must be."""
        called_off = sum((it.quantity for it in self.called_off), _NONE)
        reused = sum((it.quantity for it in self.reused), _NONE)
        return max(self.rounded - self.before - called_off - reused, _NONE)

    @property
    def stays(self) -> Decimal:
        """What of it is planned and stays so."""
        return min(self.before, self.goal)

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
        if ceded:
            self.rounded, self.ceded = stays - ceded, self.ceded + ceded
        return ceded

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
            self._code,
        )

    @property
    def _code(self) -> str | None:
        if self.problem is not None:
            return str(self.problem.code)
        return str(TradeCode.EXCEEDS_MAX) if self.ceded else None

    def _reason(self) -> str:
        if self.problem is not None:
            return self.problem.message
        wanted, before = (f"{it.normalize():f}" for it in (self.wanted, self.before))
        still = f"The schedule still wants {wanted} then, and"
        if not self.wanted:
            still = "What somebody has moved brings all that the schedule wants then, and"
        texts = {
            PlanStatus.CREATED: f"{still} nothing is planned for that.",
            PlanStatus.RAISED: f"{still} {before} are planned.",
            PlanStatus.LOWERED: f"{still} {before} are planned.",
            PlanStatus.CANCELLED: "The schedule wants nothing then any more.",
            PlanStatus.UNCHANGED: "It is planned as the schedule wants it.",
        }
        if self.is_decided:
            texts |= {
                PlanStatus.LOWERED: f"The schedule still wants {wanted} of it, and {before} are"
                f" planned. {_BY_HAND}: they come then.",
                PlanStatus.CANCELLED: f"{_BY_HAND}, and the schedule wants nothing any more on the"
                " day for which it was planned, nor on its new one.",
                PlanStatus.UNCHANGED: f"{_BY_HAND}: it comes then.",
            }
        text = texts[self.status]
        if self.ceded:
            ceded = f"{self.ceded.normalize():f}"
            text = f"Of what can be called off in all, {ceded} are wanted before: they come then."
        elif self.wanted and not self.goal:
            text = "What is planned before it brings it, since that fills whole lots."
        changes = self.status not in {PlanStatus.UNCHANGED, PlanStatus.CANCELLED}
        why = self.arrival.why if self.arrival is not None and changes else ""
        return "".join((text, *self._notes(), why))

    def _notes(self) -> Iterator[str]:
        """Yield what is told of quantities beside what becomes of it."""
        amounts = (
            (self.called_off, "of it are called off already."),
            (self.reused, "of it were called off for another day."),
            (self.kept, "of it stay called off, for days after this plan."),
        )
        for parts, text in amounts:
            if quantity := sum((it.quantity for it in parts), _NONE):
                yield f" {quantity.normalize():f} {text}"
        if self.rounded > self.wanted:
            over = self.rounded - self.wanted
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
    found.arrival = SupplyWindow(window, known.leaves_on(part), is_late=False, why="")
    found.planned = [part]
    return found
