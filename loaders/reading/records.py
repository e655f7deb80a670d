"""Records: what loaders give back for the rows of a table."""

from collections import namedtuple
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, inspect
from sqlalchemy.ext.hybrid import hybrid_property

from models.base.tables import OfMerchant


@cache
def _names(entity: type[OfMerchant]) -> tuple[str, ...]:
    mapper = inspect(entity)
    columns = [attribute.key for attribute in mapper.column_attrs]
    derived = [
        key
        for key, attribute in mapper.all_orm_descriptors.items()
        if isinstance(attribute, hybrid_property) and not key.startswith("_")
    ]
    return (*columns, *derived)


@cache
def record(entity: type[OfMerchant]) -> Any:
    """Return the tuple class of a table's rows: its columns, then its derived expressions.

    Attribute access on a named tuple is several times faster than on a database row, and the
    class tells abstract GraphQL types what the row is.
    """
    return namedtuple(f"{entity.__name__}Record", _names(entity))  # noqa: PYI024 -- the fields are known at run time only.


def columns(made: Any, source: Any) -> list[ColumnElement[Any]]:
    """Return what to select of a row source for records of a class."""
    return [getattr(source, name).label(name) for name in made._fields]
