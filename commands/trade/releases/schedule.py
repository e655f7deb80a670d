"""Cumulative schedules: the ones before and after a release."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commands.master.packagings.counting import Counted
from commands.trade.contracts.times import Window
from commands.trade.releases.inputs import ReleaseContent, ReleaseLine
from commands.trade.releases.transit import Transit
from models.trade.contracts.tables import Contract
from models.trade.releases.cumulatives import open_quantities
from models.trade.releases.tables import Release, ScheduleLine
from models.trade.releases.words import (
    Commitment,
    DateMeaning,
    ReleaseFunction,
    ScheduleBucket,
    ScheduleKind,
)

_FIRST = {kind: place for place, kind in enumerate(ScheduleKind)}


@dataclass(frozen=True)
class Slot:
    """A schedule line to be; its quantity in the product's unit, and what it was counted in.

    ships_on, arrives_on: by the calendars of when it came.
    """

    window: Window
    quantity: Decimal
    commitment: Commitment
    kind: ScheduleKind
    bucket: ScheduleBucket
    pattern: str | None
    date_meaning: DateMeaning
    transit_days: int
    code: str | None
    packaging_id: UUID | None
    packaging_content: Decimal | None
    ships_on: date
    arrives_on: date

    @property
    def last_day(self) -> date:
        """The last day on which something of it may arrive."""
        window, zone = self.window, ZoneInfo(self.window.time_zone)
        instants = (window.earliest, window.latest - timedelta.resolution)
        first, last = (it.astimezone(zone).date() for it in instants)
        return self.arrives_on + (last - first)

    @property
    def columns(self) -> dict[str, Any]:
        """Return the columns of a `ScheduleLine`, but for its keys."""
        window = self.window
        return {
            "window_earliest": window.earliest,
            "window_latest": window.latest,
            "window_zone": window.time_zone,
            "quantity": self.quantity,
            **{name: getattr(self, name) for name in _SAME},
        }


_SAME = (
    *("commitment", "kind", "bucket", "pattern", "date_meaning", "transit_days", "code"),
    *("packaging_id", "packaging_content", "ships_on", "arrives_on"),
)
"""Columns of a `ScheduleLine` that a slot has under their names."""


@dataclass(frozen=True)
class Schedule:
    """A release's figures. slots: in the order in which they are supplied.

    issued_on: the day at its contract. horizon: its last one, None where it says none.
    """

    received: Decimal
    slots: Sequence[Slot] = ()
    issued_on: date = date.min
    horizon: date | None = None

    @property
    def released(self) -> Decimal:
        """The cumulative quantity up to which it asks."""
        return self.received + sum((it.quantity for it in self.slots), Decimal(0))

    def firm(self, until: datetime) -> Decimal:
        """The firm cumulative quantity up to an instant."""
        starts, sums = self._firm
        return sums[bisect_right(starts, until)]

    @cached_property
    def _firm(self) -> tuple[Sequence[datetime], Sequence[Decimal]]:
        """Starts of the firm slots; the cumulative quantity before each of them, and after all."""
        firm = [it for it in self.slots if it.commitment is Commitment.FIRM]
        firm.sort(key=lambda it: it.window.earliest)
        sums = accumulate((it.quantity for it in firm), initial=self.received)
        return [it.window.earliest for it in firm], list(sums)

    def counted_from(self, received: Decimal) -> "Schedule":
        """Return the same demand counted from a later receipt: what has come leaves the slots."""
        left = open_quantities([it.quantity for it in self.slots], self.received, received)
        slots = [replace(it, quantity=q) for it, q in zip(self.slots, left, strict=True) if q]
        return replace(self, received=received, slots=slots)


def effective_schedule(forecast: Schedule | None, jit: Schedule | None) -> Schedule | None:
    """Return what both ask for together, as `models.trade.releases.effective` says it in SQL."""
    if forecast is None or jit is None:
        return forecast or jit
    until = jit.horizon or max((it.last_day for it in jit.slots), default=None)
    if until is None or forecast.issued_on > until:
        return forecast
    after = (
        it for it in forecast.slots if it.kind is ScheduleKind.SCHEDULED and it.arrives_on > until
    )
    return replace(jit, slots=[*jit.slots, *after])


def schedule_that_stands(
    release: Release, lines: Iterable[ScheduleLine], contract: Contract
) -> Schedule:
    """Return what a release asks for. lines: its own."""
    in_turn = [_standing(it) for it in sorted(lines, key=lambda it: it.line_no)]
    days = contract.day(release.issued_at), last_day(release.horizon_end, contract)
    return Schedule(release.cumulative_received, in_turn, *days)


def last_day(horizon_end: datetime | None, contract: Contract) -> date | None:
    """Return the last day of a horizon, None for none."""
    return None if horizon_end is None else contract.day(horizon_end - timedelta.resolution)


def _standing(line: ScheduleLine) -> Slot:
    earliest, latest, zone = line.window_earliest, line.window_latest, line.window_zone
    window = Window(earliest=earliest, latest=latest, time_zone=zone)
    return Slot(window, line.quantity, **{name: getattr(line, name) for name in _SAME})


def schedule_of(item: ReleaseContent, stated: Schedule, before: Schedule | None) -> Schedule:
    """Return the schedule as it will stand. stated: what the item says itself.

    before: what an update changes; one of nothing is what it says itself.
    """
    slots = list(stated.slots)
    if item.function is ReleaseFunction.UPDATE and before is not None:
        changed = {it.window.earliest for it in slots}
        kept = before.counted_from(stated.received).slots
        slots = [
            *(it for it in kept if it.window.earliest not in changed),
            *(it for it in slots if it.quantity),
        ]
    slots.sort(key=lambda it: (_FIRST[it.kind], it.window.earliest))
    return replace(stated, slots=slots)


def slot_of(line: ReleaseLine, quantity: Counted, transit: Transit) -> Slot:
    """Return what a line asks for. quantity: of it, in the product's unit."""
    own = {name: getattr(line, name) for name in _SAME if name in type(line).model_fields}
    own |= {**quantity.columns, **transit.days(line.window, line.date_meaning, line.transit_days)}
    return Slot(line.window, quantity.amount, **own)
