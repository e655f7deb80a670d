"""How much one call-off of a contract line may have: what is wanted is split among several.

Pure arithmetic: nothing is read or written.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple
from uuid import UUID

from commands.fulfilment.call_offs.schedules.slots import PlanSlot
from commands.fulfilment.call_offs.schedules.wanted import step_of
from kit.errors import Problem
from models.trade.codes import TradeCode
from models.trade.contracts.tables import ContractLine

_NONE = Decimal(0)
Called = tuple[PlanSlot, Decimal]
"""A slot, and what is called off for it."""


class CallOffSizes(NamedTuple):
    """How call-offs of a line may bring a quantity: in so many parts, each of the least or more."""

    parts: int
    least: Decimal
    most: Decimal

    def of(self, total: Decimal) -> Iterator[Decimal]:
        """Yield what each has: the most that it may, but it leaves the least to those after it."""
        left = total
        for others in reversed(range(self.parts)):
            size = min(self.most, left - others * self.least)
            left -= size
            yield size


def call_off_sizes(line: ContractLine, total: Decimal) -> CallOffSizes | None:
    """Return how call-offs bring a quantity, whole lots and as few as may be; None if none may."""
    if line.lot_multiple is not None and total % line.lot_multiple:
        return None
    step = step_of(line)
    least, most = line.min_per_call_off or _NONE, line.max_per_call_off
    least = (least / step).to_integral_value(ROUND_CEILING) * step
    most = total if most is None else (most / step).to_integral_value(ROUND_FLOOR) * step
    count = int((total / most).to_integral_value(ROUND_CEILING)) if most else 0
    return CallOffSizes(count, least, most) if count and total >= count * least else None


def leave_out(line: ContractLine, slots: Sequence[PlanSlot]) -> int:
    """Note which of a line's slots, the last ones first, no call-offs bring; tells how many do."""
    lot = line.lot_multiple
    for slot in slots:
        if lot is not None and slot.more % lot:
            slot.problem = _odd(slot.more, lot)
    left = [(it, it.more) for it in slots if it.more and it.problem is None]
    total = sum((more for _, more in left), _NONE)
    while left:
        if (sizes := call_off_sizes(line, total)) is not None:
            return sizes.parts
        slot, more = left.pop()
        slot.problem = _why(line, total)
        total -= more
    return 0


def _odd(more: Decimal, lot: Decimal) -> Problem:
    text = f"{more.normalize():f} more are wanted, which are no whole lots of {lot.normalize():f}."
    return Problem(TradeCode.LOT_MULTIPLE, text)


def _why(line: ContractLine, total: Decimal) -> Problem:
    least, wanted = line.min_per_call_off, f"{total.normalize():f}"
    if least is not None and total < least:
        text = (
            f"The least of one call-off is {least.normalize():f}, and {wanted} are wanted up to"
            " this day: no more than a schedule wants is called off. Plan further ahead."
        )
        return Problem(TradeCode.BELOW_MINIMUM, text)
    bounds = {"least": least, "most": line.max_per_call_off}
    texts = (f"the {name} is {it.normalize():f}" for name, it in bounds.items() if it is not None)
    text = f"{wanted} fit into no call-offs of whole lots: of one {' and '.join(texts)}."
    return Problem(TradeCode.EXCEEDS_MAX, text)


def call_offs_of(
    lines: Mapping[UUID, ContractLine], wanted: Iterable[Called]
) -> list[list[Called]]:
    """Return the call-offs that bring what is wanted: of each line the first ones are full."""
    of_line = defaultdict[UUID, list[Called]](list)
    for each in sorted(wanted, key=lambda it: it[0].group.earliest):
        of_line[each[0].of.contract_line_id].append(each)
    found = defaultdict[int, list[Called]](list)
    for line_id, its in of_line.items():
        total = sum((quantity for _, quantity in its), _NONE)
        sizes = call_off_sizes(lines[line_id], total)
        for place, each in _split(its, list(sizes.of(total)) if sizes else [total]):
            found[place].append(each)
    return [found[place] for place in sorted(found)]


def _split(wanted: Iterable[Called], sizes: Sequence[Decimal]) -> Iterator[tuple[int, Called]]:
    """Yield what of each slot is in which call-off. sizes: what those have in all."""
    place, left = 0, sizes[0]
    for slot, quantity in wanted:
        missing = quantity
        while missing:
            if not left:
                place, left = place + 1, sizes[place + 1]
            taken = min(missing, left)
            missing, left = missing - taken, left - taken
            yield place, (slot, taken)
