"""What every object shares: global ids, the Node interface, and how rows find their type."""

from typing import Any, ClassVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Text, cast, func

from execution import DECLARED, Written
from execution.texts import constant, quoted
from kit.ids import to_global
from kit.viewer import Scope
from loaders.records import record
from loaders.relations import One
from models.base import OfMerchant
from schema.scopes import Authenticated, Requires

_LINE = 57
"""Bytes that PostgreSQL writes as one line of base64."""
NODES: dict[str, One] = {}
"""Type name -> the relation that reads one of its rows by id; what `node` may answer."""


def written_id(type_name: str, key: ColumnElement[Any]) -> ColumnElement[str]:
    """Write what `to_global` gives, in SQL. PostgreSQL breaks base64 into lines of 57 bytes."""
    named = constant(f"{type_name}:").concat(cast(key, Text()))
    utf8, base64 = constant("UTF8"), constant("base64")
    encoded = func.encode(func.convert_to(named, utf8), base64, type_=Text())
    if len(type_name) + len(f":{UUID(int=0)}") < _LINE:
        return quoted(encoded)
    return quoted(func.translate(encoded, constant("\n"), constant(""), type_=Text()))


_WRITTEN = Written(
    lambda row, type_name: written_id(type_name, row.id),
    lambda row, type_name: to_global(type_name, row.id),
)


@strawberry.interface(
    description="An object with a global id (Relay).", directives=[Authenticated()]
)
class Node:
    """Base of every type that is a row: `entity` names the table."""

    entity: ClassVar[type[OfMerchant]]

    @strawberry.field(description="Global id; opaque to clients.", metadata={DECLARED: _WRITTEN})
    def id(self, info: strawberry.Info[Any, Any]) -> strawberry.ID:
        """Name the type and the row."""
        return strawberry.ID(to_global(info._raw_info.parent_type.name, self.id))  # noqa: SLF001

    @classmethod
    def is_type_of(cls, row: Any, _info: Any) -> bool:
        """Tell whether a row is of this type's table."""
        return isinstance(row, record(cls.entity))


def node(entity: type[OfMerchant], by_id: One, scope: Scope, description: str) -> Any:
    """Decorate a class as the type of a table's rows and make it reachable by `node`."""

    def decorate(cls: type[Any]) -> type[Any]:
        cls.entity = entity
        NODES[cls.__name__] = by_id
        return strawberry.type(cls, description=description, directives=[Requires(scope=scope)])

    return decorate
