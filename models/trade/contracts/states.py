"""States of contracts, and what may follow each."""

from collections.abc import Mapping
from enum import StrEnum


class ContractState(StrEnum):
    """Where a contract stands. EXHAUSTED and EXPIRED are derived and never stored."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    EXHAUSTED = "EXHAUSTED"
    EXPIRED = "EXPIRED"
    TERMINATED = "TERMINATED"
    SETTLED = "SETTLED"


class ReservationStrategy(StrEnum):
    """When goods are set aside for a contract."""

    AT_CONFIRM = "AT_CONFIRM"
    AT_CALL_OFF = "AT_CALL_OFF"


class EndOfLife(StrEnum):
    """What happens to the quantity that was not called off when the contract ends."""

    EXPIRE = "EXPIRE"
    DELIVER_REST = "DELIVER_REST"
    INVOICE_SHORTFALL = "INVOICE_SHORTFALL"
    CARRY_OVER = "CARRY_OVER"


NEXT_STATES: Mapping[ContractState, frozenset[ContractState]] = {
    ContractState.DRAFT: frozenset({ContractState.ACTIVE}),
    ContractState.ACTIVE: frozenset({ContractState.SUSPENDED, ContractState.TERMINATED}),
    ContractState.SUSPENDED: frozenset({ContractState.ACTIVE, ContractState.TERMINATED}),
    ContractState.TERMINATED: frozenset({ContractState.SETTLED}),
    ContractState.SETTLED: frozenset(),
}
"""The state machine of what people decide; a contract whose days are over may be settled too."""

LIVING_STATES = frozenset({ContractState.DRAFT, ContractState.ACTIVE, ContractState.SUSPENDED})
"""States in which a contract may still be changed."""
