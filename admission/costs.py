"""What the schema says of its fields: their cost by `@cost` or by the rule, what they demand.

The rule: 1 for a field whose declaration reads, 0 for what is read with its parent. How many
objects a list without a page has is declared beside its relation.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import strawberry
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from strawberry.schema_directive import Location

from admission.demands import NO_DEMANDS, Demands, of_field
from execution.fields import DECLARED, Related
from kit.limits import LARGEST_PAGE

PAGE_SIZES = frozenset({"first", "last"})
"""Arguments that say how many rows a page has."""
ASSUMED = 5
"""Objects of a list that is no relation, such as errors or sums in each currency."""
OBJECTS = 100
"""Of an answer cost a point together: reading a statement's rows costs little more than that."""
_INTROSPECTION = {"__schema": ("__Schema", 900), "__type": ("__Type", 20)}
"""Fields that every schema has -> their type and points: no row is read, but all of the schema."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cost",
    description="Points that a field costs where they are not those of the rule: 1 for a field that"
    " reads something of its own (a relation, a list, a computed value), 0 for what is read with"
    " its parent. To that comes a point for every 100 objects of the answer: beforehand those that"
    " it may have, a page as many as `first` or `last`, results as many as the input has items,"
    " other lists as many as they usually have; afterwards those that it has. A field that reads"
    " many rows counts as `each` objects for each object that it is asked of. `__schema` costs 900,"
    " `__type` 20.",
)
class Cost:
    """The points of a field that differ from the rule.

    each: as how many objects it counts for each object that it is asked of, by the time that it
    takes: one takes 10 µs.
    """

    weight: int = strawberry.directive_field(name="weight")
    each: int | None = strawberry.directive_field(name="each", default=strawberry.UNSET)


@dataclass(frozen=True)
class Kind:
    """What the schema says of a field: its points, its type, what it demands of who asks.

    each: as how many objects it counts for each object that it is asked of.

    typical, longest: objects that a list without page size is counted as, the latter where it
    leads back to what it is asked below of.
    """

    weight: int
    type_name: str
    is_list: bool
    demands: Demands = NO_DEMANDS
    typical: int = ASSUMED
    longest: int = LARGEST_PAGE
    each: int = 0


class Catalogue:
    """The fields of a schema as the limits see them."""

    def __init__(self, schema: GraphQLSchema) -> None:
        """Read the declarations once."""
        composite = [
            of
            for of in schema.type_map.values()
            if isinstance(of, GraphQLObjectType | GraphQLInterfaceType)
        ]
        self.kinds = {
            of.name: {name: _kind(of, it) for name, it in of.fields.items()} for of in composite
        }
        self.pages = {
            get_named_type(each.type).name
            for of in composite
            for each in of.fields.values()
            if each.args.keys() & PAGE_SIZES and not is_list_type(get_nullable_type(each.type))
        }
        self.roots = {
            operation: root.name
            for operation in ("query", "mutation", "subscription")
            if (root := getattr(schema, f"{operation}_type"))
        }
        self.kinds[self.roots["query"]] |= {
            name: Kind(weight, type_name, is_list=False)
            for name, (type_name, weight) in _INTROSPECTION.items()
        }


def _kind(parent: GraphQLObjectType | GraphQLInterfaceType, of: GraphQLField) -> Kind:
    named = get_named_type(of.type)
    is_list = is_list_type(get_nullable_type(of.type)) and is_composite_type(named)
    cost = _cost(of)
    kind = Kind(cost.weight, named.name, is_list, of_field(parent, of), each=cost.each or 0)
    relation = getattr(_declared(of), "relation", None)
    if not is_list or relation is None or not relation.many:
        return kind
    return replace(kind, typical=relation.typical, longest=relation.longest)


def _declared(of: GraphQLField) -> Any:
    definition = of.extensions.get("strawberry-definition")
    return None if definition is None else definition.metadata.get(DECLARED)


def _cost(of: GraphQLField) -> Cost:
    """Return what a field costs: what its directive says, else a point if its declaration reads.

    A declaration with arguments is a list or a choice of keys; others may be made of columns.
    """
    definition = of.extensions.get("strawberry-definition")
    for directive in definition.directives if definition else ():
        if isinstance(directive, Cost):
            return directive
    declared = _declared(of)
    reads = isinstance(declared, Related) or (declared is not None and bool(of.args))
    return Cost(weight=int(reads))


catalogue = cache(Catalogue)
UNKNOWN_FIELD = Kind(0, "", is_list=False)
"""A field that the schema does not have: validation will say so."""
