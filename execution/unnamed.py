"""An operation without the names that its client chose: those that differ in them share a plan.

Variables, fragments and aliases are numbered in the order in which they are met; the name of the
operation, what variables are declared as, and the order of definitions are left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    print_ast,
)

_CONDITIONS = {"skip", "include"}
_KEY = re.compile(r'"_(\d+)":(?!:)')
"""A numbered key of the answer in a statement. No field's name is one, and no column's."""


@dataclass(frozen=True)
class Unnamed:
    """text: the operation, as it is parsed again. variables: the client's name -> the one in it.

    keys: the client's aliases, by their numbers. conditions: the client's names of the variables
    that decide what is selected.
    """

    text: str
    variables: Mapping[str, str]
    keys: tuple[str, ...]
    conditions: Sequence[str]


def unnamed(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Unnamed:
    """Write an operation, and the fragments that it spreads."""
    writer = _Writer()
    texts = [operation.operation.value, writer.body(operation)]
    for name in writer.met():
        fragment = fragments[name]
        kind, body = fragment.type_condition.name.value, writer.body(fragment)
        texts.append(f"fragment {writer.fragments[name]} on {kind}{body}")
    keys, conditions = tuple(writer.keys), tuple(writer.conditions)
    return Unnamed("".join(texts), writer.variables, keys, conditions)


def spelt(statement: str, keys: Sequence[str]) -> str:
    """Write the client's aliases into a statement of an operation without them."""
    return _KEY.sub(lambda it: f'"{keys[int(it[1])]}":', statement)


class _Writer:
    """Writes parts of an operation. variables, fragments, keys: the client's name -> ours."""

    def __init__(self) -> None:
        """Start with no names."""
        self.variables: dict[str, str] = {}
        self.fragments: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.conditions: dict[str, None] = {}

    def met(self) -> Iterable[str]:
        """Give the names of all fragments that are spread, also of those met meanwhile."""
        number = 0
        while number < len(self.fragments):
            yield list(self.fragments)[number]
            number += 1

    def body(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> str:
        """Write what stands behind a definition's head."""
        return f"{self._directives(node.directives)}{self._selections(node.selection_set)}"

    def _selections(self, node: SelectionSetNode | None) -> str:
        if node is None:
            return ""
        return f"{{{' '.join(map(self._selection, node.selections))}}}"

    def _selection(self, node: Any) -> str:
        if isinstance(node, FieldNode):
            head = f"{self._key(node)}{node.name.value}{self._arguments(node.arguments)}"
        elif isinstance(node, FragmentSpreadNode):
            head = f"...{_numbered(self.fragments, node.name.value)}"
        else:
            assert isinstance(node, InlineFragmentNode)  # noqa: S101 -- there are three kinds.
            on = node.type_condition
            head = f"...on {on.name.value}" if on else "..."
        below = getattr(node, "selection_set", None)
        return f"{head}{self._directives(node.directives)}{self._selections(below)}"

    def _key(self, node: FieldNode) -> str:
        if node.alias is None or node.alias.value == node.name.value:
            return ""
        return f"{_numbered(self.keys, node.alias.value)}:"

    def _directives(self, nodes: Sequence[DirectiveNode] | None) -> str:
        texts = []
        for node in nodes or ():
            if node.name.value in _CONDITIONS:
                values = [it.value for it in node.arguments or ()]
                named = [it.name.value for it in values if isinstance(it, VariableNode)]
                self.conditions |= dict.fromkeys(named)
            texts.append(f"@{node.name.value}{self._arguments(node.arguments)}")
        return "".join(texts)

    def _arguments(self, nodes: Any) -> str:
        return f"({self._pairs(nodes)})" if nodes else ""

    def _pairs(self, nodes: Any) -> str:
        return " ".join(f"{it.name.value}:{self._value(it.value)}" for it in nodes)

    def _value(self, node: ValueNode) -> str:
        if isinstance(node, VariableNode):
            return f"${_numbered(self.variables, node.name.value)}"
        if isinstance(node, ListValueNode):
            return f"[{' '.join(map(self._value, node.values))}]"
        if isinstance(node, ObjectValueNode):
            return f"{{{self._pairs(node.fields)}}}"
        return print_ast(node)


def _numbered(names: dict[str, str], name: str) -> str:
    return names.setdefault(name, f"_{len(names)}")
