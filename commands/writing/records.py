"""Records: rows that a command reads and does not change."""

from collections import namedtuple
from functools import cache
from types import FunctionType
from typing import Any

from sqlalchemy import ColumnElement, inspect
from sqlalchemy.ext.hybrid import hybrid_property

from models.base.tables import OfMerchant


@cache
def columns(entity: type[OfMerchant]) -> tuple[ColumnElement[Any], ...]:
    """Return what to select for records of the entity."""
    return tuple(getattr(entity, it.key) for it in inspect(entity).column_attrs)


@cache
def record(entity: type[OfMerchant]) -> Any:
    """Return the tuple class of a table's rows, which reads as the entity does.

    It has the entity's columns, methods and properties, and costs the session nothing.
    """
    row = namedtuple("row", [it.key for it in columns(entity)])  # type: ignore[misc]  # noqa: PYI024 -- the columns are known at run time only.
    kinds = (FunctionType, property, hybrid_property)
    own = {name: it for name, it in vars(entity).items() if isinstance(it, kinds)}
    return type(entity.__name__, (row,), {**own, "__slots__": ()})
