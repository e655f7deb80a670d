"""How much a field's arguments ask for: rows of a page, keys, items of an input."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
)

from admission.costs import PAGE_SIZES

LARGEST_INT = 2**31 - 1
"""No number that clients see is larger: GraphQL's Int."""
_SIZES = PAGE_SIZES | {"ids"}
_ITEMS = frozenset({"input"})
"""The argument of mutations, whose longest list says how many results there are."""

Sizes = tuple[int | str, ...]
"""What was given, literally or by the variables' names."""
_LISTS = "[]"
"""Stands behind the name of a variable of which only the length of its lists matters."""


def sizes_of(node: FieldNode) -> tuple[Sizes, Sizes]:
    """Return what a field's page size or keys are given as, and what the lists of its input."""
    return tuple(_sizes(node)), tuple(_items(node))


def _sizes(node: FieldNode) -> Iterator[int | str]:
    for argument in node.arguments or ():
        if argument.name.value in _SIZES:
            value = argument.value
            yield value.name.value if isinstance(value, VariableNode) else _literal(value)


def _items(node: FieldNode) -> Iterator[int | str]:
    for argument in node.arguments or ():
        if argument.name.value in _ITEMS:
            whole = argument.value
            parts = [it.value for it in whole.fields] if isinstance(whole, ObjectValueNode) else ()
            for value in parts or [whole]:
                if isinstance(value, VariableNode):
                    yield f"{value.name.value}{_LISTS}"
                elif isinstance(value, ListValueNode):
                    yield len(value.values)


def _literal(value: ValueNode) -> int:
    if isinstance(value, ListValueNode):
        return len(value.values)
    if isinstance(value, IntValueNode):
        digits = value.value
        return max(0, int(digits)) if len(digits) < len(str(LARGEST_INT)) else LARGEST_INT
    return 1


def amounts(
    operation: OperationDefinitionNode, variables: Mapping[str, Any], wanted: Collection[str]
) -> dict[str, int]:
    """Return the amount of each wanted variable that has one, given or by default."""
    found = {}
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if (lists := f"{name}{_LISTS}") in wanted:
            found[lists] = _longest(variables.get(name))
        if name in wanted and name in variables:
            found[name] = _amount(variables[name])
        elif name in wanted and definition.default_value is not None:
            found[name] = _literal(definition.default_value)
    return found


def _amount(value: Any) -> int:
    """Return how many a value asks for; what is no number and no list is refused later."""
    if isinstance(value, list):
        return len(value)
    if isinstance(value, int | float) and abs(value) <= LARGEST_INT:
        return max(0, int(value))
    return LARGEST_INT if isinstance(value, int | float) else 1


def _longest(value: Any) -> int:
    """Return the length of an input's longest list."""
    values = value.values() if isinstance(value, dict) else [value]
    return max((len(it) for it in values if isinstance(it, list)), default=0)


def largest(sizes: Iterable[int | str], amount_of: Mapping[str, int]) -> int:
    """Return the largest of what was given; a variable that nobody gave counts as one."""
    return max((amount_of.get(it, 1) if isinstance(it, str) else it for it in sizes), default=0)
