"""Refusals: what a client did that the business does not allow, told by a stable code."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from pydantic import ValidationError, WrapSerializer, WrapValidator
from pydantic_core import ErrorDetails

from kit.standards.money import Amount

Item = TypeVar("Item")
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
    AND_MORE = "AND_MORE"
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

    price: ours, where another one was refused. untold: how many others it stands for.
    """

    code: str
    message: str
    path: Path = ()
    price: Amount | None = None
    untold: int = 0

    @property
    def place(self) -> str:
        """Return where it is as people say it: "line 3, quantity"; "" for nowhere."""
        words = list[str]()
        for each in self.path:
            if isinstance(each, int):
                words.append(f"{words.pop().removesuffix('s') if words else ''} {each + 1}".strip())
            else:
                words.append(each.replace("_", " "))
        return ", ".join(words)

    def below(self, prefix: Path) -> "Problem":
        """Return the same problem seen from further up in the input."""
        return replace(self, path=(*prefix, *self.path))


MOST_OF_ITEM, MOST_OF_CALL = 20, 1_000
"""Problems that are told of one item of a bulk, and of a call as a whole; then how many more."""


def and_more(count: int, path: Path = ()) -> Problem:
    """Return what stands for problems that are not told. path: in what they are."""
    message = f"{count:,} more are not told: correct these first, and send it again."
    return Problem(Code.AND_MORE, message, path, untold=count)


def few(problems: Sequence[Problem], most: int, path: Path = ()) -> Sequence[Problem]:
    """Return the first problems, and one for the others, those that were not told before too."""
    known = [it for it in problems if not it.untold]
    untold = sum(it.untold for it in problems) + max(0, len(known) - most)
    return [*known[:most], and_more(untold, path)] if untold else problems


@dataclass(frozen=True)
class Wrong:
    """Stands in an input for a value that is none of its field's type: no rule takes it."""

    code: str
    message: str
    value: object


def is_blank(value: object) -> bool:
    """Tell whether it is an empty text, or an object of nothing else."""
    if isinstance(value, Mapping):
        return bool(value) and all(it is None or is_blank(it) for it in value.values())
    text = value.value if isinstance(value, Wrong) else value
    return isinstance(text, str) and not text.strip()


_CODES = {
    "greater_than": Code.NOT_POSITIVE,
    "greater_than_equal": Code.NOT_POSITIVE,
    "less_than_equal": Code.OUT_OF_RANGE,
    "decimal_max_places": Code.SCALE_EXCEEDED,
    "decimal_max_digits": Code.OUT_OF_RANGE,
    "decimal_whole_digits": Code.OUT_OF_RANGE,
    "finite_number": Code.OUT_OF_RANGE,
    "too_short": Code.TOO_FEW_ITEMS,
    "too_long": Code.TOO_MANY_ITEMS,
    "string_too_short": Code.BLANK,
    "string_too_long": Code.TOO_LONG,
}
_MESSAGES = {
    "missing": "This must be given.",
    "extra_forbidden": "There is no such field.",
    "greater_than": "This must be greater than {gt}.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than_equal": "This must be at most {le}.",
    "decimal_max_places": "This must have at most {decimal_places} decimals.",
    "decimal_max_digits": "This must have at most {max_digits} digits.",
    "decimal_whole_digits": "This must have at most {whole_digits} digits before the point.",
    "finite_number": "This must be a finite number.",
    "too_short": "There must be at least {min_length} of these.",
    "too_long": "There must be at most {max_length} of these.",
    "string_too_short": "This must not be empty.",
    "string_too_long": "This must have at most {max_length} characters.",
    "timezone_aware": "This must be an instant with an offset, for example 2026-03-02T09:00:00Z.",
}
"""Pydantic's kind of a broken rule -> what a client reads; its own words say less of the field."""
_NO_VALUE = "This is no value for this field."


def _problem(error: ErrorDetails) -> Problem:
    """Return a broken rule in our words; of our own rules they are there already."""
    kind, path, value = error["type"], tuple(error["loc"]), error["input"]
    if isinstance(value, Wrong):
        code, message = value.code, value.message
    elif kind in Code.__members__:
        code, message = Code(kind), error["msg"]
    else:
        code = _CODES.get(kind, Code.INVALID)
        message = _MESSAGES.get(kind, _NO_VALUE).format(**error.get("ctx", {}))
    if value is None or (is_blank(value) and kind != "string_too_short"):
        message = _MESSAGES["missing"]
    return Problem(code, message, path)


def problems_of(error: ValidationError, most: int) -> list[Problem]:
    """Return broken rules, and how many more there are."""
    found = error.errors(include_url=False)
    first = [_problem(each) for each in found[:most]]
    return [*first, and_more(len(found) - most)] if len(found) > most else first


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

    def after(self, other: "Refused | None") -> "Refused":
        """Return one refusal that tells what another one does, and then what this one does."""
        return self if other is None else self.of([*other.problems, *self.problems])


class Refusals:
    """Gathers refusals of several steps, so that all are told at once.

    `with refusals:` around a step goes on after what it refuses; `end` refuses all that was met.
    Nothing is told twice, and that a row is in a wrong state is said of it once, as it was met
    first.
    """

    def __init__(self, above: Path = ()) -> None:
        """Start without any. above: where in the input the steps are."""
        self.above, self.problems = above, list[Problem]()

    def __enter__(self) -> None:
        """Begin a step."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        """Keep what a step refuses; whatever else it raises goes on."""
        if isinstance(error, Refused):
            problems = [it.below(self.above) for it in error.problems]
            self.problems += [it for it in problems if not self._is_known(it)]
            return True
        return False

    def _is_known(self, problem: Problem) -> bool:
        """Tell whether it was met already, or says again that a row is in a wrong state."""
        there = [it for it in self.problems if it.path == problem.path]
        is_state = problem.code is Code.WRONG_STATE
        return problem in there or (is_state and any(it.code == problem.code for it in there))

    def end(self) -> None:
        """Refused: all that was met, if anything was."""
        if self.problems:
            raise Refused.of(self.problems)

    def and_then(self, refused: Refused) -> Refused:
        """Return one refusal of all that was met, and of what another one tells besides.

        What is said of the same field, or of all around it, hangs on what was met.
        """
        if not self.problems:
            return refused
        met = [it.path for it in self.problems]
        around = {path[:end] for path in met for end in range(len(path) + 1)}
        more = [it for it in refused.problems if it.path not in around]
        return Refused.of([*self.problems, *more])


@dataclass(frozen=True)
class Odd:
    """Stands in a list for an item that breaks rules of its own. value: it, as it was given."""

    problems: Sequence[Problem]
    value: object


def _alone(value: object, read: Callable[[object], object]) -> object:
    try:
        return read(value)
    except ValidationError as error:
        return Odd(problems_of(error, MOST_OF_ITEM), value)


def _written(value: object, write: Callable[[object], object]) -> object:
    return repr(value.value) if isinstance(value, Odd) else write(value)


ALONE = (WrapValidator(_alone), WrapSerializer(_written))
"""What reads an item that is refused alone: `Odd` stands for one that breaks rules of its own."""
