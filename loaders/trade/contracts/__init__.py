"""Contracts as they are read: their lines, their derived standing, what was drawn from them."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import (
    ColumnElement,
    Date,
    and_,
    case,
    exists,
    type_coerce,
)

from kit.ids import Names
from kit.inputs import Day, Reference
from loaders.reading.acts import available
from loaders.reading.filters import Beginning, Filter, begins, one_of
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import ByList, Computed, Many, One, Reader
from models.base.tables import OneOf
from models.base.visibility import seen_by
from models.master.parties import Address
from models.trade.contracts.acts import ACTS
from models.trade.contracts.guarantees import Guarantee
from models.trade.contracts.states import ContractState
from models.trade.contracts.tables import Contract, ContractLine, Shortfall

by_id = One(Contract)
by_number = One(Contract, "number")
line_by_id = One(ContractLine)
lines_of = Many(ContractLine, "contract_id", order_by=("line_no",), typical=5)
guarantee_by_id = One(Guarantee)
shortfall_by_id = One(Shortfall)
shortfalls_of = Many(Shortfall, "contract_id", order_by=("contract_line_id",), typical=2)
ship_tos = ByList(Contract, "ship_to_ids", Address, typical=5)


def _is_expired(reader: Reader, contract: Any) -> ColumnElement[Any]:
    """Compare days at the contract's own zone; valid_to is the last day (K3)."""
    return contract.valid_to < contract.day(reader.at)  # type: ignore[no-any-return]


def _is_exhausted(reader: Reader, contract: Any) -> ColumnElement[Any]:
    line = reader.table(ContractLine)
    return ~exists().where(
        line.contract_id == contract.id, line.remaining > 0, *seen_by(reader.viewer, line)
    )


def _state(reader: Reader, contract: Any) -> ColumnElement[Any]:
    """Return the effective state: what people decided, or what the calendar and the lines say."""
    running = contract.state.in_((ContractState.ACTIVE, ContractState.SUSPENDED))
    drawn = and_(contract.state == ContractState.ACTIVE, _is_exhausted(reader, contract))
    state = case(
        (and_(running, _is_expired(reader, contract)), ContractState.EXPIRED.value),
        (drawn, ContractState.EXHAUSTED.value),
        else_=contract.state,
    )
    return type_coerce(state, OneOf(ContractState))


offered = Computed(Contract, {"actions": available(ACTS)})
standing = Computed(
    Contract, {"state": _state, "is_expired": _is_expired, "is_exhausted": _is_exhausted}
)


class ContractSort(Enum):
    """Orders of a contract list."""

    NUMBER = "NUMBER"
    NUMBER_DESC = "NUMBER_DESC"
    VALID_TO = "VALID_TO"
    VALID_TO_DESC = "VALID_TO_DESC"
    CREATED_AT = "CREATED_AT"
    CREATED_AT_DESC = "CREATED_AT_DESC"


class ContractFilter(Filter):
    """Which contracts to list."""

    states: tuple[ContractState, ...] | None = Field(None, description="State is one of these.")
    party_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="Agreed with this party."
    )
    number_prefix: Beginning | None = Field(None, description="Number begins with this.")
    valid_on: Day | None = Field(None, description="Valid on this day, both ends inclusive.")
    purchase_order_number: Reference | None = Field(
        None, description="The customer's purchase-order number is this."
    )
    exhausted: bool | None = Field(
        None, description="The agreed quantity of every line is called off, or is not."
    )
    expired: bool | None = Field(None, description="The last day of validity is over, or is not.")


def _matching(
    reader: Reader, contract: Any, filter_by: ContractFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.states is not None:
        yield one_of(_state(reader, contract), filter_by.states)
    if filter_by.party_id is not None:
        yield contract.party_id == filter_by.party_id
    if filter_by.number_prefix is not None:
        yield begins(contract.number_folded, filter_by.number_prefix)
    if filter_by.valid_on is not None:
        yield type_coerce(filter_by.valid_on, Date).between(contract.valid_from, contract.valid_to)
    if filter_by.purchase_order_number is not None:
        yield contract.purchase_order_number == filter_by.purchase_order_number
    if filter_by.exhausted is not None:
        yield _is_exhausted(reader, contract) == filter_by.exhausted
    if filter_by.expired is not None:
        yield _is_expired(reader, contract) == filter_by.expired


_SORTS: Mapping[Enum | None, Sorted] = {
    ContractSort.NUMBER: Sorted("number"),
    ContractSort.NUMBER_DESC: Sorted("number", descending=True),
    ContractSort.VALID_TO: Sorted("valid_to"),
    ContractSort.VALID_TO_DESC: Sorted("valid_to", descending=True),
    ContractSort.CREATED_AT: Sorted("created_at"),
    ContractSort.CREATED_AT_DESC: Sorted("created_at", descending=True),
}
every = Paged(Contract, _SORTS, matching=_matching)
of_party = Paged(Contract, _SORTS, of="party_id", matching=_matching)
