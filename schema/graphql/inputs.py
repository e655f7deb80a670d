"""GraphQL inputs, derived from what commands take: a shape and its rules are written once."""

import dataclasses
import json
import types
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import cache, reduce
from inspect import Parameter
from operator import or_
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

import strawberry
from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from kit.errors import Path
from kit.inputs import Input, Scalar, Upsert, camel
from schema.graphql.scalars import Country, Currency

_NAMED = {"Currency": Currency, "Country": Country}
_LEFT_OUT = (
    "What is required is named each time, also of what is there. What else is left out stays as it"
    " is; null empties what may be empty, an empty list a list."
)
_PLAIN: dict[Any, Any] = {UUID: strawberry.ID, AwareDatetime: datetime}


def _translated(annotation: Any, metadata: tuple[Any, ...] = ()) -> Any:  # noqa: PLR0911 -- one return for each kind of annotation.
    """Return the GraphQL side of a Python annotation."""
    for mark in metadata:
        if isinstance(mark, Scalar):
            return _NAMED[mark.name]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _translated(arguments[0], arguments[1:])
    if origin in {Union, types.UnionType}:
        return reduce(or_, [_translated(each, metadata) for each in arguments])
    if origin in {list, tuple, frozenset}:
        return list[_translated(arguments[0])]  # type: ignore[misc]
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Input):
        return input_type(annotation)
    return annotation


def _default(field: FieldInfo) -> Any:
    """Return the default that the SDL shows; other optional fields may simply be left out."""
    if isinstance(field.default, (bool, int, Enum)):
        return field.default
    return strawberry.UNSET


def _stays(field: FieldInfo) -> tuple[Any, Any]:
    """Return a field of an upsert that stays when left out: the SDL must not fill it in."""
    default, description = _default(field), str(field.description)
    if default is not strawberry.UNSET:
        value = default.name if isinstance(default, Enum) else json.dumps(default)
        description = f"{description} A new one: `{value}`."
    return _optional(field), strawberry.field(description=description, default=strawberry.UNSET)


def _optional(field: FieldInfo) -> Any:
    return _translated(field.annotation, tuple(field.metadata)) | None


def _field(field: FieldInfo) -> tuple[Any, Any]:
    annotation = _translated(field.annotation, tuple(field.metadata))
    if field.is_required():
        return annotation, strawberry.field(description=field.description)
    default = _default(field)
    if default is strawberry.UNSET:
        annotation = annotation | None
    return annotation, strawberry.field(description=field.description, default=default)


@cache
def input_type(model: type[Input]) -> Any:
    """Return the Strawberry input of a command's model, named after it."""
    stays = issubclass(model, Upsert)
    fields = {
        name: _stays(field) if stays and not field.is_required() else _field(field)
        for name, field in model.model_fields.items()
    }
    ordered = sorted(fields.items(), key=lambda item: item[1][1].default is not dataclasses.MISSING)
    space: dict[str, Any] = {name: field for name, (_, field) in ordered}
    space["__annotations__"] = {name: annotation for name, (annotation, _) in ordered}
    space["__doc__"] = model.__doc__
    name = model.__name__ if model.__name__.endswith("Filter") else f"{model.__name__}Input"
    description = " ".join(f"{model.__doc__} {_LEFT_OUT if stays else ''}".split())
    made: Any = strawberry.input(type(name, (), space), name=name, description=description)
    made.__strawberry_definition__.from_input = _unchanged
    return made


def _unchanged(_type: Any, values: Mapping[str, Any], _context: Any) -> Mapping[str, Any]:
    """Leave an input, and all inputs in it, as graphql-core has checked it: the model reads it."""
    return values


def arguments_of(model: type[Input]) -> list[Parameter]:
    """Return the fields of a model as arguments of a resolver."""
    return [_argument(name, field) for name, field in model.model_fields.items()]


def _argument(name: str, field: FieldInfo) -> Parameter:
    kind = _translated(field.annotation, tuple(field.metadata))
    needed = field.is_required()
    described = strawberry.argument(name=field.alias, description=field.description)
    return Parameter(
        name,
        Parameter.KEYWORD_ONLY,
        default=Parameter.empty if needed else strawberry.UNSET,
        annotation=Annotated[kind if needed else _optional(field), described],
    )


def client_path(path: Path, below: str = "input") -> list[str]:
    """Return a problem's path as the client wrote it: ["input", "lines", "2", "quantity"]."""
    return [below, *(camel(str(part)) for part in path)]
