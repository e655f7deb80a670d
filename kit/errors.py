"""Refusals: what a client did that the business does not allow, told by a stable code."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Path = tuple[str | int, ...]


class Code(StrEnum):
    """Stable codes of refusals; the schema shows them as `UserErrorCode`."""

    # Shape of the input
    BLANK = "BLANK"
    DUPLICATE = "DUPLICATE"
    INVALID = "INVALID"
    INVALID_CHARACTER = "INVALID_CHARACTER"
    INVALID_CHECK_DIGIT = "INVALID_CHECK_DIGIT"
    INVALID_CURRENCY = "INVALID_CURRENCY"
    INVALID_COUNTRY = "INVALID_COUNTRY"
    INVALID_DATE = "INVALID_DATE"
    INVALID_ID = "INVALID_ID"
    INVALID_TIME_ZONE = "INVALID_TIME_ZONE"
    INVALID_WINDOW = "INVALID_WINDOW"
    NOT_POSITIVE = "NOT_POSITIVE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    SCALE_EXCEEDED = "SCALE_EXCEEDED"
    TOO_FEW_ITEMS = "TOO_FEW_ITEMS"
    TOO_LONG = "TOO_LONG"
    TOO_MANY_ITEMS = "TOO_MANY_ITEMS"
    # Any command
    CONFLICT = "CONFLICT"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    TAKEN = "TAKEN"
    TOO_SLOW = "TOO_SLOW"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    WRONG_STATE = "WRONG_STATE"
    # Orders
    GUESTS_NOT_ALLOWED = "GUESTS_NOT_ALLOWED"
    ON_HOLD = "ON_HOLD"
    QUANTITY_EXCEEDED = "QUANTITY_EXCEEDED"
    QUANTITY_NOT_OPEN = "QUANTITY_NOT_OPEN"
    # Contracts and call-offs: the reject reasons of the domain (section 2)
    BELOW_MINIMUM = "BELOW_MINIMUM"
    CONTRACT_SUSPENDED = "CONTRACT_SUSPENDED"
    EXCEEDS_MAX = "EXCEEDS_MAX"
    FIRM_ZONE = "FIRM_ZONE"
    LOT_MULTIPLE = "LOT_MULTIPLE"
    NOTICE_TOO_SHORT = "NOTICE_TOO_SHORT"
    NOT_ON_CONTRACT = "NOT_ON_CONTRACT"
    OPEN_CALL_OFFS = "OPEN_CALL_OFFS"
    OUTSIDE_VALIDITY = "OUTSIDE_VALIDITY"
    PARTY_MISMATCH = "PARTY_MISMATCH"
    RELEASE_OUTDATED = "RELEASE_OUTDATED"
    UNIT_MISMATCH = "UNIT_MISMATCH"
    # Deliveries and parcels
    DELIVERY_POLICY = "DELIVERY_POLICY"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_MERGEABLE = "NOT_MERGEABLE"
    OUTSIDE_RECEIVING_HOURS = "OUTSIDE_RECEIVING_HOURS"
    PARCELS_DO_NOT_MATCH = "PARCELS_DO_NOT_MATCH"
    RECIPIENT_MISSING = "RECIPIENT_MISSING"


@dataclass(frozen=True)
class Problem:
    """One refusal. path: where inside the mutation's argument, e.g. ("lines", 2, "quantity")."""

    code: Code
    message: str
    path: Path = ()

    def below(self, prefix: Path) -> "Problem":
        """Return the same problem seen from further up in the input."""
        return Problem(self.code, self.message, (*prefix, *self.path))


@dataclass(eq=False)
class Refused(Exception):
    """The business says no: the transaction is rolled back and the payload tells why."""

    code: Code
    message: str
    path: Path = ()
    more: Sequence[Problem] = field(default=())

    @property
    def problems(self) -> list[Problem]:
        """Every problem that was found, the first one first."""
        return [Problem(self.code, self.message, self.path), *self.more]

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> "Refused":
        """Return one refusal that tells all of at least one problem."""
        first, *more = problems
        return cls(first.code, first.message, first.path, more)
