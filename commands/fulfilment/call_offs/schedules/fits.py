"""Whether what a plan raises fits into what its contract agrees on, and what comes instead."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from commands.fulfilment.call_offs.lines import check_window
from commands.fulfilment.call_offs.schedules.arrivals import SHUT, SupplyWindow
from commands.fulfilment.call_offs.schedules.fixed import ScheduledLine
from commands.fulfilment.call_offs.schedules.known import KnownSchedules
from commands.fulfilment.call_offs.schedules.sizes import call_off_sizes, leave_out
from commands.fulfilment.call_offs.schedules.slots import DeliveryGroup, PlanSlot, Reused
from commands.fulfilment.call_offs.schedules.wanted import step_of, whole_steps
from commands.fulfilment.deliveries.places import Route, check_carried
from commands.trade.contracts.times import check_listed, covers, refuse_validity
from commands.writing.transaction import Writing
from kit.errors import Problem, Refused
from models.fulfilment.codes import FulfilmentCode
from models.master.catalog import Product
from models.master.channels import DeliveryMethod
from models.master.locations import Location
from models.trade.codes import TradeCode
from models.trade.contracts.tables import Contract, ContractLine

_NONE = Decimal(0)
_NAMELESS = Problem(
    FulfilmentCode.RECIPIENT_MISSING, "It goes to a company: say as `recipient` who takes it in."
)
"""What is planned without could never leave (D7)."""


async def unfit_goods(
    writing: Writing, known: KnownSchedules, location: Location, method: DeliveryMethod
) -> dict[UUID, Problem]:
    """Return contract line -> why its goods do not go from a location by a method (D14)."""
    lines = list(known.lines.values())
    products = await writing.for_all().by_key(Product, "id", {it.product_id for it in lines})
    routes = (
        Route([products[line.product_id]], location, method, (place,))
        for place, line in enumerate(lines)
    )
    try:
        await check_carried(writing, routes)
    except Refused as refused:
        return {lines[int(it.path[0])].id: it for it in reversed(refused.problems)}
    return {}


def recipients_of(slots: Sequence[PlanSlot]) -> dict[DeliveryGroup, dict[str, Any]]:
    """Return who takes in what goes to each group, where that is known.

    Who takes in what is planned or called off for it; else, at its place, what is planned for the
    nearest window of those that have less now: that comes in this one.
    """
    found: dict[DeliveryGroup, dict[str, Any]] = {}
    leaving = defaultdict[Any, dict[datetime, dict[str, Any]]](dict)
    for slot in slots:
        for recipient in slot.recipients:
            found.setdefault(slot.group, recipient)
        if slot.goal < slot.before and slot.group in found:
            leaving[slot.group[:2]][slot.group.earliest] = found[slot.group]
    for group in {it.group for it in slots} - found.keys():
        if windows := leaving[group[:2]]:
            found[group] = windows[_nearest(windows, group.earliest)]
    return found


def _nearest(instants: Iterable[datetime], to: datetime) -> datetime:
    return min(instants, key=lambda it: (abs(it - to), it))


def check_fits(
    writing: Writing,
    known: KnownSchedules,
    slots: Iterable[PlanSlot],
    unfit: Mapping[UUID, Problem],
    nameless: Collection[DeliveryGroup],
) -> None:
    """Note what a slot that is to be raised would break of what is agreed (K1, K3, K15, K16).

    unfit: contract line -> why nothing new is planned of its goods: what is planned stays, as far
    as it is wanted. nameless: what nobody is known to take in.
    """
    of_line: defaultdict[UUID, list[PlanSlot]] = defaultdict(list)
    raised: defaultdict[UUID, list[PlanSlot]] = defaultdict(list)
    for slot in sorted(slots, key=lambda it: it.group.earliest):
        of_line[slot.of.contract_line_id].append(slot)
        why = unfit.get(slot.of.contract_line_id) or _shut(known.contract, slot.arrival)
        why = why or (_NAMELESS if slot.group in nameless else None)
        slot.is_unfit = why is not None
        if slot.is_unfit:
            slot.called_off, slot.problem = [], why if slot.rounded > slot.before else None
        elif slot.more and slot.arrival is not None:
            slot.problem = _broken(writing, known.contract, slot.group, slot.arrival)
            if slot.problem is None:
                raised[slot.of.contract_line_id].append(slot)
    for line_id, its in of_line.items():
        line = known.lines[line_id]
        parts, room = _check_quantities(line, raised[line_id], its)
        writing.extent.touch(parts)
        _keep(known, line, its, room)


def _shut(contract: Contract, arrival: SupplyWindow | None) -> Problem | None:
    """Return why nothing may come then, not even what is planned for then; None where it may."""
    if arrival is None:
        return None
    if arrival.is_shut:
        return Problem(TradeCode.OUTSIDE_RECEIVING_HOURS, SHUT.strip())
    try:
        if not covers(contract, arrival.window):
            refuse_validity(contract, ())
    except Refused as refused:
        return refused.problems[0]
    return None


def _broken(
    writing: Writing, contract: Contract, group: DeliveryGroup, arrival: SupplyWindow
) -> Problem | None:
    """Return why no more may come then and there, None where it may."""
    try:
        check_window(writing, contract, arrival.window)
        if group.ship_to_id is not None:
            check_listed(contract, group.ship_to_id, ())
    except Refused as refused:
        return refused.problems[0]
    return None


def _check_quantities(
    line: ContractLine, raised: Sequence[PlanSlot], slots: Sequence[PlanSlot]
) -> tuple[int, Decimal]:
    """Note which of a line's slots do not fit: into what is agreed, or into any call-offs.

    What is planned for later leaves its place to what is wanted before. slots: all of the line;
    both by day. Returns how many call-offs bring what fits, and how much more could be called off.
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
    return parts, room


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


def _keep(
    known: KnownSchedules, line: ContractLine, slots: Sequence[PlanSlot], room: Decimal
) -> None:
    """Let stay called off what is wanted after the plan, where no call-offs would bring it then.

    Nothing stays so while something is refused, which it would bring without being looked at, and
    nothing that is guaranteed for its day. slots: all of the line; room: what it still may have.
    """
    by_account = defaultdict[ScheduledLine, list[PlanSlot]](list)
    for slot in slots:
        by_account[slot.of].append(slot)
    for of, its in by_account.items():
        freed = sum((max(it.before - it.goal, _NONE) for it in its), _NONE)
        if not freed or any(it.problem is not None for it in its):
            continue
        raised = sum((max(it.goal - it.before, _NONE) for it in its), _NONE)
        called_off = sum((each.quantity for it in its for each in it.called_off), _NONE)
        stays = known.outstanding[of] - freed + raised - called_off
        later = whole_steps(max(known.wanted.get(of, _NONE) - stays, _NONE), step_of(line))
        if call_off_sizes(line, later) is None:
            room -= _kept(its, min(later, room))


def _kept(slots: Sequence[PlanSlot], most: Decimal) -> Decimal:
    """Let so much at most of what slots free stay called off; return how much that is."""
    reused = defaultdict[UUID, Decimal](Decimal)
    for part, quantity in (each for it in slots for each in it.reused):
        reused[part.line.id] += quantity
    left = most
    for slot in slots:
        for part, freed in slot.freed():
            quantity = min(freed - reused[part.line.id], left)
            if quantity > 0 and part.order_line.guarantee_id is None:
                slot.kept.append(Reused(part, quantity))
                left -= quantity
    return most - left
