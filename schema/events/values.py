"""Values of payloads as fields: how each is written, by SQL and by code."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType, SimpleNamespace, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import strawberry
from sqlalchemy import DateTime, Text, Uuid, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB

from execution.fields import DECLARED, Listed, Written
from execution.texts import BUILT_IN, Sql, constant, json_in, quoted, refusal, text_in, text_of
from loaders.reading.relations import Nested, Part
from models.base.payloads import ColumnName, kind_of
from schema.graphql.enums import described

PLAIN: Mapping[Any, Any] = {
    Decimal: Decimal,
    int: int,
    bool: bool,
    date: date,
    datetime: datetime,
    ColumnName: str,
}
"""What stands in payloads -> what clients read."""


class Hint(NamedTuple):
    """The type of a payload's field. inner: without null, marks and what is around its items."""

    inner: Any
    is_list: bool
    may_be_null: bool


def hint_of(hint: Any) -> Hint:
    """Take the type of a field apart. Mappings are left as they are."""
    plain, may_be_null = _without_null(hint)
    if get_origin(plain) is tuple:
        return Hint(_without_null(get_args(plain)[0])[0], is_list=True, may_be_null=may_be_null)
    return Hint(plain, is_list=False, may_be_null=may_be_null)


def _without_null(hint: Any) -> tuple[Any, bool]:
    """Return a type without marks and null, and whether it had null."""
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) not in (UnionType, Union):
        return hint, False
    inner, *others = get_args(hint)
    return _without_null(inner)[0], NoneType in others


def is_leaf(hint: Hint) -> bool:
    """Tell whether a field is a leaf."""
    inner = hint.inner
    return inner in PLAIN or (isinstance(inner, type) and issubclass(inner, StrEnum))


def leaf(name: str | None, hint: Hint, description: str, *, nullable: bool) -> Any:
    """Declare a leaf, or a list of leaves. name: in the payload; None for the payload itself."""
    type_ = PLAIN.get(hint.inner) or _enum(hint.inner)
    type_ = list[type_] if hint.is_list else type_  # type: ignore[valid-type]
    form, instant = kind_of(hint.inner), hint.inner is datetime

    def text(source: Any, _type_name: str) -> Sql:
        json = source.payload if name is None else json_in(source.payload, name)
        nothing = constant("[]") if hint.is_list else constant("null") if nullable else refusal()
        if instant:
            at = cast(text_in(source.payload, name or ""), DateTime(timezone=True))
            return func.coalesce(BUILT_IN["DateTime"].text(at), nothing)
        return func.coalesce(text_of(json), nothing)

    def value(row: Any, _type_name: str) -> Any:
        found = _read(row, name)
        if hint.is_list:
            return found or []
        return _utc(found).isoformat() if instant and found else found

    def resolve(root: Any) -> Any:
        found = _read(root, name)
        if hint.is_list:
            return [form.read(it) for it in found or ()]
        return None if found is None else _utc(found) if instant else form.read(found)

    annotation = type_ | None if nullable and not hint.is_list else type_
    resolve.__annotations__ = {"root": Any, "return": annotation}
    field = strawberry.field(
        resolver=resolve, description=description, metadata={DECLARED: Written(text, value)}
    )
    return annotation, field


def _read(row: Any, name: str | None) -> Any:
    return row.payload if name is None else row.payload.get(name)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _enum(choices: type[StrEnum]) -> type[StrEnum]:
    """Return an enum of payloads as clients see it. TypeError where a name is not its code."""
    if any(it.name != it.value for it in choices):
        message = f"{choices.__name__}: a code in a payload is written as it stands there"
        raise TypeError(message)
    if hasattr(choices, "__strawberry_definition__"):
        return choices
    text = (choices.__doc__ or f"{choices.__name__} of an event.").splitlines()[0]
    return described(choices, choices.__name__, text)


def objects(name: str, type_: Any, description: str, *, mapped: bool, key: Any = None) -> Any:
    """Declare the objects of a list in a payload, or of a mapping's items.

    key: what the keys of a mapping are read as.
    """
    each = func.jsonb_each if mapped else func.jsonb_array_elements

    def part(_reader: Any, row: Any) -> Part:
        columns = (column("key", Text()), column("value", JSONB()))[0 if mapped else 1 :]
        found = each(json_in(row.payload, name)).table_valued(*columns, with_ordinality="place")
        items = found.render_derived()
        rows = select().select_from(items).order_by(items.c.place).correlate_except(items)
        return _item(items.c.value, items.c.key if mapped else None), rows

    def _item(value: Any, own: Any) -> SimpleNamespace:
        if key is not None and own is not None:
            own = cast(own, Uuid())
        return SimpleNamespace(payload=value, key=own)

    def resolve(root: Any) -> list[Any]:
        found = root.payload.get(name)
        if mapped:
            read = key or str
            return [SimpleNamespace(payload=it, key=read(own)) for own, it in (found or {}).items()]
        return [SimpleNamespace(payload=it, key=None) for it in found or ()]

    resolve.__annotations__ = {"root": Any, "return": list[type_]}
    example = _item(column("value", JSONB()), column("key", Text()))
    field = strawberry.field(
        resolver=resolve,
        description=description,
        metadata={DECLARED: Listed(Nested(example, part))},
    )
    return list[type_], field


def code_of_key(choices: type[StrEnum], description: str) -> Any:
    """Declare the key of a mapping's item, a code."""

    def resolve(root: Any) -> Any:
        return choices(root.key)

    type_ = _enum(choices)
    resolve.__annotations__ = {"root": Any, "return": type_}
    written = Written(lambda source, _: quoted(source.key), lambda row, _: row.key)
    return type_, strawberry.field(
        resolver=resolve, description=description, metadata={DECLARED: written}
    )
