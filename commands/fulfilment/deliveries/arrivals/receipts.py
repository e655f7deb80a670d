"""The client's own receipt: what really came, line by line (EDIFACT RECADV)."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.arrivals.arrival import Arrived, bring
from commands.fulfilment.deliveries.locking import DeliveryCommand, Locked, changed, lock_one
from commands.master.packagings.counting import Counted, Quantified
from commands.trade.contracts import counters
from commands.trade.releases.accounts.sums import received_of
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.clock import check_happened
from kit.errors import Code, Path, Refusals, Refused
from kit.ids import Names, new_id
from kit.inputs import (
    LARGEST_BULK,
    Instant,
    Name,
    Note,
    QuantityOrZero,
    Reference,
    refuse_duplicates,
)
from models.events.fulfilment.deliveries import DeliveryReceived
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.receipts import (
    NOT_ARRIVED,
    Receipt,
    ReceiptDifference,
    ReceiptLine,
)
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.contracts.tables import ContractLine


class ReceivedLine(Quantified):
    """What the client received of one line."""

    delivery_line_id: Annotated[UUID, Names("DeliveryLine")] = Field(
        description="A line of the delivery."
    )
    received: QuantityOrZero = Field(
        description="How much came in good order, in the product's unit or `packaging`."
    )
    difference: ReceiptDifference | None = Field(
        None, description="Why it is not what was shipped; needed where it is not."
    )
    note: Note | None = Field(None, description="What people should know of it.")


class DeliveryConfirmReceipt(DeliveryCommand):
    """A receipt; a later one of the same delivery corrects an earlier one."""

    received_at: Instant | None = Field(
        None,
        description="When it came; now by default, at most a day ahead of our clock, and a day"
        " before it left.",
    )
    received_by: Name | None = Field(None, description="Who took it in.")
    reference: Reference | None = Field(None, description="The client's number of the receipt.")
    lines: list[ReceivedLine] = Field(
        default_factory=list,
        max_length=LARGEST_BULK,
        description="Lines to tell of; each other is as in the receipt before, else as shipped.",
    )


@verb(
    acts.CONFIRM_RECEIPT,
    "Record the client's own receipt, line by line. From then on it tells what arrived,"
    " not the tracking: what is missing is lost, and owed again. A later receipt corrects an"
    " earlier one.",
)
async def confirm_receipt(writing: Writing, command: DeliveryConfirmReceipt) -> Outcome:
    """Write down what the client received; from then on it, not the tracking, tells what arrived.

    Refused: WRONG_STATE before the dispatch, NOT_FOUND, DUPLICATE, SCALE_EXCEEDED, INVALID for a
    difference without a reason or a reason without a difference, INVALID_DATE.
    """
    delivery, locked = await lock_one(writing, command, confirm_receipt)
    when = command.received_at or writing.now
    with writing.refusals:
        check_happened(when, ("received_at",), writing.now, delivery.dispatched_at)
    sequence, before = await _before(locked, delivery)
    receipt = Receipt(
        merchant_id=delivery.merchant_id,
        id=new_id(),
        delivery_id=delivery.id,
        sequence=sequence + 1,
        received_at=when,
        recorded_at=writing.now,
        received_by=command.received_by,
        reference=command.reference,
    )
    lines = await _lines(command, delivery, locked, receipt, before)
    writing.refusals.end()
    writing.session.add(receipt)
    await writing.session.flush()
    writing.session.add_all(lines)
    received = {it.delivery_line_id: it.received for it in lines}
    changed(writing, delivery, DeliveryReceived(delivery.id, received=received), when)
    await bring(locked, {delivery.id: _arrived(locked, delivery, receipt, lines)})
    await _count_on_contracts(locked, receipt, lines, before)
    return {"delivery_id": delivery.id, "receipt_id": receipt.id}


async def _before(locked: Locked, delivery: Delivery) -> tuple[int, dict[UUID, ReceiptLine]]:
    """Return the last receipt's sequence (0 for none) and delivery line id -> its line."""
    seen = locked.writing.seen
    mine = seen(Receipt).where(Receipt.delivery_id == delivery.id)
    last = (await locked.writing.all(mine.order_by(Receipt.sequence.desc()).limit(1)))[:1]
    if not last:
        return 0, {}
    lines = seen(ReceiptLine).where(ReceiptLine.receipt_id == last[0].id)
    return last[0].sequence, {it.delivery_line_id: it for it in await locked.writing.all(lines)}


async def _lines(
    command: DeliveryConfirmReceipt,
    delivery: Delivery,
    locked: Locked,
    receipt: Receipt,
    before: Mapping[UUID, ReceiptLine],
) -> list[ReceiptLine]:
    """Return the receipt's lines, one for each line of the delivery."""
    refusals, stated = Refusals(), dict[UUID, tuple[ReceivedLine, Counted]]()
    with refusals:
        named = (it.delivery_line_id for it in command.lines)
        refuse_duplicates(named, ("lines",), "delivery_line_id")
    products = await locked.products()
    packagings = await locked.packagings((it.delivery_line_id, it) for it in command.lines)
    for place, each in enumerate(command.lines):
        path: Path = ("lines", place)
        with refusals:
            line = locked.line(delivery, each.delivery_line_id, (*path, "delivery_line_id"))
            quantity = packagings(products[line.id], each, "received", path)
            if delivery.dispatched_at is not None:
                _check_difference(line.shipped, quantity.amount, each.difference, path)
            stated[line.id] = each, quantity
    refusals.end()
    return [
        ReceiptLine(
            merchant_id=receipt.merchant_id,
            receipt_id=receipt.id,
            delivery_line_id=line.id,
            shipped=line.shipped,
            **_received(line, stated.get(line.id), before.get(line.id)),
        )
        for line in locked.lines_of(delivery)
    ]


def _received(
    line: DeliveryLine, stated: tuple[ReceivedLine, Counted] | None, before: ReceiptLine | None
) -> dict[str, Any]:
    """Return what came of a line: as is stated, else as in the receipt before, else as shipped."""
    if stated is not None:
        each, quantity = stated
        own = {"difference": each.difference, "note": each.note}
        return {"received": quantity.amount, **own, **quantity.columns}
    source = before or line
    counted = {name: getattr(source, name) for name in ("packaging_id", "packaging_content")}
    if before is None:
        return {"received": line.shipped, **counted}
    own = {name: getattr(before, name) for name in ("received", "difference", "note")}
    return {**own, **counted}


def _check_difference(
    shipped: Decimal, received: Decimal, difference: ReceiptDifference | None, path: Path
) -> None:
    """Refused: INVALID unless a difference is given exactly where there is one, and which way."""
    if (received == shipped) != (difference is None):
        text = f"{shipped.normalize():f} were shipped: a difference has a reason, and only it."
        raise Refused(Code.INVALID, text, (*path, "difference"))
    over = difference is ReceiptDifference.OVER
    if received != shipped and over != (received > shipped):
        text = f"{shipped.normalize():f} were shipped: OVER is more, all others are less."
        raise Refused(Code.INVALID, text, (*path, "difference"))


def _arrived(
    locked: Locked, delivery: Delivery, receipt: Receipt, reported: list[ReceiptLine]
) -> Arrived:
    """Return what a receipt says of its delivery, which stays RESHIPPED where it is.

    What tracking saw arrive, arrived then. What is missing is lost, until a later receipt has it.
    """
    lines = {}
    for each in reported:
        line = locked.lines[each.delivery_line_id]
        delivered = each.received if each.difference in NOT_ARRIVED else line.shipped
        is_refused = each.difference is ReceiptDifference.REFUSED
        refused = line.shipped - delivered if is_refused else Decimal(0)
        lost = line.shipped - delivered - refused
        lines[line] = {"delivered": delivered, "refused": refused, "lost": lost}
    when = receipt.received_at
    if delivery.state is DeliveryState.RESHIPPED:
        return Arrived(delivery.state, when, None, lines)
    if all(it["delivered"] == line.shipped for line, it in lines.items()):
        return Arrived(DeliveryState.DELIVERED, when, delivery.delivered_at or when, lines)
    some = any(it["delivered"] for it in lines.values())
    state = DeliveryState.PARTIALLY_DELIVERED if some else DeliveryState.FAILED
    return Arrived(state, when, None, lines)


async def _count_on_contracts(
    locked: Locked,
    receipt: Receipt,
    lines: list[ReceiptLine],
    before: Mapping[UUID, ReceiptLine],
) -> None:
    """Move what the client has received of its contracts, by the difference to before.

    What its figure holds already moves nothing.
    """
    amounts = defaultdict[UUID, list[tuple[Decimal, Decimal]]](list)
    for each in lines:
        order_line = locked.order_lines[locked.lines[each.delivery_line_id].order_line_id]
        if order_line.contract_line_id is not None:
            old = before.get(each.delivery_line_id)
            amount = each.received - (old.received if old else 0)
            came = min(each.received, each.shipped) - (min(old.received, old.shipped) if old else 0)
            amounts[order_line.contract_line_id].append((amount, came))
    rows = await locked.writing.lock(ContractLine, dict.fromkeys(amounts, ()))
    known = await received_of(locked.writing, list(rows))
    changes = {}
    for key, each_amount in amounts.items():
        amount, came = (sum(some, Decimal(0)) for some in zip(*each_amount, strict=True))
        changes[key] = {"received": _moved_by(amount, came, rows[key].received, known.get(key))}
    then = [(key, receipt.received_at, moved) for key, moved in changes.items()]
    await counters.move(locked.writing, changes, then)
    if receipt.reference is not None:
        for row in rows.values():
            row.received_reference = receipt.reference


def _moved_by(amount: Decimal, came: Decimal, counted: Decimal, known: Decimal | None) -> Decimal:
    """Return by how much a receipt moves what a client tells of a contract line.

    came: how much of amount was shipped; counted: what it has said of the line, known: what it is
    known to have, None for a line without an account. A year reset may have lowered that.
    """
    room = came if known is None else known - counted
    is_more = amount > 0
    if came <= room if is_more else came >= room:
        return max(amount, -counted)
    return min(amount, max(room, Decimal(0))) if is_more else max(amount, min(room, Decimal(0)))
