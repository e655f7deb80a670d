"""States of contracts; each verb says from which to which it leads."""

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


class TimeRule(StrEnum):
    """What a time breaks that was agreed on all the same."""

    RECEIVING_HOURS = "RECEIVING_HOURS"
    VALIDITY = "VALIDITY"
    PASSED = "PASSED"
    NOTICE = "NOTICE"
    LAST_INSTANT = "LAST_INSTANT"


IN_FORCE = frozenset({ContractState.ACTIVE})
"""States in which goods may be called off."""
RUNNING = IN_FORCE | {ContractState.SUSPENDED}
"""States that its last day or somebody ends."""
ENTERED = frozenset(ContractState) - {ContractState.DRAFT}
"""States of a contract that has been in force: what its customer sends is taken in."""
LIVING_CONTRACTS = RUNNING | {ContractState.DRAFT}
"""States in which a contract may still be changed."""
