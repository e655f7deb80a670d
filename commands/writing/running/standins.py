"""Odd input tried with other values in place of the odd ones, to tell what else is wrong with it.

It is read three times, with values as unlike as their types allow: with the least and without what
may be left out, with usual ones, and with the most. What is refused of all alike does not hang on
what is odd. Of several items of a list each gets values of its own: two that are odd are not the
same, nor at the same time.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from functools import reduce
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ValidationError
from pydantic.fields import FieldInfo

from kit.errors import MOST_OF_ITEM, Path, Problem, problems_of
from kit.ids import new_id
from kit.inputs import StandIns

Model = TypeVar("Model", bound=BaseModel)


class Way(IntEnum):
    """How unlike others a value is that stands in."""

    LEAST, USUAL, MOST = range(3)


_AGAIN = (Way.LEAST, Way.MOST)
"""Put in where what stands in does not go with the rest: it is left out first, where it may be.

What is odd in an object may hide that it is odd as a whole, too.
"""


class Tried(NamedTuple, Generic[Model]):
    """An input with values that stand in. problems: that reading it has met, beside what is odd.

    There is no model where it cannot be read even so.
    """

    model: Model | None
    problems: Sequence[Problem]


class _Place(NamedTuple):
    """A field of an input. number: among the fields of its object. which: value is put there.

    now: the usual instant. apart: from those of other items by this number.
    """

    annotation: Any
    metadata: Sequence[Any]
    number: int
    which: Way
    now: datetime
    apart: int

    def item(self, number: int) -> "_Place":
        """Return an item of the list that stands here."""
        annotation = get_args(self.annotation)[0]
        apart = self.apart + number
        return self._replace(annotation=annotation, metadata=(), apart=apart).plain()

    def of(self, name: str) -> "_Place":
        """Return a field of the object that stands here."""
        fields = self.annotation.model_fields
        field: FieldInfo = fields[name]
        metadata, number = tuple(field.metadata), list(fields).index(name)
        return self._replace(annotation=field.annotation, metadata=metadata, number=number).plain()

    def plain(self) -> "_Place":
        """Return the same without what only wraps its type."""
        found, arguments = self, get_args(self.annotation)
        if get_origin(self.annotation) is Annotated:
            inner = [it.metadata if isinstance(it, FieldInfo) else [it] for it in arguments[1:]]
            metadata = (*self.metadata, *(each for its in inner for each in its))
            found = self._replace(annotation=arguments[0], metadata=metadata).plain()
        elif type(None) in arguments:
            first = next(it for it in arguments if it is not type(None))
            found = self._replace(annotation=first).plain()
        return found

    @property
    def is_object(self) -> bool:
        return isinstance(self.annotation, type) and issubclass(self.annotation, BaseModel)


def variations(
    model: type[Model], value: object, odd: Sequence[Path], at: datetime, apart: int = 0
) -> Sequence[Tried[Model]]:
    """Return an input read with least, usual and most in place of what is odd. at: usual.

    apart: its number among others that are tried with it.
    """
    return [_read(_Place(model, (), 0, each, at, apart), value, odd) for each in Way]


def alike(
    odd: Sequence[Path], found: Sequence[Problem], before: Sequence[Problem] | None
) -> list[Problem]:
    """Return what is refused, as it was before if there was that, and not said of what is odd.

    What is said of something odd, or of what lies within, hangs on it.
    """
    return [
        problem
        for problem in found
        if (before is None or problem in before)
        and not any(problem.path[: len(path)] == tuple(path) for path in odd)
    ]


def _read(whole: _Place, value: object, odd: Sequence[Path]) -> Tried[Any]:
    met, put = list[Problem](), set[Path]()
    for which in (whole.which, *_AGAIN):
        whole = whole._replace(which=which)
        if not all(odd):
            break
        try:
            value = reduce(lambda it, path: _put(whole, it, path), odd, value)
            return Tried(whole.annotation.model_validate(value), met)
        except LookupError:
            break
        except ValidationError as error:
            found = [it for it in problems_of(error, MOST_OF_ITEM) if not it.untold]
            # What is said of what stands in was not sent.
            put.update(map(tuple, odd))
            odd = [it.path for it in found]
            met += [it for it in found if not any(it.path[: len(each)] == each for each in put)]
    return Tried(None, met)


def _put(place: _Place, value: Any, path: Path) -> Any:
    """Return a value with another one at a path. LookupError: none is known."""
    if not path:
        return _stand_in(place)
    name, *below = path
    if place.is_object and isinstance(value, Mapping):
        return _put_field(place, value, str(name), tuple(below))
    if get_origin(place.annotation) is list and isinstance(value, list) and isinstance(name, int):
        put = _put(place.item(name), value[name], tuple(below))
        return [*value[:name], put, *value[name + 1 :]]
    raise LookupError(path)


def _put_field(place: _Place, value: Mapping[str, Any], name: str, below: Path) -> Any:
    fields: Mapping[str, FieldInfo] = place.annotation.model_fields
    if name not in fields:
        known = {each for own, field in fields.items() for each in (own, field.alias)}
        return {key: it for key, it in value.items() if key in known}
    field = fields[name]
    key = field.alias if field.alias in value else name
    if place.which is Way.LEAST and not (below or field.is_required()):
        return {each: it for each, it in value.items() if each != key}
    inner = place.of(name)
    near = _near(inner, value) if place.which is Way.USUAL and not below else None
    return {**value, str(key): near or _put(inner, value.get(str(key)), below)}


def _near(place: _Place, values: Mapping[str, Any]) -> str | None:
    """Return what is nearest to what else the object of a field was given, if anything is."""
    rules = (it.beside for it in place.metadata if isinstance(it, StandIns) and it.beside)
    return next((rule(values) for rule in rules), None)


_FIRST, _LAST = date(1900, 1, 2), date(2190, 6, 1)
_NUMBERS = (1, 100, 1_000_003)
"""The most is more than is ordered of anything; its sums still fit into counters."""


def _stand_in(place: _Place) -> Any:
    """Return a value for a place. What is later in an object is later in time, too."""
    kind, which = place.annotation, place.which
    for mark in place.metadata:
        if isinstance(mark, StandIns):
            return _choose(place, mark.values)
    if place.is_object:
        required = [name for name, field in kind.model_fields.items() if field.is_required()]
        return {name: _stand_in(place.of(name)) for name in required}
    if get_origin(kind) is list:
        return [_stand_in(place.item(0))]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _choose(place, list(kind))
    days = timedelta(days=place.number + place.apart)
    day = (_FIRST, place.now.date(), _LAST)[which] + days
    known: dict[Any, Any] = {
        UUID: new_id(),
        str: str(new_id())[-_longest(place) :],
        bool: _choose(place, (False, True)),
        date: day,
        AwareDatetime: datetime(day.year, day.month, day.day, tzinfo=UTC),
        int: _number(place),
        Decimal: Decimal(_number(place)),
    }
    return known[kind]


def _choose(place: _Place, among: Sequence[Any]) -> Any:
    """Return one of several values, the least first; the one before the least is the most."""
    return among[(place.apart - (place.which is Way.MOST)) % len(among)]


def _longest(place: _Place) -> int:
    """Return how many characters a text may have, 0 where nothing says that."""
    lengths = (getattr(it, "max_length", None) for it in place.metadata)
    return min(filter(None, lengths), default=0)


def _number(place: _Place) -> int:
    number = _NUMBERS[place.which]
    bounds = [int(it.le) for it in place.metadata if getattr(it, "le", None) is not None]
    if not bounds:
        return number + place.apart
    most = min(bounds)
    return (min(number, most) - 1 + place.apart) % most + 1
