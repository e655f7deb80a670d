"""What actors' keys can be bound to: declared beside the tables, asked by who makes keys."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement

from models.base.tables import Base, OfMerchant


@dataclass(frozen=True)
class Binding:
    """One value of a table's `__binds__`, whose keys are actors.

    text: what operators give, for people. key: the column of the business key. condition: table
    (or an alias of it) -> what a row must be besides.
    """

    text: str
    key: str
    condition: Callable[[Any], Sequence[ColumnElement[bool]]] = lambda _table: ()


Bindings: TypeAlias = Mapping[Hashable, Binding]
"""Actor -> how its keys are bound to a row: `__binds__` of a table."""


@cache
def bound_tables() -> Mapping[Hashable, tuple[type[OfMerchant], Binding]]:
    """Return actor -> the table that its keys are bound to, and how."""
    entities = sorted(
        (mapper.class_ for mapper in Base.registry.mappers), key=lambda entity: entity.__name__
    )
    return {
        actor: (entity, binding)
        for entity in entities
        for actor, binding in getattr(entity, "__binds__", {}).items()
    }
