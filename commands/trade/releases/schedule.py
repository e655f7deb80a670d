"""Cumulative schedules: the ones before and after a release."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from typing import Any
from uuid import UUID

from commands.master.packagings.counting import Counted
from commands.trade.contracts.times import Window
from commands.trade.releases.inputs import ReleaseContent, ReleaseLine
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
    """A schedule line to be; its quantity in the product's unit, and what it was counted in."""

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
    *("packaging_id", "packaging_content"),
)
"""Columns of a `ScheduleLine` that a slot has under their names."""


@dataclass(frozen=True)
class Schedule:
    """A release's figures. slots: in the order in which they are supplied."""

    received: Decimal
    slots: Sequence[Slot] = ()

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
        return Schedule(received, slots)


def schedule_that_stands(release: Release, lines: Iterable[ScheduleLine]) -> Schedule:
    """Return what a release asks for. lines: its own."""
    in_turn = sorted(lines, key=lambda it: it.line_no)
    return Schedule(release.cumulative_received, [_standing(each) for each in in_turn])


def _standing(line: ScheduleLine) -> Slot:
    earliest, latest, zone = line.window_earliest, line.window_latest, line.window_zone
    window = Window(earliest=earliest, latest=latest, time_zone=zone)
    return Slot(window, line.quantity, **{name: getattr(line, name) for name in _SAME})


def schedule_of(
    item: ReleaseContent,
    received: Decimal,
    before: Schedule | None,
    quantities: Sequence[Counted],
) -> Schedule:
    """Return the schedule as it will stand. quantities: of the item's lines.

    before: what an update changes; one of nothing is what it says itself.
    """
    slots = [_slot(each, quantity) for each, quantity in zip(item.lines, quantities, strict=True)]
    if item.function is ReleaseFunction.UPDATE and before is not None:
        changed = {it.window.earliest for it in slots}
        kept = before.counted_from(received).slots
        slots = [
            *(it for it in kept if it.window.earliest not in changed),
            *(it for it in slots if it.quantity),
        ]
    slots.sort(key=lambda it: (_FIRST[it.kind], it.window.earliest))
    return Schedule(received, slots)


def _slot(line: ReleaseLine, quantity: Counted) -> Slot:
    own = {name: getattr(line, name) for name in _SAME if name in type(line).model_fields}
    return Slot(line.window, quantity.amount, **own, **quantity.columns)
