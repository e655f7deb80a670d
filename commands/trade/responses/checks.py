"""What may be said to a line of an order: every rule of a response."""

from decimal import Decimal

from commands.master.catalog import check_scale
from commands.trade.responses.lines import AnsweredLine
from kit.errors import Code
from models.master.catalog import Product
from models.trade.codes import TradeCode
from models.trade.orders.states import LineResponse

_GOES_WITH = {
    "window": {LineResponse.ACCEPTED, LineResponse.AMENDED},
    "over_tolerance": {LineResponse.ACCEPTED},
    "quantity": {LineResponse.AMENDED},
    "product_id": {LineResponse.AMENDED},
    "reason": {LineResponse.AMENDED, LineResponse.REJECTED},
}
"""Field of a line -> the responses that it goes with."""


def check_response(item: AnsweredLine) -> None:
    """Refused: as `orderConfirm`."""
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


def _check_tolerance(item: AnsweredLine, tolerance: Decimal) -> None:
    """Refused: NOT_ON_CONTRACT, SCALE_EXCEEDED, QUANTITY_NOT_OPEN (O1)."""
    name, line = "over_tolerance", item.line
    if line.contract_line_id is not None:
        text = "The contract says how much more may be called off."
        raise item.refused(TradeCode.NOT_ON_CONTRACT, text, name)
    check_scale(item.products[line.product_id], tolerance, (*item.path, name))
    if line.planned > item.wanted + tolerance:
        text = f"Deliveries have taken {line.planned.normalize():f} of this line."
        raise item.refused(TradeCode.QUANTITY_NOT_OPEN, text, name)


def _check_amendment(item: AnsweredLine) -> None:
    fields, line = item.fields, item.line
    if all(it is None for it in (fields.quantity, fields.product_id, fields.window)):
        text = "Say how much, when or what is offered instead."
        raise item.refused(Code.INVALID, text, "response")
    if fields.product_id is not None:
        _check_substitute(item, item.products[fields.product_id])
    if fields.quantity is None:
        return
    check_scale(item.offered, fields.quantity, (*item.path, "quantity"))
    if fields.quantity >= item.wanted:
        text = f"{item.wanted.normalize():f} are wanted: an amendment is for less."
        raise item.refused(TradeCode.QUANTITY_EXCEEDED, text, "quantity")
    if fields.quantity < line.planned:
        text = f"Deliveries have taken {line.planned.normalize():f} of this line."
        raise item.refused(TradeCode.QUANTITY_NOT_OPEN, text, "quantity")


def _check_substitute(item: AnsweredLine, product: Product) -> None:
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
