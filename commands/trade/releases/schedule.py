"""Cumulative schedules: the open ones before and after a release, and the firm zone between."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from uuid import UUID

from commands.master.packagings.counting import Counted
from commands.trade.releases.inputs import ContractRelease
from commands.writing.transaction import Writing
from kit.errors import Code, Refused
from kit.inputs import (
    Window,
)
from models.base.guards import guards
from models.trade.codes import TradeCode
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases import (
    Commitment,
    Release,
    ReleaseFunction,
    ScheduleLine,
    open_quantities,
)


@dataclass(frozen=True)
class Slot:
    """A schedule line to be; its quantity in the product's unit, and what it was counted in."""

    window: Window
    quantity: Decimal
    commitment: Commitment
    packaging_id: UUID | None = None
    packaging_content: Decimal | None = None


@dataclass(frozen=True)
class Schedule:
    """A release's figures. slots: in date order."""

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
        sums = accumulate((it.quantity for it in firm), initial=self.received)
        return [it.window.earliest for it in firm], list(sums)

    def counted_from(self, received: Decimal) -> "Schedule":
        """Return the same demand counted from a later receipt: what has come leaves the slots."""
        left = open_quantities([it.quantity for it in self.slots], self.received, received)
        slots = [replace(it, quantity=q) for it, q in zip(self.slots, left, strict=True) if q]
        return Schedule(received, slots)


def slots_of(lines: Sequence[ScheduleLine], of: Release) -> Iterator[Slot]:
    """Give what a release asks for, in the order of the lines."""
    for line in lines:
        if line.release_id == of.id:
            window = Window(
                earliest=line.window_earliest,
                latest=line.window_latest,
                time_zone=line.window_zone,
            )
            counted = (line.packaging_id, line.packaging_content)
            yield Slot(window, line.quantity, line.commitment, *counted)


def schedule_of(
    command: ContractRelease,
    line: ContractLine,
    before: Schedule | None,
    quantities: Sequence[Counted],
) -> Schedule:
    """Return the schedule as it will stand. quantities: of the command's lines.

    Refused: WRONG_STATE for an update of nothing.
    """
    received = command.cumulative_received
    if received is None:
        received = max(line.received, line.delivered)
    kept: Mapping[datetime, Slot] = {}
    if command.function is ReleaseFunction.UPDATE:
        if before is None:
            text = "There is no active release of this type to update."
            raise Refused(Code.WRONG_STATE, text, ("function",))
        kept = {it.window.earliest: it for it in before.counted_from(received).slots}
    changed = {
        each.window.earliest: Slot(
            each.window, quantity.amount, each.commitment, **quantity.columns
        )
        for each, quantity in zip(command.lines, quantities, strict=True)
    }
    slots = {**kept, **changed}
    return Schedule(received, [slots[start] for start in sorted(slots) if slots[start].quantity])


@guards("K8")
def check_firm_zone(
    writing: Writing, contract: Contract, before: Schedule, after: Schedule
) -> None:
    """Compare cumulatives, so that goods that came meanwhile are no reduction.

    Refused: FIRM_ZONE.
    """
    end = writing.now + timedelta(days=contract.firm_zone_days)
    firm = (it for it in before.slots if it.commitment is Commitment.FIRM)
    for start in (it.window.earliest for it in firm):
        if writing.now <= start < end and after.firm(start) < before.firm(start):
            text = (
                f"Until {start.isoformat()} {before.firm(start).normalize():f} is firm in all;"
                f" this release asks {after.firm(start).normalize():f}."
            )
            raise Refused(TradeCode.FIRM_ZONE, text, ("lines",))
