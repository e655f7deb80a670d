"""Records: rows that are read and not changed, without the session's cost for entities."""

from collections import namedtuple
from functools import cache
from types import FunctionType
from typing import Any

from sqlalchemy import ColumnElement, inspect
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property

from models.base.tables import OfMerchant

ANONYMOUS = "Anonymised"
"""What somebody is called who was forgotten."""


def is_forgotten(row: Any) -> bool:
    """Tell whether a contact or customer was forgotten, and nobody is written in its place."""
    return row.name == ANONYMOUS and row.email is None and row.phone is None


@cache
def _names(entity: type[OfMerchant]) -> tuple[str, ...]:
    return tuple(it.key for it in inspect(entity).column_attrs)


def columns(entity: type[OfMerchant], table: Any = None) -> list[ColumnElement[Any]]:
    """Return what to select for records of the entity, or of an alias of its table."""
    return [getattr(entity if table is None else table, name) for name in _names(entity)]


@cache
def record(entity: type[OfMerchant]) -> Any:
    """Return the tuple class of a table's rows, which reads as the entity does.

    It has the entity's columns, methods and properties, and tells abstract GraphQL types what the
    row is. Its attributes are several times faster than those of a database row.
    """
    row = namedtuple("row", _names(entity))  # type: ignore[misc]  # noqa: PYI024 -- the columns are known at run time only.
    kinds = (FunctionType, property, hybrid_property, hybrid_method)
    own = {name: it for name, it in vars(entity).items() if isinstance(it, kinds)}
    return type(entity.__name__, (row,), {**own, "__slots__": ()})
