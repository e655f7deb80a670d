"""The merchant's response to an order, line by line (UN/EDIFACT ORDRSP, 1229 5, 6, 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.master.catalog import check_scale
from commands.trade.orders.drafts import window_columns
from commands.trade.orders.lines import cancel, lines_of, withdraw
from commands.trade.orders.states import VersionedOrderCommand, become, locked
from commands.writing.transaction import Outcome, Writing, missing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refused
from kit.ids import Names
from kit.inputs import (
    Bulk,
    Input,
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
from models.trade.orders.states import LineResponse, OrderState
from models.trade.orders.tables import Order, OrderLine


class LineConfirm(Input):
    """What the merchant says to one line."""

    line_id: Annotated[UUID, Names("OrderLine")] = Field(description="A line of the order.")
    response: LineResponse = Field(description="Accepted, amended or rejected.")
    window: Window | None = Field(
        None, description="When it is promised; of an amendment, when it is offered."
    )
    over_tolerance: QuantityOrZero | None = Field(
        None,
        description="How much more than ordered may be delivered, in the product's unit, from now"
        " on; a call-off's contract says that.",
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
class _Asked:
    """A line with what is said to it, and what is offered instead, by product id. path: of it."""

    line: OrderLine
    said: LineConfirm
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
    asked = await _asked(writing, command, lines)
    for it in asked:
        _check(it)
    rejected = {}
    for it in asked:
        if _respond(it, command) is LineResponse.REJECTED:
            rejected[it.line] = it.line.unplanned
    if command.window is not None:
        _promise(order, command.window)
    happened = OrderResponded(
        order.id,
        lines=tuple(_told(it, command) for it in asked),
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


async def _asked(
    writing: Writing, command: OrderConfirm, lines: Mapping[UUID, OrderLine]
) -> list[_Asked]:
    """Return the lines with what is said to them. Refused: NOT_FOUND, WRONG_STATE."""
    named = {it.product_id: ("lines", i, "product_id") for i, it in enumerate(command.lines)}
    substitutes: dict[UUID, Path] = {key: path for key, path in named.items() if key is not None}
    products = {
        **await writing.by_key(Product, "id", {it.product_id for it in lines.values()}),
        **await writing.get(Product, substitutes),
    }
    found = []
    for place, it in enumerate(command.lines):
        path: Path = ("lines", place)
        line = lines.get(it.line_id)
        if line is None:
            raise missing(OrderLine, (*path, "line_id"))
        if not line.open_quantity:
            text = f"Nothing of line {line.line_no} is open."
            raise Refused(Code.WRONG_STATE, text, (*path, "line_id"))
        found.append(_Asked(line, it, products, path))
    return found


_GOES_WITH = {
    "window": {LineResponse.ACCEPTED, LineResponse.AMENDED},
    "over_tolerance": {LineResponse.ACCEPTED, LineResponse.AMENDED},
    "quantity": {LineResponse.AMENDED},
    "product_id": {LineResponse.AMENDED},
    "reason": {LineResponse.AMENDED, LineResponse.REJECTED},
}
"""Field of a line -> the responses that it goes with."""


def _check(asked: _Asked) -> None:
    """Refused: as `confirm`."""
    said, line = asked.said, asked.line
    for name, responses in _GOES_WITH.items():
        if getattr(said, name) is not None and said.response not in responses:
            raise asked.refused(Code.INVALID, f"This does not go with {said.response}.", name)
    if said.response is LineResponse.REJECTED:
        if said.reason is None:
            raise asked.refused(Code.INVALID, "Say why it is rejected.", "reason")
        if line.planned > 0:
            text = f"Deliveries have taken {line.planned.normalize():f} of this line."
            raise asked.refused(TradeCode.QUANTITY_NOT_OPEN, text, "response")
    if said.response is LineResponse.AMENDED:
        _check_amendment(asked)
    if said.over_tolerance is not None:
        _check_tolerance(asked, said.over_tolerance)


def _check_tolerance(asked: _Asked, tolerance: Decimal) -> None:
    """Refused: NOT_ON_CONTRACT, SCALE_EXCEEDED, QUANTITY_NOT_OPEN (O1)."""
    name, line = "over_tolerance", asked.line
    if line.contract_line_id is not None:
        text = "The contract says how much more may be called off."
        raise asked.refused(TradeCode.NOT_ON_CONTRACT, text, name)
    check_scale(asked.products[line.product_id], tolerance, (*asked.path, name))
    if line.planned > asked.wanted + tolerance:
        text = f"Deliveries have taken {line.planned.normalize():f} of this line."
        raise asked.refused(TradeCode.QUANTITY_NOT_OPEN, text, name)


def _check_amendment(asked: _Asked) -> None:
    said, line = asked.said, asked.line
    if all(it is None for it in (said.quantity, said.product_id, said.window)):
        text = "Say how much, when or what is offered instead."
        raise asked.refused(Code.INVALID, text, "response")
    if said.product_id is not None:
        _check_substitute(asked, asked.products[said.product_id])
    if said.quantity is None:
        return
    check_scale(_offered(asked), said.quantity, (*asked.path, "quantity"))
    if said.quantity >= asked.wanted:
        text = f"{asked.wanted.normalize():f} are wanted: an amendment is for less."
        raise asked.refused(TradeCode.QUANTITY_EXCEEDED, text, "quantity")
    if said.quantity < line.planned:
        text = f"Deliveries have taken {line.planned.normalize():f} of this line."
        raise asked.refused(TradeCode.QUANTITY_NOT_OPEN, text, "quantity")


def _offered(asked: _Asked) -> Product:
    return asked.products[asked.said.product_id or asked.line.product_id]


def _check_substitute(asked: _Asked, product: Product) -> None:
    """Refused: INVALID, WRONG_STATE, NOT_ON_CONTRACT, UNIT_MISMATCH, QUANTITY_NOT_OPEN."""
    name, line = "product_id", asked.line
    ordered = asked.products[line.product_id]
    if product.id == ordered.id:
        raise asked.refused(Code.INVALID, "This is what was ordered.", name)
    if not product.is_active:
        raise asked.refused(Code.WRONG_STATE, f"{product.sku} is not active.", name)
    if line.contract_line_id is not None:
        text = "A call-off brings what its contract says."
        raise asked.refused(TradeCode.NOT_ON_CONTRACT, text, name)
    if product.unit is not ordered.unit:
        text = f"{ordered.sku} is sold in {ordered.unit.value}."
        raise asked.refused(TradeCode.UNIT_MISMATCH, text, name)
    if line.planned > 0:
        text = f"Deliveries have taken {line.planned.normalize():f} of this line."
        raise asked.refused(TradeCode.QUANTITY_NOT_OPEN, text, name)
    # All quantities of the line are of the substitute, once it is accepted.
    for quantity in (line.ordered, line.cancelled, line.over_tolerance):
        check_scale(product, quantity, (*asked.path, name))


def _respond(asked: _Asked, command: OrderConfirm) -> LineResponse:
    """Write what is said to a line that was checked."""
    line, said = asked.line, asked.said
    withdraw([line])
    line.response, line.response_reason = said.response, said.reason
    if said.over_tolerance is not None:
        line.over_tolerance = said.over_tolerance
    if said.response is LineResponse.AMENDED:
        line.offered_quantity, line.offered_product_id = said.quantity, said.product_id
        for name, value in window_columns(said.window, "offered").items():
            setattr(line, name, value)
        line.answer_by = command.answer_by
    elif said.window is not None:
        _promise(line, said.window)
    return said.response


def _promise(row: Order | OrderLine, window: Window) -> None:
    for name, value in window_columns(window, "confirmed").items():
        setattr(row, name, value)


def _latest(window: Window | None) -> datetime | None:
    return None if window is None else window.latest


def _told(asked: _Asked, command: OrderConfirm) -> RespondedLine:
    said = asked.said
    return RespondedLine(
        asked.line.line_no,
        said.response,
        quantity=said.quantity,
        latest=_latest(said.window),
        is_substitute=said.product_id is not None,
        answer_by=command.answer_by if said.response is LineResponse.AMENDED else None,
    )
