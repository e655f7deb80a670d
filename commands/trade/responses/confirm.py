"""The merchant's response to an order, line by line (UN/EDIFACT ORDRSP, 1229 5, 6, 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.master.catalog import check_scale
from commands.master.packagings.counting import Packagings, Quantified, packagings_of
from commands.trade.orders.drafts import window_columns
from commands.trade.orders.lines import cancel, lines_of, withdraw
from commands.trade.orders.states import VersionedOrderCommand, become, locked
from commands.writing.transaction import Outcome, Writing, missing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refused
from kit.ids import Names
from kit.inputs import (
    Bulk,
    Instant,
    Note,
    Quantity,
    QuantityOrZero,
    Window,
    refuse_duplicates,
)
from models.events.trade.orders import OrderCancelled, OrderResponded, RespondedLine
from models.master.catalog import Product
from models.trade.codes import TradeCode
from models.trade.orders import acts
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import LineResponse, OrderState
from models.trade.orders.tables import Order


class LineConfirm(Quantified):
    """What the merchant says to one line."""

    line_id: Annotated[UUID, Names("OrderLine")] = Field(description="A line of the order.")
    response: LineResponse = Field(description="Accepted, amended or rejected.")
    window: Window | None = Field(
        None, description="When it is promised; of an amendment, when it is offered."
    )
    over_tolerance: QuantityOrZero | None = Field(
        None,
        description="Of an acceptance: how much more than ordered may be delivered, from now on, in"
        " the product's unit or `packaging`; a call-off's contract says that.",
    )
    quantity: Quantity | None = Field(
        None, description="Of an amendment: how much can be had, less than what is wanted."
    )
    product_id: Annotated[UUID, Names("Product")] | None = Field(
        None,
        description="Of an amendment: what is offered instead, in the same unit and at the same"
        " price; only while no delivery has taken anything of the line.",
    )
    reason: Note | None = Field(
        None, description="Why; shown to the customer. A rejection needs one."
    )


class OrderConfirm(VersionedOrderCommand):
    """The merchant's response to lines of an order."""

    lines: Bulk[LineConfirm] = Field(description="The lines, each once.")
    window: Window | None = Field(None, description="When the whole order is promised.")
    answer_by: Instant | None = Field(
        None, description="Until when amendments wait for their answer; needed where there are any."
    )


@dataclass(frozen=True)
class _Item:
    """A line with what is said to it, and what is offered instead, by product id. path: of it."""

    line: OrderLine
    fields: LineConfirm
    products: Mapping[UUID, Product]
    path: Path

    def refused(self, code: str, message: str, field: str) -> Refused:
        """Return a refusal at one field."""
        return Refused(code, message, (*self.path, field))

    @property
    def wanted(self) -> Decimal:
        """What is ordered and not cancelled."""
        return self.line.ordered - self.line.cancelled


@verb(
    acts.CONFIRM,
    "Respond to lines of a confirmed order: accept them and promise when, amend quantity, date or"
    " product, which waits for `orderAnswerAmendment`, or reject them, which cancels them. While an"
    " amendment waits, nothing of its line is planned, released, packed or dispatched. A response"
    " takes the place of the one before.",
)
async def confirm(writing: Writing, command: OrderConfirm) -> Outcome:
    """Accept, amend or reject lines; an amendment changes nothing before it is accepted.

    Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE also for a line of which nothing is open,
    DUPLICATE, INVALID for fields that do not go with the response, INVALID_DATE and INVALID_WINDOW
    for what has passed, SCALE_EXCEEDED, QUANTITY_EXCEEDED for an amendment to more than is wanted,
    QUANTITY_NOT_OPEN for less than deliveries have taken, UNIT_MISMATCH for a substitute in
    another unit, NOT_ON_CONTRACT for a call-off's substitute or tolerance.
    """
    refuse_duplicates((it.line_id for it in command.lines), ("lines",), "line_id")
    order = await locked(writing, command, confirm)
    _check_times(writing, command)
    lines = await lines_of(writing, [order.id])
    items = await _items(writing, command, lines)
    for each in items:
        _check(each)
    withdraw(writing, order, (it.line for it in items))
    rejected = {}
    for item in items:
        if _respond(item, command) is LineResponse.REJECTED:
            rejected[item.line] = item.line.unplanned
    if command.window is not None:
        _promise(order, command.window)
    happened = OrderResponded(
        order.id,
        lines=tuple(_event_of(it, command) for it in items),
        latest=_latest(command.window),
    )
    await cancel(writing, order, lines.values(), rejected, happened)
    if all(line.cancelled == line.ordered for line in lines.values()):
        become(writing, order, OrderState.CANCELLED)
        writing.record(OrderCancelled(order.id))
    order.version += 1
    return {"order_id": order.id}


def _check_times(writing: Writing, command: OrderConfirm) -> None:
    """Refused: INVALID where an instant and amendments do not go together, or what has passed."""
    amends = any(it.response is LineResponse.AMENDED for it in command.lines)
    if amends != (command.answer_by is not None):
        text = "This goes with amendments, and only with them."
        raise Refused(Code.INVALID, text, ("answer_by",))
    if command.answer_by is not None and command.answer_by <= writing.now:
        raise Refused(Code.INVALID_DATE, "This instant has passed.", ("answer_by",))
    windows: list[tuple[Path, Window | None]] = [(("window",), command.window)]
    windows += [(("lines", i, "window"), it.window) for i, it in enumerate(command.lines)]
    for path, window in windows:
        if window is not None and window.latest <= writing.now:
            raise Refused(Code.INVALID_WINDOW, "This window has passed.", (*path, "latest"))


async def _items(
    writing: Writing, command: OrderConfirm, lines: Mapping[UUID, OrderLine]
) -> list[_Item]:
    """Return the lines with what is said to them. Refused: NOT_FOUND, WRONG_STATE."""
    named = {it.product_id: ("lines", i, "product_id") for i, it in enumerate(command.lines)}
    substitutes: dict[UUID, Path] = {key: path for key, path in named.items() if key is not None}
    products = {
        **await writing.by_key(Product, "id", {it.product_id for it in lines.values()}),
        **await writing.get(Product, substitutes),
    }
    counted = (
        (item.product_id or lines[item.line_id].product_id, item)
        for item in command.lines
        if item.line_id in lines
    )
    packagings, found = await packagings_of(writing, counted), []
    for place, each in enumerate(command.lines):
        path: Path = ("lines", place)
        line = lines.get(each.line_id)
        if line is None:
            raise missing(OrderLine, (*path, "line_id"))
        if not line.open_quantity:
            text = f"Nothing of line {line.line_no} is open."
            raise Refused(Code.WRONG_STATE, text, (*path, "line_id"))
        offered = products[each.product_id or line.product_id]
        found.append(_Item(line, _in_units(each, offered, packagings, path), products, path))
    return found


def _in_units(
    fields: LineConfirm, product: Product, packagings: Packagings, path: Path
) -> LineConfirm:
    """Return what is said with quantities in the product's unit. Refused: as `Packagings`."""
    if fields.packaging is None:
        return fields
    names = ("quantity", "over_tolerance")
    stated = [name for name in names if getattr(fields, name) is not None]
    amounts = {name: packagings(product, fields, name, path).amount for name in stated}
    return fields.model_copy(update={**amounts, "packaging": None})


_GOES_WITH = {
    "window": {LineResponse.ACCEPTED, LineResponse.AMENDED},
    "over_tolerance": {LineResponse.ACCEPTED},
    "quantity": {LineResponse.AMENDED},
    "product_id": {LineResponse.AMENDED},
    "reason": {LineResponse.AMENDED, LineResponse.REJECTED},
}
"""Field of a line -> the responses that it goes with."""


def _check(item: _Item) -> None:
    """Refused: as `confirm`."""
    fields, line = item.fields, item.line
    for name, responses in _GOES_WITH.items():
        if getattr(fields, name) is not None and fields.response not in responses:
            raise item.refused(Code.INVALID, f"This does not go with {fields.response}.", name)
    if fields.response is LineResponse.REJECTED:
        if fields.reason is None:
            raise item.refused(Code.INVALID, "Say why it is rejected.", "reason")
        if line.planned > 0:
            text = f"Deliveries have taken {line.planned.normalize():f} of this line."
            raise item.refused(TradeCode.QUANTITY_NOT_OPEN, text, "response")
    if fields.response is LineResponse.AMENDED:
        _check_amendment(item)
    if fields.over_tolerance is not None:
        _check_tolerance(item, fields.over_tolerance)


def _check_tolerance(item: _Item, tolerance: Decimal) -> None:
    """Refused: NOT_ON_CONTRACT, SCALE_EXCEEDED, QUANTITY_NOT_OPEN (O1)."""
    name, line = "over_tolerance", item.line
    if line.contract_line_id is not None:
        text = "The contract says how much more may be called off."
        raise item.refused(TradeCode.NOT_ON_CONTRACT, text, name)
    check_scale(item.products[line.product_id], tolerance, (*item.path, name))
    if line.planned > item.wanted + tolerance:
        text = f"Deliveries have taken {line.planned.normalize():f} of this line."
        raise item.refused(TradeCode.QUANTITY_NOT_OPEN, text, name)


def _check_amendment(item: _Item) -> None:
    fields, line = item.fields, item.line
    if all(it is None for it in (fields.quantity, fields.product_id, fields.window)):
        text = "Say how much, when or what is offered instead."
        raise item.refused(Code.INVALID, text, "response")
    if fields.product_id is not None:
        _check_substitute(item, item.products[fields.product_id])
    if fields.quantity is None:
        return
    check_scale(_offered(item), fields.quantity, (*item.path, "quantity"))
    if fields.quantity >= item.wanted:
        text = f"{item.wanted.normalize():f} are wanted: an amendment is for less."
        raise item.refused(TradeCode.QUANTITY_EXCEEDED, text, "quantity")
    if fields.quantity < line.planned:
        text = f"Deliveries have taken {line.planned.normalize():f} of this line."
        raise item.refused(TradeCode.QUANTITY_NOT_OPEN, text, "quantity")


def _offered(item: _Item) -> Product:
    return item.products[item.fields.product_id or item.line.product_id]


def _check_substitute(item: _Item, product: Product) -> None:
    """Refused: INVALID, WRONG_STATE, NOT_ON_CONTRACT, UNIT_MISMATCH, QUANTITY_NOT_OPEN."""
    name, line = "product_id", item.line
    ordered = item.products[line.product_id]
    if product.id == ordered.id:
        raise item.refused(Code.INVALID, "This is what was ordered.", name)
    if not product.is_active:
        raise item.refused(Code.WRONG_STATE, f"{product.sku} is not active.", name)
    if line.contract_line_id is not None:
        text = "A call-off brings what its contract says."
        raise item.refused(TradeCode.NOT_ON_CONTRACT, text, name)
    if product.unit is not ordered.unit:
        text = f"{ordered.sku} is sold in {ordered.unit.value}."
        raise item.refused(TradeCode.UNIT_MISMATCH, text, name)
    if taken := line.planned + line.lost + line.refused:
        text = f"Deliveries have taken {taken.normalize():f} of this line."
        raise item.refused(TradeCode.QUANTITY_NOT_OPEN, text, name)
    # All quantities of the line are of the substitute, once it is accepted.
    for quantity in (line.ordered, line.cancelled, line.over_tolerance):
        check_scale(product, quantity, (*item.path, name))


def _respond(item: _Item, command: OrderConfirm) -> LineResponse:
    """Write what is said to a line that was checked."""
    line, fields = item.line, item.fields
    line.response, line.response_reason = fields.response, fields.reason
    if fields.over_tolerance is not None:
        line.over_tolerance = fields.over_tolerance
    if fields.response is LineResponse.AMENDED:
        line.offered_quantity, line.offered_product_id = fields.quantity, fields.product_id
        for name, value in window_columns(fields.window, "offered").items():
            setattr(line, name, value)
        line.answer_by = command.answer_by
    elif fields.window is not None:
        _promise(line, fields.window)
    return fields.response


def _promise(row: Order | OrderLine, window: Window) -> None:
    for name, value in window_columns(window, "confirmed").items():
        setattr(row, name, value)


def _latest(window: Window | None) -> datetime | None:
    return None if window is None else window.latest


def _event_of(item: _Item, command: OrderConfirm) -> RespondedLine:
    fields = item.fields
    return RespondedLine(
        item.line.line_no,
        fields.response,
        quantity=fields.quantity,
        latest=_latest(fields.window),
        is_substitute=fields.product_id is not None,
        answer_by=command.answer_by if fields.response is LineResponse.AMENDED else None,
    )
