"""What may be done with a contract."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_

from models.access.viewers import Scope
from models.base.acts import Act, AllRows, Itself, Some, Transition
from models.base.tables import entity_named
from models.master.catalog import Product
from models.trade.contracts.states import (
    ENTERED,
    IN_FORCE,
    LIVING_CONTRACTS,
    RUNNING,
    ContractState,
)
from models.trade.contracts.tables import ContractLine


class ContractAction(StrEnum):
    """What may be done with a contract."""

    AMEND = "AMEND"
    ACTIVATE = "ACTIVATE"
    SUSPEND = "SUSPEND"
    RESUME = "RESUME"
    TERMINATE = "TERMINATE"
    SETTLE = "SETTLE"
    CALL_OFF = "CALL_OFF"
    RELEASE = "RELEASE"


def _is_valid(reader: Any, contract: Any) -> Any:
    return contract.is_valid_on(contract.day(reader.at))


def _is_over(reader: Any, contract: Any) -> Any:
    is_past = contract.valid_to < contract.day(reader.at)
    return (contract.state == ContractState.TERMINATED) | is_past


def _is_lasting(reader: Any, contract: Any) -> Any:
    return (contract.valid_to >= contract.day(reader.at)) | contract.delivers_rest


VALID = Itself("today lies in its validity", _is_valid, rule="K3")
LASTING = Itself("its last day is not over", _is_lasting, rule="K3")
OVER = Itself("it is TERMINATED, or its last day is over", _is_over, rule="K11")

_LEAST = Decimal("0.000001")
"""The least by which two quantities differ."""


def _left(rows: AllRows, contract: Any, line: Any) -> ColumnElement[Decimal]:
    """Return what may still be called off of a line: after the last day only what remains."""
    is_past = contract.valid_to < contract.day(rows.now)
    return case((is_past, line.left_of_target), else_=line.ceiling - line.called_off)


def _has_room(rows: AllRows, contract: Any, line: Any, product: Any) -> ColumnElement[bool]:
    """Tell whether the least that may be called off of a line fits in what is left of it."""
    lot = line.lot_multiple
    wanted = func.greatest(product.step, func.coalesce(line.min_per_call_off, 0))
    # Rounded up to whole lots, exactly.
    least = case((lot.is_(None), wanted), else_=func.div(wanted + lot - _LEAST, lot) * lot)
    # What remains under DELIVER_REST is brought whole, however little it is.
    whole = and_(contract.delivers_rest, line.left_of_target > 0)
    most = func.least(_left(rows, contract, line), line.max_per_call_off)
    return and_(
        line.contract_id == contract.id,
        product.id == line.product_id,
        or_(least <= most, and_(whole, line.left_of_target <= most)),
    )


def _is_owing(rows: AllRows, contract: Any, line: Any) -> ColumnElement[bool]:
    return and_(
        line.contract_id == contract.id,
        rows.some(
            # What is right of another room names it by string.
            entity_named("OrderLine"),
            entity_named("Order"),
            where=lambda part, order: and_(
                part.contract_line_id == line.id,
                part.open_quantity > 0,
                order.id == part.order_id,
                order.may_owe,
            ),
        ),
    )


OPEN_CALL_OFFS = Some("call-offs of it are open", (ContractLine,), _is_owing, rule="K11")


def _comes_outside(rows: AllRows, contract: Any, line: Any) -> ColumnElement[bool]:
    """Tell whether something of a line is open that the contract's validity does not cover (K3).

    It is still to come outside of it, or was called off before its first day, and nobody has said
    why: the reason that an order has for what it wants goes for receiving hours alone.
    """

    def is_outside(earliest: Any, latest: Any) -> ColumnElement[bool]:
        is_late = and_(contract.day(latest) > contract.valid_to, ~contract.delivers_rest)
        return or_(contract.day(earliest) < contract.valid_from, is_late)

    def is_coming(part: Any, order: Any) -> ColumnElement[bool]:
        earliest = func.coalesce(part.window_earliest, order.window_earliest)
        latest = func.coalesce(part.agreed_latest, part.window_latest, order.window_latest)
        is_promised = or_(*(it.confirmed_overridden for it in (part, order)))
        why = case((is_promised, order.window_override))
        in_delivery = rows.some(
            entity_named("DeliveryLine"),
            entity_named("Delivery"),
            where=lambda its, delivery: and_(
                its.order_line_id == part.id,
                its.planned > its.shipped,
                delivery.id == its.delivery_id,
                delivery.cancelled_at.is_(None),
                is_outside(delivery.window_earliest, delivery.window_latest),
                or_(
                    delivery.window_override.is_(None),
                    and_(delivery.window_override == order.window_override, why.is_(None)),
                ),
            ),
        )
        is_free = and_(part.unplanned > 0, is_outside(earliest, latest), why.is_(None))
        return or_(is_free, in_delivery)

    return and_(
        line.contract_id == contract.id,
        rows.some(
            entity_named("OrderLine"),
            entity_named("Order"),
            where=lambda part, order: and_(
                part.contract_line_id == line.id,
                part.open_quantity > 0,
                order.id == part.order_id,
                order.may_owe,
                or_(contract.day(order.placed_at) < contract.valid_from, is_coming(part, order)),
            ),
        ),
    )


STRAY_CALL_OFFS = Some(
    "something open was called off before it is valid, or comes outside its validity",
    (ContractLine,),
    _comes_outside,
    rule="K3",
)
UNDELIVERED_REST = Some(
    "what remains of it is to be called off and delivered, and it was not terminated",
    (ContractLine,),
    lambda _rows, contract, line: and_(
        line.contract_id == contract.id,
        line.left_of_target > 0,
        contract.delivers_rest,
        contract.state != ContractState.TERMINATED,
    ),
    rule="K12",
)
ROOM = Some("something can still be called off", (ContractLine, Product), _has_room)

AMEND = Act(Scope.CONTRACTS_WRITE, LIVING_CONTRACTS, action=ContractAction.AMEND)
ACTIVATE = Transition(
    Scope.CONTRACTS_WRITE,
    frozenset({ContractState.DRAFT}),
    becomes=ContractState.ACTIVE,
    action=ContractAction.ACTIVATE,
)
SUSPEND = Transition(
    Scope.CONTRACTS_WRITE,
    IN_FORCE,
    becomes=ContractState.SUSPENDED,
    action=ContractAction.SUSPEND,
)
RESUME = Transition(
    Scope.CONTRACTS_WRITE,
    frozenset({ContractState.SUSPENDED}),
    becomes=ContractState.ACTIVE,
    action=ContractAction.RESUME,
)
TERMINATE = Transition(
    Scope.CONTRACTS_WRITE,
    RUNNING,
    becomes=ContractState.TERMINATED,
    action=ContractAction.TERMINATE,
)
SETTLE = Transition(
    Scope.CONTRACTS_WRITE,
    RUNNING | {ContractState.TERMINATED},
    becomes=ContractState.SETTLED,
    needs=(OVER,),
    stopped_by=(OPEN_CALL_OFFS, UNDELIVERED_REST),
    action=ContractAction.SETTLE,
)
CALL_OFF = Act(Scope.CALL_OFFS_WRITE, IN_FORCE, needs=(VALID, ROOM), action=ContractAction.CALL_OFF)
RELEASE = Act(Scope.CALL_OFFS_WRITE, ENTERED, action=ContractAction.RELEASE)

ACTS = (AMEND, ACTIVATE, SUSPEND, RESUME, TERMINATE, SETTLE, CALL_OFF, RELEASE)
"""Those that clients are told of, in the order in which they are."""
