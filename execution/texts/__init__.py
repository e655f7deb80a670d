"""How PostgreSQL writes the JSON text that the reference executor would encode.

A form belongs to a GraphQL scalar: the SQL types that it knows, and the JSON text of a value of
them. A pair that is not declared is never guessed: its field goes to the reference executor.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, TypeAlias

from graphql import GraphQLEnumType
from sqlalchemy import (
    ARRAY,
    JSON,
    REAL,
    Boolean,
    Cast,
    ColumnClause,
    ColumnElement,
    Date,
    DateTime,
    Function,
    Integer,
    String,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.operators import concat_op
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
    texts = _merged(parts)
    while len(texts) > 1:
        groups = range(0, len(texts), _FUNCTION_ARGUMENTS)
        texts = [_concat(texts[at : at + _FUNCTION_ARGUMENTS]) for at in groups]
    return texts[0]


def _concat(parts: list[Sql]) -> Sql:
    return func.concat(*parts, type_=Text()) if len(parts) > 1 else parts[0]


def _merged(parts: Iterable[Sql]) -> list[Sql]:
    """Take joined texts apart again, and make one of constants that follow each other.

    What a statement costs beside its rows grows with the number of its expressions.
    """
    texts: list[Sql] = []
    for part in parts:
        is_joined = isinstance(part, Function) and part.name == "concat"
        for text in _merged(part.clauses) if is_joined else (part,):
            if texts and _is_constant(text) and _is_constant(texts[-1]):
                texts[-1] = literal_column(texts[-1].name[:-1] + text.name[1:], Text())
            else:
                texts.append(text)
    return texts


def _is_constant(text: Any) -> bool:
    return isinstance(text, ColumnClause) and text.is_literal


def certain(text: Sql) -> Sql:
    """Return the text of a value that is never NULL in pieces, which other pieces can join."""
    return joined(_pieces(text))


def _pieces(text: Any) -> Iterable[Sql]:
    if getattr(text, "operator", None) is concat_op:
        for part in text.get_children():
            yield from _pieces(part)
    elif isinstance(text, Cast) and not isinstance(text.clause.type, Boolean):
        # Joining writes a value as the cast does, but for Booleans.
        yield text.clause
    else:
        yield text


def never_null(example: Any) -> bool:
    """Tell whether a column of its own table forbids NULL; expressions do not tell."""
    columns: Any = getattr(getattr(example, "property", None), "columns", ())
    return len(columns) == 1 and getattr(example.expression, "nullable", None) is False


def text_of(value: Sql) -> Sql:
    """Cast to text: NULL stays NULL."""
    return cast(value, Text())


def quoted(text: Sql) -> Sql:
    """Write a text that needs no escapes as a JSON string. NULL stays NULL."""
    return constant('"').concat(text).concat(constant('"'))


def escaped(text: Sql) -> Sql:
    """Write any text as a JSON string. NULL stays NULL."""
    return text_of(func.to_json(text_of(text)))


def json_in(json: Sql, name: str) -> Sql:
    """Return what JSON has under a name of ours, as JSON."""
    return json.op("->", return_type=JSONB())(constant(name))


def text_in(json: Sql, name: str) -> Sql:
    """Return the same as a text, NULL for null."""
    return json.op("->>", return_type=Text())(constant(name))


def refusal() -> Sql:
    """Return a text that fails when it is evaluated, so that the reference answers.

    The planner of PostgreSQL must not evaluate it beforehand: no setting is constant to it.
    """
    return func.current_setting(constant("!"), type_=Text())


# Every list that a statement writes is an aggregate; beside it the statement adds up the shares of
# the whole answer that its items take. The sum leaves the range of its type, and PostgreSQL ends
# the statement, as soon as it is more than the whole: nothing is read or held beyond that.

SHARE = "share_of_byte"
"""The parameter that carries what a byte is of the largest number that the sum can be."""
_NOTHING = cast(literal_column("0"), REAL)
_LARGEST = 3.4e38
"""Of PostgreSQL's type real."""


def share(answer: int) -> float:
    """Return the value of the parameter. answer: bytes of the largest one."""
    return _LARGEST / answer


def _size(text: Sql) -> Sql:
    # The cast is needed: SQLAlchemy sends every float as a double, which would not overflow.
    return cast(func.octet_length(text), REAL) * cast(bindparam(SHARE, 0.0, REAL), REAL)


def collected(item: Sql, aggregate: Sql) -> Sql:
    """Return an aggregate of items, ended where they are too large together. NULL stays NULL."""
    return case((func.sum(_size(item)).is_not(None), aggregate))


def together(texts: Sequence[Sql], place: Sql | None = None) -> list[Sql]:
    """Return the texts of a row in UTF-8, ended where they are too large together.

    place: of the row, where there are several: all up to it are added. As texts the driver would
    read them, into four bytes for each character where there is an emoji.
    """
    size: Sql = reduce(add, (func.coalesce(_size(it), _NOTHING) for it in texts))
    added = size if place is None else func.sum(size).over(order_by=place, rows=(None, 0))
    return [case((added.is_not(None), func.convert_to(it, constant("UTF8")))) for it in texts]


def _instant(value: Sql) -> Sql:
    """Write what datetime.isoformat() writes for an instant in UTC: no fraction where it is 0."""
    at_utc = func.timezone(constant("UTC"), value)
    text = func.to_char(at_utc, constant('YYYY-MM-DD"T"HH24:MI:SS.US'), type_=Text())
    whole = func.replace(text, constant(".000000"), constant(""), type_=Text())
    return constant('"').concat(whole).concat(constant('+00:00"'))


def _day(value: Sql) -> Sql:
    return quoted(func.to_char(value, constant("YYYY-MM-DD"), type_=Text()))


BUILT_IN: Forms = {
    "String": Form((String,), escaped),
    "Int": Form((Integer,), lambda value: text_of(cast(value, Integer))),
    "Boolean": Form((Boolean,), text_of),
    "DateTime": Form((DateTime,), _instant),
    "Date": Form((Date,), _day),
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
    """Return how a list of texts or enums is written from an array. A NULL in it fails.

    None where that is not known: of enums, only those whose names are what is stored.
    """
    if not isinstance(type_, GraphQLEnumType):
        is_text = getattr(type_, "name", None) == "String" and isinstance(kept, String)
        return _whole_list if is_text else None
    names = _names(type_, kept)
    if names is None or any(name != text for text, name in names.items()):
        return None
    if not isinstance(kept, String):
        return _whole_list
    known = cast(constant(f"{{{','.join(names)}}}"), ARRAY(Text()))
    return lambda value: case(
        (cast(value, ARRAY(Text())).op("<@")(known), text_of(func.array_to_json(value))),
        (value.is_(None), null()),
        else_=refusal(),
    )


def _whole_list(value: Sql) -> Sql:
    text = text_of(func.array_to_json(value))
    if isinstance(value, Function) and value.name == "array_remove":
        # What has removed NULL is not looked through, nor computed, once more.
        return text
    return case((func.array_position(value, null()).is_not(None), refusal()), else_=text)
