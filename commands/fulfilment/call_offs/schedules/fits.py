"""Whether what a plan raises fits into what its contract agrees on, and what comes instead."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import UUID

from commands.fulfilment.call_offs.lines import check_window
from commands.fulfilment.call_offs.schedules.arrivals import SHUT
from commands.fulfilment.call_offs.schedules.known import KnownSchedules
from commands.fulfilment.call_offs.schedules.sizes import call_off_sizes, leave_out
from commands.fulfilment.call_offs.schedules.slots import PlanSlot, Reused
from commands.fulfilment.call_offs.schedules.wanted import step_of
from commands.writing.transaction import Writing
from kit.errors import Problem, Refused
from models.trade.codes import TradeCode
from models.trade.contracts.tables import ContractLine

_NONE = Decimal(0)


def check_fits(writing: Writing, known: KnownSchedules, slots: Iterable[PlanSlot]) -> None:
    """Note what a slot that is to be raised would break of the contract's rules (K1, K3)."""
    of_line: defaultdict[UUID, list[PlanSlot]] = defaultdict(list)
    raised: defaultdict[UUID, list[PlanSlot]] = defaultdict(list)
    for slot in sorted(slots, key=lambda it: it.group.earliest):
        of_line[slot.of.contract_line_id].append(slot)
        if slot.more and slot.arrival is not None and slot.arrival.is_shut:
            slot.problem = Problem(TradeCode.OUTSIDE_RECEIVING_HOURS, SHUT.strip())
        elif slot.more and slot.arrival is not None:
            try:
                check_window(writing, known.contract, slot.arrival.window)
            except Refused as refused:
                slot.problem = refused.problems[0]
            else:
                raised[slot.of.contract_line_id].append(slot)
    for line_id, its in raised.items():
        line = known.lines[line_id]
        writing.extent.touch(_check_quantities(line, its, of_line[line_id]))


def _check_quantities(
    line: ContractLine, raised: Sequence[PlanSlot], slots: Sequence[PlanSlot]
) -> int:
    """Note which of a line's slots do not fit: into what is agreed, or into any call-offs.

    What is planned for later leaves its place to what is wanted before. slots: all of the line;
    both by day. Returns how many call-offs bring what fits.
    """
    lowered = sum((max(it.before - it.goal, _NONE) for it in slots), _NONE)
    room = line.ceiling - line.called_off + lowered
    called: defaultdict[UUID | None, list[PlanSlot]] = defaultdict(list)
    for slot in raised:
        more = slot.more
        room += _ceded(line, slot, slots, more - room)
        if more > room:
            text = f"Only {max(room, _NONE).normalize():f} can still be called off."
            slot.problem = Problem(TradeCode.EXCEEDS_MAX, text)
        elif slot.more:
            room -= more
            called[slot.group.ship_to_id].append(slot)
    parts = 0
    for its in called.values():
        _reuse(line, its, slots)
        parts += leave_out(line, its)
    return parts


def _ceded(
    line: ContractLine, slot: PlanSlot, slots: Sequence[PlanSlot], missing: Decimal
) -> Decimal:
    """Let what is planned for later days leave its place, the last ones first; return how much."""
    after = [it for it in slots if it.group.earliest > slot.group.earliest and not it.is_decided]
    if missing <= 0 or sum((it.stays for it in after), _NONE) < missing:
        return _NONE
    ceded = _NONE
    for later in reversed(after):
        if ceded < missing:
            ceded += later.cede(missing - ceded, step_of(line))
    return ceded


def _reuse(line: ContractLine, raised: Sequence[PlanSlot], slots: Sequence[PlanSlot]) -> None:
    """Bring what no call-offs of agreed sizes bring by what is planned for other days, and was.

    What is guaranteed for its day is used as a whole or not at all. raised: of one address.
    """
    total = sum((it.more for it in raised), _NONE)
    if not total or call_off_sizes(line, total) is not None:
        return
    freed = [(it.of, part, quantity) for it in slots for part, quantity in it.freed()]
    for slot in raised:
        for place, (of, part, quantity) in enumerate(freed):
            taken = min(quantity, slot.more)
            wanted = part.order_line.ordered - part.order_line.cancelled
            is_part = part.order_line.guarantee_id is not None and taken < wanted
            if of == slot.of and taken and not is_part:
                slot.reused.append(Reused(part, taken))
                freed[place] = (of, part, quantity - taken)
