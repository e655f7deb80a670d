"""What every object shares: global ids, the Node interface, and how rows find their type."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Annotated, Any, ClassVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Text, cast, func
from strawberry import Info

from admission.costs import Cost
from execution.fields import DECLARED, Chosen, Written
from execution.texts import constant, quoted
from kit.errors import Code, Refused
from kit.ids import from_global, to_global
from kit.limits import LARGEST_PAGE
from loaders.reading.keyed import KeyedList
from loaders.reading.pages import ROOT
from loaders.reading.relations import One, Relation, RowOf
from loaders.reading.searching import Hits, SearchType, SearchWanted
from models.access.viewers import Scope
from models.base.records import record
from models.base.tables import OfMerchant
from schema.graphql.enums import described
from schema.graphql.inputs import arguments_of
from schema.graphql.roots import declared_field
from schema.graphql.scopes import Authenticated, Requires

_LINE = 57
"""Bytes that PostgreSQL writes as one line of base64."""
NODES: dict[str, Relation] = {}
"""Type name -> the relation that reads one of its rows by id; what `node` may answer."""
_SCOPES: dict[str | None, Scope] = {}
"""Type name -> the scope without which none of its rows is read."""
TYPES: dict[str, type[Any]] = {}
"""Type name -> its class."""


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


def found_by_node(cls: type[Any], entity: type[OfMerchant], by_id: Relation, scope: Scope) -> None:
    """Make a type, or an interface of several of one table, reachable by `node`."""
    cls.entity, name = entity, cls.__name__
    NODES[name], _SCOPES[name], TYPES[name] = by_id, scope, cls


def node(entity: type[OfMerchant], by_id: One, scope: Scope, description: str) -> Any:
    """Decorate a class as the type of a table's rows and make it reachable by `node`."""

    def decorate(cls: type[Any]) -> type[Any]:
        found_by_node(cls, entity, by_id, scope)
        return strawberry.type(cls, description=description, directives=[Requires(scope=scope)])

    return decorate


def _named(global_id: str) -> RowOf | None:
    try:
        type_name, key = from_global(global_id)
    except ValueError:
        return None
    relation = NODES.get(type_name)
    return None if relation is None else RowOf(relation, key, type_name)


def _granted(named: RowOf | None, context: Any) -> RowOf | None:
    """Return what is named, None where the token lacks its type's scope: as of what is not there.

    No fragment of a type need stand in the document, whose own scope would be asked then.
    """
    is_open = named is not None and _SCOPES[named.type_name] in context.viewer.scopes
    return named if is_open else None


def _granted_of(listed: KeyedList, context: Any) -> KeyedList:
    return KeyedList([_granted(it, context) for it in listed.named])


def _choose(values: Mapping[str, Any]) -> RowOf | None:
    return _named(values["id"])


def _choose_several(values: Mapping[str, Any]) -> KeyedList:
    """Refused: TOO_MANY_ITEMS."""
    ids = values["ids"]
    if len(ids) > LARGEST_PAGE:
        raise Refused(Code.TOO_MANY_ITEMS, f"Ask for {LARGEST_PAGE} at most.", ("ids",))
    return KeyedList([_named(each) for each in ids])


async def _nodes(info: Info, named: Sequence[RowOf | None]) -> list[Any]:
    """Read the rows of each type at once; give each name its row."""
    keys: dict[Relation, list[Any]] = {}
    for each in filter(None, named):
        keys.setdefault(each.relation, []).append(each.key)
    found = {
        relation: iter(await info.context.load_level(relation, of_type))
        for relation, of_type in keys.items()
    }
    return [None if each is None else next(found[each.relation]) for each in named]


described(SearchType, "SearchType", "What may be searched for.")


def _found(values: Mapping[str, Any]) -> Hits:
    wanted = SearchWanted.read(
        {name: it for name, it in values.items() if it is not strawberry.UNSET}
    )
    return Hits(wanted, {name: NODES[name] for name in sorted(wanted.types or SearchType)})


async def _named_by(info: Info, values: Mapping[str, Any]) -> list[Any]:
    """Read what is found, one statement for each type."""
    found = _found(values)
    rows = await info.context.load(found, ROOT)
    named = [RowOf(found.relations[it.type_name], it.key, it.type_name) for it in rows]
    return await _nodes(info, named)


def _search() -> Any:
    """Declare the search."""

    def resolve(root: Any, info: Info, **values: Any) -> Awaitable[list[Any]]:
        del root
        return _named_by(info, values)

    return declared_field(
        resolve,
        arguments_of(SearchWanted),
        "What is called so: orders, contracts and deliveries by their numbers and references,"
        " products by SKU and name, parties and their contacts by number and name, guests' orders"
        " by the guest's first or last name, parcels by SSCC and tracking number. What is called"
        " exactly so comes first, then what begins so, then names that contain it. Where more is"
        " found than is asked for, exact numbers are taken, then as many of each type as there are"
        " places for it. Only what the token may read is found. Null where an argument is wrong.",
        Chosen(_found, NODES),
        Authenticated(),
        Cost(weight=10),
    )


@strawberry.type
class NodesQuery:
    """Root fields that read any object."""

    @strawberry.field(
        description="Any object by its global id; null, too, where the token lacks its type's"
        " scope.",
        graphql_type=Node | None,
        directives=[Authenticated(), Cost(weight=1)],
        metadata={DECLARED: Chosen(_choose, NODES, granted=_granted)},
    )
    def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")],  # noqa: A002 -- Relay's name.
    ) -> Any:
        """Read one object."""
        named = _granted(_named(id), info.context)
        return None if named is None else info.context.load(named.relation, named.key)

    @strawberry.field(
        description="Objects by their global ids, null where there is none, or the token lacks its"
        " type's scope; the list itself is null where too many are asked for.",
        graphql_type=list[Node | None] | None,
        directives=[Authenticated(), Cost(weight=1)],
        metadata={DECLARED: Chosen(_choose_several, NODES, granted=_granted_of)},
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="Global ids, at most 250.")
        ],
    ) -> Any:
        """Read several objects, one statement for each type."""
        named = _granted_of(_choose_several({"ids": ids}), info.context)
        return await _nodes(info, named.named)

    search: list[Node] | None = _search()
