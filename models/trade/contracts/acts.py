"""What may be done with a contract."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func

from models.access.viewers import Scope
from models.base.acts import Act, AllRows, Itself, Some
from models.master.catalog import Product
from models.trade.contracts.states import IN_FORCE, LIVING_STATES, RUNNING, ContractState
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
    day = contract.day(reader.at)
    return (contract.valid_from <= day) & (day <= contract.valid_to)


def _is_over(reader: Any, contract: Any) -> Any:
    is_past = contract.valid_to < contract.day(reader.at)
    return (contract.state == ContractState.TERMINATED) | is_past


VALID = Itself("today lies in its validity", _is_valid)
LASTING = Itself(
    "its last day is not over",
    lambda reader, contract: contract.valid_to >= contract.day(reader.at),
)
OVER = Itself("it is TERMINATED, or its last day is over", _is_over)

_LEAST = Decimal("0.000001")
"""The least by which two quantities differ."""


def _has_room(_rows: AllRows, contract: Any, line: Any, product: Any) -> ColumnElement[bool]:
    """Tell whether the least that may be called off of a line fits in what is left of it."""
    lot = line.lot_multiple
    wanted = func.greatest(product.step, func.coalesce(line.min_per_call_off, 0))
    # Rounded up to whole lots, exactly.
    least = case((lot.is_(None), wanted), else_=func.div(wanted + lot - _LEAST, lot) * lot)
    return and_(
        line.contract_id == contract.id,
        product.id == line.product_id,
        least <= func.least(line.ceiling - line.called_off, line.max_per_call_off),
    )


ROOM = Some("something can still be called off", (ContractLine, Product), _has_room)

AMEND = Act(Scope.CONTRACTS_WRITE, LIVING_STATES, action=ContractAction.AMEND)
ACTIVATE = Act(
    Scope.CONTRACTS_WRITE,
    frozenset({ContractState.DRAFT}),
    becomes=ContractState.ACTIVE,
    action=ContractAction.ACTIVATE,
)
SUSPEND = Act(
    Scope.CONTRACTS_WRITE,
    IN_FORCE,
    becomes=ContractState.SUSPENDED,
    action=ContractAction.SUSPEND,
)
RESUME = Act(
    Scope.CONTRACTS_WRITE,
    frozenset({ContractState.SUSPENDED}),
    becomes=ContractState.ACTIVE,
    action=ContractAction.RESUME,
)
TERMINATE = Act(
    Scope.CONTRACTS_WRITE,
    RUNNING,
    becomes=ContractState.TERMINATED,
    action=ContractAction.TERMINATE,
)
SETTLE = Act(
    Scope.CONTRACTS_WRITE,
    RUNNING | {ContractState.TERMINATED},
    becomes=ContractState.SETTLED,
    needs=(OVER,),
    action=ContractAction.SETTLE,
)
CALL_OFF = Act(Scope.CALL_OFFS_WRITE, IN_FORCE, needs=(VALID, ROOM), action=ContractAction.CALL_OFF)
RELEASE = Act(Scope.CALL_OFFS_WRITE, IN_FORCE, needs=(LASTING,), action=ContractAction.RELEASE)

ACTS = (AMEND, ACTIVATE, SUSPEND, RESUME, TERMINATE, SETTLE, CALL_OFF, RELEASE)
"""Those that clients are told of, in the order in which they are."""
