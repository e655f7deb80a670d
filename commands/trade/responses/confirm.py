"""The merchant's response to an order, line by line (UN/EDIFACT ORDRSP, 1229 5, 6, 7)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field

from commands.master.packagings.counting import columns_of
from commands.trade.contracts.times import ANY_RULE, AgreedPlace, Window, check_ahead, windows_of
from commands.trade.orders.drafts import window_columns
from commands.trade.orders.lines import (
    called_off,
    cancel,
    lines_of,
    opened,
    withdraw,
)
from commands.trade.orders.states import VersionedOrderCommand, end_if_empty, locked
from commands.trade.responses.agreed import Offer, check_against_contract
from commands.trade.responses.checks import check_response
from commands.trade.responses.lines import AnsweredLine, LineConfirm, named_by_responses
from commands.trade.responses.substitutes import substitute
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refusals, Refused
from kit.inputs import Bulk, Instant, Note, refuse_duplicates
from models.access.dues import DueKind
from models.events.trade.orders import (
    OrderResponded,
    OrderWindowOverridden,
    RespondedLine,
)
from models.master.parties import Address
from models.trade.contracts.states import TimeRule
from models.trade.contracts.tables import Contract
from models.trade.orders import acts
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import LineResponse
from models.trade.orders.tables import Order


class OrderConfirm(VersionedOrderCommand):
    """The merchant's response to lines of an order."""

    lines: Bulk[LineConfirm] = Field(description="The lines, each once.")
    window: Window | None = Field(None, description="When the whole order is promised.")
    window_override: Note | None = Field(
        None,
        description="Why a window may lie outside of the address's receiving hours, or of the"
        " contract's validity, or leave less notice than it asks for. Of a window of the order"
        " that its `windowOverride` was given for, that says it. Shown to the customer.",
    )
    answer_by: Instant | None = Field(
        None, description="Until when amendments wait for their answer; needed where any does."
    )


@verb(
    acts.CONFIRM,
    "Respond to lines of a confirmed order: accept them and promise when, amend quantity, date or"
    " product, which waits for `orderAnswerAmendment`, or reject them, which cancels them. While an"
    " amendment waits, nothing of its line is planned, released, packed or dispatched. Another"
    " product alone takes effect at once where the line says `substitutionAllowed`. A response"
    " takes the place of the one before.",
)
async def confirm(writing: Writing, command: OrderConfirm) -> Outcome:
    """Accept, amend or reject lines; an amendment changes nothing before it is accepted.

    Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE also for a line of which nothing is open,
    DUPLICATE, INVALID for fields that do not go with the response, INVALID_DATE and INVALID_WINDOW
    for what has passed, OUTSIDE_RECEIVING_HOURS (D6), OUTSIDE_VALIDITY (K3),
    NOTICE_TOO_SHORT (K15), SCALE_EXCEEDED,
    QUANTITY_EXCEEDED for an amendment to more than is wanted,
    QUANTITY_NOT_OPEN for less than deliveries have taken, UNIT_MISMATCH for a substitute in
    another unit, NOT_ON_CONTRACT for a call-off's substitute or tolerance, LOT_MULTIPLE and
    BELOW_MINIMUM for what its contract does not allow.
    """
    with writing.refusals:
        refuse_duplicates((it.line_id for it in command.lines), ("lines",), "line_id")
    order = await locked(writing, command, confirm)
    lines = await lines_of(writing, [order.id])
    items, overridden, explained = await _checked(writing, command, order, lines)
    writing.refusals.end()
    withdraw(writing, order, (it.line for it in items))
    rejected = {}
    for item in items:
        if _respond(order, item, command, explained) is LineResponse.REJECTED:
            rejected[item.line] = item.line.unplanned
    if command.answer_by is not None:
        writing.later(DueKind.EXPIRE_AMENDMENTS, order.id, command.answer_by)
    if any(it.fields.over_tolerance and it.line.owed_again for it in items):
        # What was found beside what replaced it may count now.
        writing.later(DueKind.COUNT_FOUND, order.id, writing.now)
    if command.window is not None:
        _promise(order, command.window, is_overridden=() in explained)
    happened = OrderResponded(
        order.id,
        lines=tuple(_event_of(it, command) for it in items),
        latest=_latest(command.window),
    )
    await cancel(writing, order, lines.values(), rejected, happened)
    end_if_empty(writing, order, lines.values())
    if command.window_override is not None:
        order.window_override = command.window_override
    if overridden:
        writing.record(OrderWindowOverridden(order.id, rules=tuple(sorted(overridden))))
    order.version += 1
    return {"order_id": order.id}


async def _checked(
    writing: Writing, command: OrderConfirm, order: Order, lines: Mapping[UUID, OrderLine]
) -> tuple[list[AnsweredLine], frozenset[TimeRule], frozenset[Path]]:
    """Return what is said to each line, and of its windows what `_overridden` does.

    Refused: as told.
    """
    refusals, items = Refusals(), list[AnsweredLine]()
    overridden, explained = frozenset[TimeRule](), frozenset[Path]()
    named = await named_by_responses(writing, command.lines, lines)
    for place, each in enumerate(command.lines):
        with refusals:
            item = named.answered(each, ("lines", place))
            items.append(item)
            check_response(item)
    with refusals:
        _check_answer_by(writing, command, items)
    for path, window in windows_of(command, command.lines):
        with refusals:
            check_ahead(writing, window, path)
    with refusals:
        overridden, explained = await _overridden(writing, order, lines.values(), command)
    with refusals:
        await check_against_contract(writing, order, lines.values(), _offers(items))
    refusals.end()
    return items, overridden, explained


def _check_answer_by(
    writing: Writing, command: OrderConfirm, items: Sequence[AnsweredLine]
) -> None:
    """Refused: INVALID where an instant and amendments do not go together, or it has passed."""
    amends = any(it.response is LineResponse.AMENDED for it in command.lines)
    is_needed = any(it.waits for it in items)
    if is_needed and command.answer_by is None:
        text = "Say until when the customer may answer."
        raise Refused(Code.INVALID, text, ("answer_by",))
    if command.answer_by is not None and not amends:
        text = "This goes with amendments only."
        raise Refused(Code.INVALID, text, ("answer_by",))
    if command.answer_by is not None and command.answer_by <= writing.now:
        raise Refused(Code.INVALID_DATE, "This instant has passed.", ("answer_by",))


async def _overridden(
    writing: Writing, order: Order, lines: Iterable[OrderLine], command: OrderConfirm
) -> tuple[frozenset[TimeRule], frozenset[Path]]:
    """Return the rules that its windows override, and the paths of those that have a reason.

    It is said now, or was where the same is promised. Refused: as `AgreedPlace.check`.
    """
    windows = list(windows_of(command, command.lines))
    if not windows:
        return frozenset(), frozenset()
    addresses = await writing.by_key(Address, "id", {order.ship_to_id} - {None})
    contracts = await writing.by_key(Contract, "id", {order.contract_id} - {None})
    address = next(iter(addresses.values()), None)
    call_offs = called_off([order], lines, contracts)
    why = command.window_override
    refusals, found, explained = Refusals(), set[TimeRule](), set[Path]()
    for path, window in windows:
        opens = opened(order, lines, window)
        if why is not None or opens == ANY_RULE:
            explained.add(path)
        arrival = AgreedPlace(address, call_offs, why, opens, not_by=order.cancel_if_not_by)
        with refusals:
            found |= arrival.check(window, (*path, "window"))
    refusals.end()
    return frozenset(found), frozenset(explained)


def _offers(items: Iterable[AnsweredLine]) -> dict[OrderLine, Offer]:
    """Return amended lines with how much of them is offered."""
    amended = [it for it in items if it.fields.response is LineResponse.AMENDED]
    stated = [(it, it.fields.quantity) for it in amended]
    return {
        it.line: (amount, (*it.path, "quantity")) for it, amount in stated if amount is not None
    }


def _respond(
    order: Order, item: AnsweredLine, command: OrderConfirm, explained: Collection[Path]
) -> LineResponse:
    """Write what is said to a line that was checked. explained: as of `_overridden`."""
    line, fields = item.line, item.fields
    line.response, line.response_reason = fields.response, fields.reason
    if fields.over_tolerance is not None:
        line.over_tolerance = fields.over_tolerance
        for name, value in columns_of(item.packaging, "tolerance_").items():
            setattr(line, name, value)
    if item.is_agreed:
        substitute(order, line, item.offered)
    elif fields.response is LineResponse.AMENDED:
        line.offered_quantity, line.offered_product_id = fields.quantity, fields.product_id
        packaging = None if fields.quantity is None else item.packaging
        counted = columns_of(packaging, "offered_")
        for name, value in {**counted, **window_columns(fields.window, "offered")}.items():
            setattr(line, name, value)
        line.offered_overridden = item.path in explained
        line.answer_by = command.answer_by
    elif fields.window is not None:
        _promise(line, fields.window, is_overridden=item.path in explained)
    return fields.response


def _promise(row: Order | OrderLine, window: Window, *, is_overridden: bool) -> None:
    for name, value in window_columns(window, "confirmed").items():
        setattr(row, name, value)
    row.confirmed_overridden = is_overridden


def _latest(window: Window | None) -> datetime | None:
    return None if window is None else window.latest


def _event_of(item: AnsweredLine, command: OrderConfirm) -> RespondedLine:
    fields = item.fields
    return RespondedLine(
        item.line.line_no,
        fields.response,
        quantity=fields.quantity,
        latest=_latest(fields.window),
        is_substitute=fields.product_id is not None,
        answer_by=command.answer_by if item.waits else None,
    )
