"""Refusals: what a client did that the business does not allow, told by a stable code."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from kit.standards.money import Amount

Path = tuple[str | int, ...]


class Code(StrEnum):
    """Codes of refusals that any command may give; wings have further ones of their own."""

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
    IN_USE = "IN_USE"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    TAKEN = "TAKEN"
    TOO_SLOW = "TOO_SLOW"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    WRONG_STATE = "WRONG_STATE"


@dataclass(frozen=True)
class Problem:
    """One refusal. path: where inside the mutation's argument, e.g. ("lines", 2, "quantity").

    price: ours, where another one was refused.
    """

    code: str
    message: str
    path: Path = ()
    price: Amount | None = None

    def below(self, prefix: Path) -> "Problem":
        """Return the same problem seen from further up in the input."""
        return replace(self, path=(*prefix, *self.path))


@dataclass(frozen=True)
class Wrong:
    """Stands in an input for a value that is none of its field's type: no rule takes it."""

    code: str
    message: str
    value: object


@dataclass(eq=False)
class Refused(Exception):
    """The business says no: the transaction is rolled back and the payload tells why."""

    code: str
    message: str
    path: Path = ()
    more: Sequence[Problem] = field(default=())
    price: Amount | None = None

    @property
    def problems(self) -> list[Problem]:
        """Every problem that was found, the first one first."""
        return [Problem(self.code, self.message, self.path, self.price), *self.more]

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> "Refused":
        """Return one refusal that tells all of at least one problem."""
        first, *more = problems
        return cls(first.code, first.message, first.path, more, first.price)


class Refusals:
    """Gathers refusals of several steps, so that all are told at once.

    `with refusals:` around a step goes on after what it refuses; `end` refuses all that was met.
    """

    def __init__(self, above: Path = ()) -> None:
        """Start without any. above: where in the input the steps are."""
        self.above, self.problems = above, list[Problem]()

    def __enter__(self) -> None:
        """Begin a step."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        """Keep what a step refuses; whatever else it raises goes on."""
        if isinstance(error, Refused):
            self.problems += [it.below(self.above) for it in error.problems]
            return True
        return False

    def end(self) -> None:
        """Refused: all that was met, if anything was."""
        if self.problems:
            raise Refused.of(self.problems)
