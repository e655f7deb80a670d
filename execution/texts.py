"""How PostgreSQL writes the JSON text that the reference executor would encode.

A form belongs to a GraphQL scalar: the SQL types that it knows, and the JSON text of a value of
them. A pair that is not declared is never guessed: its field goes to the reference executor.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import GraphQLEnumType
from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    String,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal_column,
    null,
)
from sqlalchemy.types import TypeEngine

Sql: TypeAlias = ColumnElement[Any]


@dataclass(frozen=True)
class Form:
    """kinds: the SQL types that are known; text: a value that is not NULL -> its JSON text."""

    kinds: tuple[type[TypeEngine[Any]], ...]
    text: Callable[[Sql], Sql]


Forms: TypeAlias = Mapping[str, Form]
"""Name of a GraphQL scalar -> how SQL writes it."""

_FUNCTION_ARGUMENTS = 100
"""More than these PostgreSQL does not pass to a function."""


def constant(text: str) -> Sql:
    """Return a text as part of the statement itself; it must come from us, never from a client."""
    return literal_column("'" + text.replace("'", "''") + "'", Text())


def joined(parts: Iterable[Sql]) -> Sql:
    """Put texts together. NULL counts as nothing."""
    texts = list(parts)
    while len(texts) > 1:
        groups = range(0, len(texts), _FUNCTION_ARGUMENTS)
        texts = [_concat(texts[at : at + _FUNCTION_ARGUMENTS]) for at in groups]
    return texts[0]


def _concat(parts: list[Sql]) -> Sql:
    return func.concat(*parts, type_=Text())


def text_of(value: Sql) -> Sql:
    """Cast to text: NULL stays NULL."""
    return cast(value, Text())


def quoted(text: Sql) -> Sql:
    """Write a text that needs no escapes as a JSON string. NULL stays NULL."""
    return constant('"').concat(text).concat(constant('"'))


def escaped(text: Sql) -> Sql:
    """Write any text as a JSON string. NULL stays NULL."""
    return text_of(func.to_json(text_of(text)))


def refusal() -> Sql:
    """Return an expression that fails when it is evaluated, so that the reference answers.

    The planner of PostgreSQL must not evaluate it beforehand: now() is not constant to it.
    """
    return text_of(cast(func.concat(constant("!"), func.now(), type_=Text()), Integer))


def _instant(value: Sql) -> Sql:
    """Write what datetime.isoformat() writes for an instant in UTC."""
    seconds, fraction = 'YYYY-MM-DD"T"HH24:MI:SS', 'YYYY-MM-DD"T"HH24:MI:SS.US'
    at_utc = func.timezone("UTC", value)
    form = case((value == func.date_trunc("second", value), seconds), else_=fraction)
    return constant('"').concat(func.to_char(at_utc, form, type_=Text())).concat('+00:00"')


BUILT_IN: Forms = {
    "String": Form((String,), escaped),
    "Int": Form((Integer,), lambda value: text_of(cast(value, Integer))),
    "Boolean": Form((Boolean,), text_of),
    "DateTime": Form((DateTime,), _instant),
    "Date": Form((Date,), lambda value: quoted(func.to_char(value, "YYYY-MM-DD", type_=Text()))),
    "UUID": Form((Uuid,), lambda value: quoted(text_of(value))),
    "JSON": Form((JSON,), text_of),
}
"""GraphQL's own scalars and Strawberry's. An Int that does not fit fails, as it must."""


def _names(type_: GraphQLEnumType, kept: TypeEngine[Any]) -> dict[str, str] | None:
    """Return stored text -> name, None where the SQL type does not hold this enum or a text."""
    own = getattr(kept, "choices", None)
    if own is not getattr(type_, "wrapped_cls", None) and not isinstance(kept, String):
        return None
    return {str(it.value): name for name, it in type_.values.items()}


def enum_text(type_: GraphQLEnumType, kept: TypeEngine[Any]) -> Callable[[Sql], Sql] | None:
    """Return how an enum's name is written from what is stored, None where that is not known.

    A column of the enum holds nothing else; a text may, and then the statement fails.
    """
    names = _names(type_, kept)
    if names is None:
        return None
    if not isinstance(kept, String) and all(name == text for text, name in names.items()):
        return lambda value: quoted(text_of(value))
    named = {text: quoted(constant(name)) for text, name in names.items()}

    def written(value: Sql) -> Sql:
        stored = text_of(value)
        return case(
            *((stored == constant(text), name) for text, name in named.items()),
            (value.is_(None), null()),
            else_=refusal(),
        )

    return written


def list_text(type_: Any, kept: TypeEngine[Any]) -> Callable[[Sql], Sql] | None:
    """Return how a list of texts or enums is written from an array without NULLs in it."""
    names = _names(type_, kept) if isinstance(type_, GraphQLEnumType) else {}
    plain = names is not None and all(name == text for text, name in names.items())
    is_enum = isinstance(type_, GraphQLEnumType) and not isinstance(kept, String)
    is_text = getattr(type_, "name", None) == "String" and isinstance(kept, String)
    if not plain or not (is_enum or is_text):
        return None

    def written(value: Sql) -> Sql:
        holed = func.array_position(value, null()).is_not(None)
        return case((holed, refusal()), else_=text_of(func.array_to_json(value)))

    return written
