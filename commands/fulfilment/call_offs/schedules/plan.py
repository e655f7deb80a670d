"""From demand to delivery: effective schedules become call-offs and deliveries, and follow changes.

What is released stays as it is; what is only planned is brought to what the schedule wants now, by
the verbs that a person would use.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commands.fulfilment.call_offs.inputs import CallOffLine, ContractCallOff
from commands.fulfilment.call_offs.place import place
from commands.fulfilment.call_offs.schedules.fits import (
    check_fits,
    recipients_of,
    unfit_goods,
)
from commands.fulfilment.call_offs.schedules.inputs import DeliveryPlanFromSchedule
from commands.fulfilment.call_offs.schedules.known import (
    KnownSchedules,
    known_of_contract,
)
from commands.fulfilment.call_offs.schedules.sizes import Called, call_offs_of
from commands.fulfilment.call_offs.schedules.slots import DeliveryGroup, PlanSlot
from commands.fulfilment.call_offs.schedules.wanted import affected, kept_items, slots_of
from commands.fulfilment.call_offs.schedules.work import PlanWork
from commands.fulfilment.deliveries.changes.windows import remember
from commands.fulfilment.deliveries.places import (
    DeliveryPart,
    PlannedLine,
    check_location,
    check_method,
)
from commands.fulfilment.deliveries.planning.plan import plan
from commands.fulfilment.deliveries.remaining.back import take_back
from commands.trade.contracts.life import check_in_force
from commands.trade.orders.cancel import LineCancel, OrderCancelLines, cancel_quantities
from commands.trade.orders.fields import Recipient
from commands.trade.orders.lines import lines_of
from commands.writing.transaction import Outcome, Writing, missing
from commands.writing.verbs import verb
from kit.errors import Code, Problem, Refusals, Refused
from kit.inputs import LARGEST_BULK, refuse_duplicates
from models.access.viewers import Scope
from models.fulfilment.call_offs import PLAN_FROM_SCHEDULE
from models.master.channels import Channel
from models.master.locations import Location
from models.master.parties import Address, Party, PartyKind
from models.trade.contracts.tables import Contract
from models.trade.orders.lines import OrderLine

_CANCELLED = "The plan of its schedule needs it no longer."
_PATH = ("deliveries",)


@verb(
    PLAN_FROM_SCHEDULE,
    "Plan what the schedules in force of a contract want up to a day: call off what is not called"
    " off yet, and plan its deliveries, one for each place and window. Asked again it changes what"
    " has changed and is not released, and says why; with `dryRun` it only says it. What was"
    " called off by itself, and answers no line of a schedule, keeps its window when the schedule"
    " moves: it was agreed for that, and brings what the schedule wants.",
)
async def plan_from_schedule(writing: Writing, command: DeliveryPlanFromSchedule) -> Outcome:
    """Bring what is planned and not released to what the effective schedules want.

    What would break a rule of the contract (K1, K3, K15, K16), comes while its place is shut, is
    of goods that the location or the method cannot handle (D14), or goes to a company where nobody
    is known to take it in (D7) is left out, and told with its code among the items.

    Refused: NOT_FOUND, also for another party's address, DUPLICATE for a place named twice,
    CONTRACT_SUSPENDED, WRONG_STATE for the contract and for an inactive location,
    METHOD_NOT_ALLOWED by the channel or for a business (D8), NOT_ALLOWED without the scope
    CALL_OFFS_WRITE, TOO_MANY_ITEMS, and as a whole what `contractCallOff`, `orderCancelLines` and
    `deliveryPlan` refuse else.
    """
    if Scope.CALL_OFFS_WRITE not in writing.viewer.scopes:
        text = "Planning from schedules calls off: it takes the scope CALL_OFFS_WRITE, too."
        raise Refused(Code.NOT_ALLOWED, text, ("contract_id",))
    path = ("contract_id",)
    contract = (await writing.get(Contract, {command.contract_id: path}))[command.contract_id]
    location, party = await _from(writing, command, contract)
    known = await known_of_contract(writing, command, contract, ZoneInfo(location.time_zone))
    check_in_force(known.contract, path)
    unfit = await unfit_goods(writing, known, location, command.method)
    slots = await writing.beside.items(slots_of(known, command.until, writing.now))
    recipients = recipients_of(slots)
    nameless = set[DeliveryGroup]()
    if party.kind is PartyKind.COMPANY:
        unknown = {it.group for it in slots} - recipients.keys()
        nameless = {it for it in unknown if command.recipient_at(*it[:2]) is None}
    chosen, items = await writing.beside.made(_items_of, writing, known, slots, unfit, nameless)
    done: Outcome = {"contract_id": contract.id, "order_ids": [], "delivery_ids": []}
    _agree(known, slots)
    try:
        done |= await _carry_out(writing, command, known, chosen, PlanWork(recipients))
    except Refused as refused:
        raise Refused.of([_as_sent(it) for it in refused.problems]) from None
    return done | {"items": items}


async def _from(
    writing: Writing, command: DeliveryPlanFromSchedule, contract: Contract
) -> tuple[Location, Party]:
    """Return from where is planned, and for whom.

    Refused: NOT_FOUND, WRONG_STATE, METHOD_NOT_ALLOWED for what holds of all deliveries.
    """
    path = ("location_id",)
    (party,) = await writing.for_all().records(Party, "id", [contract.party_id])
    with writing.refusals:
        await _check_places(writing, command, party)
    with writing.refusals:
        channels = await writing.get(Channel, {command.channel_id: ("channel_id",)})
        check_method(command.method, channels[command.channel_id], party, ("method",))
    location = (await writing.get(Location, {command.location_id: path}))[command.location_id]
    with writing.refusals:
        check_location(location, path)
    writing.refusals.end()
    return location, party


async def _check_places(writing: Writing, command: DeliveryPlanFromSchedule, party: Party) -> None:
    """Refused: DUPLICATE, and NOT_FOUND for an address of another party."""
    path, named = ("recipients",), command.recipients
    refuse_duplicates(((it.ship_to_id, it.unloading_point) for it in named), path, "ship_to_id")
    wanted = {it.ship_to_id: (*path, at, "ship_to_id") for at, it in enumerate(named)}
    found = await writing.get(Address, wanted) if wanted else {}
    refusals = Refusals()
    for key, where in wanted.items():
        with refusals:
            if found[key].party_id != party.id:
                raise missing(Address, where)
    refusals.end()


def _as_sent(problem: Problem) -> Problem:
    """Tell a problem at the field that it comes of: of what the plan makes nobody sent the path."""
    if problem.path[0] in DeliveryPlanFromSchedule.model_fields:
        return problem
    named = {"location_id", "method", "recipient"}.intersection(problem.path)
    return replace(problem, path=(named.pop() if named else "contract_id",))


def _items_of(
    writing: Writing,
    known: KnownSchedules,
    slots: Sequence[PlanSlot],
    unfit: Mapping[UUID, Problem],
    nameless: Collection[DeliveryGroup],
) -> tuple[list[PlanSlot], list[Outcome]]:
    """Return which slots are planned anew, and what is told of all; notes what is left out."""
    check_fits(writing, known, slots, unfit, nameless)
    shown = (it for it in slots if not it.is_later or it.changes)
    items = [it.item for it in shown if it.planned or it.rounded]
    items += chain.from_iterable(it.late_items for it in slots if not it.is_later)
    items += kept_items(known, slots)
    return affected(slots), [it.outcome for it in items]


def _agree(known: KnownSchedules, slots: Iterable[PlanSlot]) -> None:
    """Let what somebody has moved answer the window in which it is wanted now."""
    for slot in slots:
        if slot.agreed is not None:
            for part in slot.planned:
                remember(known.locked, [(part.line, slot.agreed)], part.comes)


async def _carry_out(
    writing: Writing,
    command: DeliveryPlanFromSchedule,
    known: KnownSchedules,
    slots: Sequence[PlanSlot],
    work: PlanWork,
) -> Outcome:
    """Plan slots anew: by the same statements for any number of them that go to one place.

    What somebody has moved, and what cannot be planned anew, stays where it is, with less of it.
    """
    if not slots:
        return {}
    staying, anew = ([it for it in slots if it.stays_put is each] for each in (True, False))
    lowered = [freed for it in staying for freed in it.freed()]
    less = {part.line: quantity for part, quantity in lowered}
    less |= {part.line: part.planned for it in anew for part in it.planned}
    await take_back(writing, known.locked, (), less=less)
    await writing.session.flush()
    for slot in anew:
        work.take(slot, known.zone)
    for part, quantity in lowered:
        work.cancel(part, quantity)
    for part, quantity in (kept for it in slots for kept in it.kept):
        work.cancel(part, -quantity)
    await _cancel(writing, work.unwanted())
    work.aim(known, writing)
    order_ids = await _call_off(writing, command, known, work)
    parts = [
        part
        for some in (work.parts, work.others)
        for group, quantities in some.items()
        for part in _parts(command, work, group, quantities)
    ]
    delivery_ids = await plan(writing, parts, _PATH) if parts else []
    return {"order_ids": order_ids, "delivery_ids": delivery_ids}


async def _cancel(writing: Writing, amounts: Mapping[OrderLine, Decimal]) -> None:
    """Cancel what no schedule wants any more, order by order."""
    of: defaultdict[UUID, list[LineCancel]] = defaultdict(list)
    for line, quantity in amounts.items():
        of[line.order_id].append(LineCancel(line_id=line.id, quantity=quantity))
    for order_id, lines in of.items():
        for some in _bulks(lines):
            await cancel_quantities(
                writing, OrderCancelLines(order_id=order_id, lines=some, reason=_CANCELLED)
            )


async def _call_off(
    writing: Writing, command: DeliveryPlanFromSchedule, known: KnownSchedules, work: PlanWork
) -> list[UUID]:
    """Call off what is missing, for each address by itself; note it among the parts."""
    order_ids, slots = [], list[Called]()
    for ship_to_id, wanted in work.called.items():
        for some in chain.from_iterable(map(_bulks, call_offs_of(known.lines, wanted))):
            called = ContractCallOff(
                contract_id=command.contract_id,
                channel_id=command.channel_id,
                ship_to_id=ship_to_id,
                recipient=command.recipient_at(ship_to_id),
                lines=[_line(*each) for each in some],
            )
            order_ids.append((await place(writing, called))["order_id"])
            slots += some
    lines = await lines_of(writing, order_ids)
    by_order = sorted(lines.values(), key=lambda it: (order_ids.index(it.order_id), it.line_no))
    for (slot, quantity), line in zip(slots, by_order, strict=True):
        work.parts.setdefault(slot.group, {})[line.id] = quantity
    return order_ids


def _line(slot: PlanSlot, quantity: Decimal) -> CallOffLine:
    return CallOffLine(
        contract_line_id=slot.of.contract_line_id,
        quantity=quantity,
        window=slot.arrival and slot.arrival.window,
        schedule_line_id=slot.schedule_line_id,
    )


def _parts(
    command: DeliveryPlanFromSchedule,
    work: PlanWork,
    group: DeliveryGroup,
    quantities: Mapping[UUID, Decimal],
) -> Iterator[DeliveryPart]:
    """Yield the deliveries of a group: one, but for more lines than one may have."""
    recipient = command.recipient_at(group.ship_to_id, group.unloading_point)
    if recipient is None and group in work.recipients:
        recipient = Recipient(**work.recipients[group])
    lines = [PlannedLine(order_line_id=key, quantity=it) for key, it in quantities.items()]
    for some in _bulks(lines):
        yield DeliveryPart(
            location_id=command.location_id,
            lines=some,
            window=work.windows[group],
            ship_to_id=group.ship_to_id,
            recipient=recipient,
            method=command.method,
            fulfil_by=work.days.get(group),
        )


def _bulks(items: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), LARGEST_BULK):
        yield list(items[start : start + LARGEST_BULK])
