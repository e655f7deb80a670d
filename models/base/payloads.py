"""What an event's payload may hold, and how that is written as JSON and read back.

Ids, quantities, numbers, instants, days, codes, and names of our own columns; lists and mappings of
them. Text of any other kind has no place here, so that no name, address, mail or note gets into the
journal: a person can be erased from the rows while the journal stays whole.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum, auto
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    NamedTuple,
    NewType,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

from models.base.tables import Base

ColumnName = NewType("ColumnName", str)
"""The name of a column of ours."""
CODES_OF_PAYLOADS: dict[str, type[StrEnum]] = {}
"""Name -> the enum, of those whose codes stand in payloads."""


class Item:
    """Base of the frozen dataclasses that stand in lists of a payload."""

    __slots__ = ()


@dataclass(frozen=True)
class IdOf:
    """Marks an id of a payload as that of a row: `Annotated[UUID, IdOf("OrderLine")]`.

    tables: names of the classes that it may be of; none for a line whose counters the event's
    table tells (`models.base.tables.Tally`).
    """

    tables: tuple[str, ...]

    def __init__(self, *tables: str) -> None:
        """Take the tables' names."""
        object.__setattr__(self, "tables", tables)


@dataclass(frozen=True)
class Beside:
    """Marks what tells of the row whose id is in another field, so that it hides with that id."""

    field: str


class AllLines:
    """Marks what tells of all lines of the event's row, so that it hides if one is hidden."""


class Telling(Enum):
    """How a value tells of rows."""

    ONE = auto()
    LIST = auto()
    KEYS = auto()
    ALL_LINES = auto()


class Referenced(NamedTuple):
    """Of which rows a value tells. tables: as of `IdOf`. beside: the field that has the id."""

    how: Telling
    tables: tuple[str, ...]
    beside: str | None = None


class ValueForm(NamedTuple):
    """A kind of value. word: for readers. write: to JSON, TypeError for another kind.

    read: from JSON, ValueError for what was never written so. rows: None where it tells of none.
    """

    word: str
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]
    rows: Referenced | None = None

    def telling(self, how: Telling, *parts: "ValueForm") -> Referenced | None:
        """Return of which rows a value tells that is made of this one, an id or none.

        TypeError for an id in one of the other parts, where nobody would look for it.
        """
        if any(it.rows for it in parts) or (self.rows and self.rows.how is not Telling.ONE):
            message = f"{self.word}: ids stand alone, in a list, or as keys"
            raise TypeError(message)
        return self.rows and Referenced(how, self.rows.tables)


class Value(NamedTuple):
    """A field of a payload. meaning: for readers.

    default: left out of the JSON where the field has it; MISSING for none.
    """

    name: str
    kind: ValueForm
    meaning: str
    default: Any

    @property
    def is_needed(self) -> bool:
        """Whether every payload has it."""
        return self.default is MISSING


def as_json(values: Sequence[Value], row: Any) -> dict[str, Any]:
    """Return a payload, or an item of one, as JSON. TypeError for a value of another kind."""
    payload = {}
    for name, kind, _, default in values:
        value = getattr(row, name)
        if default is MISSING or value != default:
            payload[name] = kind.write(value)
    return payload


def from_json(values: Sequence[Value], payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload's JSON as the fields of its class. ValueError for what does not fit."""
    if strange := payload.keys() - {it.name for it in values}:
        message = f"unknown fields {sorted(strange)}"
        raise ValueError(message)
    if lacking := [it.name for it in values if it.is_needed and it.name not in payload]:
        message = f"missing fields {lacking}"
        raise ValueError(message)
    return {it.name: it.kind.read(payload[it.name]) for it in values if it.name in payload}


def values_of(described: type[Any]) -> list[Value]:
    """Return the fields of a dataclass, each `Annotated` with what it means.

    TypeError for one that is not, and for one of a kind that no payload holds.
    """
    hints = get_type_hints(described, include_extras=True)
    return [_value(it, hints[it.name]) for it in fields(described)]


def _value(of: Field[Any], hint: Any) -> Value:
    if get_origin(hint) is not Annotated:
        message = f"{of.name}: say what it means, Annotated[..., 'What it means.']"
        raise TypeError(message)
    kind, *marks, meaning = get_args(hint)
    default = of.default if of.default_factory is MISSING else of.default_factory()
    return Value(of.name, _marked(kind, *marks), meaning, default)


def _marked(hint: Any, *marks: Any) -> ValueForm:
    """Return the form of a type that is marked with the rows of which it tells."""
    tables = [it.tables for it in marks if isinstance(it, IdOf)]
    if hint is UUID and tables:
        return _ID._replace(rows=Referenced(Telling.ONE, tables[0]))
    kind = kind_of(hint)
    for mark in marks:
        if isinstance(mark, Beside):
            return kind._replace(rows=Referenced(Telling.ONE, (), mark.field))
    if any(isinstance(it, AllLines) for it in marks):
        return kind._replace(rows=Referenced(Telling.ALL_LINES, ()))
    return kind


def kind_of(hint: Any) -> ValueForm:
    """Return how values of a type are written and read. TypeError for what no payload holds."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        CODES_OF_PAYLOADS[hint.__name__] = hint
        return _plain(f"`{hint.__name__}`", hint, str, hint)
    if isinstance(hint, type) and issubclass(hint, Item):
        return _item(hint)
    if get_origin(hint) is Annotated:
        return _marked(*get_args(hint))
    return _made_of_parts(hint)


def _made_of_parts(hint: Any) -> ValueForm:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (UnionType, Union) and inner[1:] == (NoneType,):
        return _optional(kind_of(inner[0]))
    if origin is tuple and inner[1:] == (...,):
        return _list(kind_of(inner[0]))
    if origin is Mapping:
        return _mapping(kind_of(inner[0]), kind_of(inner[1]))
    message = f"a payload holds ids, quantities and codes, not {hint}; ids are marked with IdOf"
    raise TypeError(message)


def _refuse(value: object, word: str) -> TypeError:
    return TypeError(f"{value!r} is not {word}")


def _plain(
    word: str, kind: type, write: Callable[[Any], Any], read: Callable[[Any], Any]
) -> ValueForm:
    def checked(value: Any) -> Any:
        if isinstance(value, kind):
            return write(value)
        raise _refuse(value, word)

    return ValueForm(word, checked, read)


def _exact(quantity: Decimal) -> str:
    if quantity.is_finite():
        return f"{quantity.normalize():f}"
    raise _refuse(quantity, "a quantity")


def _number(value: int) -> int:
    if type(value) is int:
        return value
    raise _refuse(value, "a number")


def _zoned(instant: datetime) -> str:
    if instant.tzinfo is not None:
        return instant.isoformat()
    raise _refuse(instant, "an instant with an offset")


def _day(day: date) -> str:
    if not isinstance(day, datetime):
        return day.isoformat()
    raise _refuse(day, "a day")


def _column(name: str) -> str:
    if name in _columns():
        return name
    raise _refuse(name, "a column")


def _same(kind: type) -> Callable[[Any], Any]:
    """Return how a value is read that stands in JSON as it is."""

    def read(value: Any) -> Any:
        if type(value) is not kind:
            message = f"{value!r} is not {kind.__name__}"
            raise ValueError(message)
        return value

    return read


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        message = f"{text} has no offset"
        raise ValueError(message)
    return instant


@cache
def _columns() -> frozenset[str]:
    """Return the names of all columns of all tables."""
    return frozenset(it.name for table in Base.metadata.tables.values() for it in table.c)


_ID = _plain("id", UUID, str, UUID)
_PLAIN: Mapping[Any, ValueForm] = {
    Decimal: _plain("quantity", Decimal, _exact, Decimal),
    int: _plain("number", int, _number, _same(int)),
    bool: _plain("true or false", bool, bool, _same(bool)),
    datetime: _plain("instant", datetime, _zoned, _instant),
    date: _plain("day", date, _day, date.fromisoformat),
    ColumnName: _plain("column", str, _column, _same(str)),
}


COLUMNS = f"list of: {_PLAIN[ColumnName].word}"
"""The word for lists of columns' names."""


def _optional(of: ValueForm) -> ValueForm:
    return ValueForm(
        f"{of.word}, or null",
        lambda value: None if value is None else of.write(value),
        lambda value: None if value is None else of.read(value),
        of.telling(Telling.ONE),
    )


def _list(of: ValueForm) -> ValueForm:
    def write(values: Any) -> list[Any]:
        if not isinstance(values, tuple):
            raise _refuse(values, "a tuple")
        return [of.write(it) for it in values]

    rows = of.telling(Telling.LIST)
    return ValueForm(f"list of: {of.word}", write, lambda values: tuple(map(of.read, values)), rows)


def _mapping(key: ValueForm, of: ValueForm) -> ValueForm:
    def write(values: Any) -> dict[str, Any]:
        if not isinstance(values, Mapping):
            raise _refuse(values, "a mapping")
        return {key.write(it): of.write(value) for it, value in values.items()}

    def read(values: Any) -> dict[Any, Any]:
        return {key.read(it): of.read(value) for it, value in values.items()}

    rows = key.telling(Telling.KEYS, of)
    return ValueForm(f"{key.word} → {of.word}", write, read, rows)


def _item(kind: type[Item]) -> ValueForm:
    values = values_of(kind)
    if any(it.kind.rows for it in values):
        message = f"{kind.__name__} has an id: ids stand alone, in a list, or as keys"
        raise TypeError(message)
    word = ", ".join(f"`{it.name}`: {it.kind.word}" for it in values)
    return _plain(
        f"({word})",
        kind,
        lambda item: as_json(values, item),
        lambda item: kind(**from_json(values, item)),
    )
