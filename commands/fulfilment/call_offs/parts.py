"""The planned deliveries of a call-off: checked against its contract, then planned as any."""

from collections.abc import Mapping
from uuid import UUID

from commands.fulfilment.call_offs.inputs import CallOffPart, ContractCallOff
from commands.fulfilment.call_offs.lines import check_window
from commands.fulfilment.deliveries.places import (
    DeliveryPart,
    DeliveryTerms,
    PlannedLine,
    check_method,
)
from commands.fulfilment.deliveries.planning.parts import check_places
from commands.fulfilment.deliveries.planning.plan import plan
from commands.master.parties.roles import HeldParty
from commands.trade.contracts.times import AgreedPlace, check_listed
from commands.trade.orders.lines import lines_of
from commands.writing.transaction import Writing
from kit.errors import Code, Path, Problem, Refusals, Refused
from kit.inputs import refuse_duplicates
from models.master.channels import Channel
from models.master.parties import Address
from models.trade.codes import TradeCode
from models.trade.contracts.tables import Contract

PARTS: Path = ("deliveries",)


def check_parts(writing: Writing, contract: Contract, command: ContractCallOff) -> None:
    """Check what the contract says about deliveries (K3, addresses).

    Refused: NOT_FOUND and DUPLICATE for line numbers, NOT_ON_CONTRACT, OUTSIDE_VALIDITY,
    NOTICE_TOO_SHORT, INVALID_WINDOW.
    """
    refusals = Refusals()
    for place, part in enumerate(command.deliveries):
        path: Path = (*PARTS, place)
        with refusals:
            refuse_duplicates((it.line_no for it in part.lines), (*path, "lines"), "line_no")
        for number, each in enumerate(part.lines):
            with refusals:
                if each.line_no > len(command.lines):
                    text = f"The lines of this call-off have the numbers 1 to {len(command.lines)}."
                    raise Refused(Code.NOT_FOUND, text, (*path, "lines", number, "line_no"))
        with refusals:
            if part.ship_to_id is not None:
                check_listed(contract, part.ship_to_id, (*path, "ship_to_id"))
        with refusals:
            if part.window is not None:
                check_window(writing, contract, part.window, path)
    refusals.end()


async def check_unplanned(
    writing: Writing,
    command: ContractCallOff,
    channel: Channel | None,
    party: HeldParty,
    address: Address | None,
) -> None:
    """Check what planning would refuse of deliveries, where it is not reached.

    address: to which the call-off goes, as far as that is known. What is counted otherwise than its
    line is not compared. Refused: NOT_FOUND, METHOD_NOT_ALLOWED, QUANTITY_NOT_OPEN,
    OUTSIDE_RECEIVING_HOURS.
    """
    refusals, lines = Refusals(), dict(enumerate(command.lines, 1))
    left = {line_no: line.quantity for line_no, line in lines.items()}
    with refusals:
        await check_places(writing, command.deliveries, PARTS)
    with refusals:
        await _check_hours(writing, command, address)
    for place, part in enumerate(command.deliveries):
        path: Path = (*PARTS, place)
        with refusals:
            if channel is not None:
                check_method(part.method, channel, party, (*path, "method"))
        once = {it.line_no: number for number, it in reversed([*enumerate(part.lines)])}
        for number, each in enumerate(part.lines):
            line = lines.get(each.line_no) if once[each.line_no] == number else None
            if line is None or line.unit is not None or line.packaging != each.packaging:
                continue
            if each.quantity > left[each.line_no]:
                text = f"Only {left[each.line_no].normalize():f} of this line can still be planned."
                problem = Problem(
                    TradeCode.QUANTITY_NOT_OPEN, text, (*path, "lines", number, "quantity")
                )
                refusals.problems.append(problem)
            else:
                left[each.line_no] -= each.quantity
    refusals.end()


async def _check_hours(writing: Writing, command: ContractCallOff, address: Address | None) -> None:
    """Refused: OUTSIDE_RECEIVING_HOURS (D6) for the windows of parts whose address is known."""
    named = {it.ship_to_id for it in command.deliveries if it.ship_to_id}
    addresses = await writing.there(Address, named) if named else {}
    refusals = Refusals()
    for place, part in enumerate(command.deliveries):
        where = addresses.get(part.ship_to_id) if part.ship_to_id else address
        override = part.window_override or command.window_override
        with refusals:
            if part.window is not None:
                AgreedPlace(where, override=override).check(part.window, (*PARTS, place, "window"))
    refusals.end()


async def plan_parts(
    writing: Writing, order_id: UUID, command: ContractCallOff, *, waits: bool
) -> list[UUID]:
    """Plan the deliveries of a new call-off and return their ids.

    waits: whether the call-off awaits an approval. Refused: WRONG_STATE where it does, and as
    `deliveryPlan`.
    """
    if not command.deliveries:
        return []
    if waits:
        text = "This call-off waits for approval: plan deliveries after it."
        raise Refused(Code.WRONG_STATE, text, PARTS)
    ids = {line.line_no: line.id for line in (await lines_of(writing, [order_id])).values()}
    parts = [_part(part, ids, command.window_override) for part in command.deliveries]
    return await plan(writing, parts, PARTS)


def _part(part: CallOffPart, ids: Mapping[int, UUID], why: str | None) -> DeliveryPart:
    """Name the order's lines by id. ids: line number -> id. why: it says that of all windows."""
    lines = [
        PlannedLine(
            order_line_id=ids[each.line_no], quantity=each.quantity, packaging=each.packaging
        )
        for each in part.lines
    ]
    terms = {name: getattr(part, name) for name in DeliveryTerms.model_fields}
    terms["window_override"] = part.window_override or why
    return DeliveryPart(lines=lines, **terms)
