"""What fields demand of who asks: opaque values that the schema's own directives hold."""

from typing import Any

from graphql import GraphQLField, GraphQLNamedType, get_named_type

Demands = frozenset[Any]
NO_DEMANDS: Demands = frozenset()


class DemandDirective:
    """Base of the schema directives that say what a type or a field demands."""

    @property
    def demands(self) -> Demands:
        """Return what is demanded; nothing unless a directive says more."""
        return NO_DEMANDS


def of_field(parent: GraphQLNamedType, field: GraphQLField) -> Demands:
    """Return all that a field demands: with its type, and with the type that it gives."""
    inner = get_named_type(field.type)
    needs = (of_type(parent), _own(field), of_type(inner))
    return frozenset().union(*(it or NO_DEMANDS for it in needs))


def of_type(kind: GraphQLNamedType) -> Demands | None:
    """Return what a type, or else an interface of it, demands; None when neither says."""
    for each in (kind, *getattr(kind, "interfaces", ())):
        needs = _own(each)
        if needs is not None:
            return needs
    return None


def _own(declared: GraphQLNamedType | GraphQLField) -> Demands | None:
    definition = declared.extensions.get("strawberry-definition")
    for directive in getattr(definition, "directives", None) or ():
        if isinstance(directive, DemandDirective):
            return directive.demands
    return None
