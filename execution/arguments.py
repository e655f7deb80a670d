"""Operations, variables and arguments: what no request changes is done once.

An operation is also written without the names that its client chose, so that those that differ in
them share a plan: variables, fragments and aliases are numbered in the order in which they are met;
the name of the operation, the types of variables and the order of definitions are left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_argument_values,
    get_named_type,
    get_nullable_type,
    get_variable_values,
    is_leaf_type,
    is_non_null_type,
    print_ast,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.language import Node, Visitor, visit
from graphql.utilities import coerce_input_value
from strawberry.relay import GlobalID
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryMaybe, StrawberryOptional

from execution.fields import Chosen

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


_MOST_ERRORS = 50
"""Of variables, as graphql-core's executor tells them."""


class Prepared:
    """One operation of a document, and what of it is the same for every request.

    length: characters of the document.
    """

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        """Read the operation once."""
        self.document, self.operation, self._schema = document, operation, schema
        self.length = document.loc.end if document.loc else 1
        self.definitions = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self.fragments = {name: FragmentDetails(it) for name, it in self.definitions.items()}
        self.unnamed = unnamed(operation, self.definitions)
        self._variables = operation.variable_definitions or ()
        self._signatures: Any = [get_variable_signature(schema, it) for it in self._variables]

    def refused(self, values: Mapping[str, Any]) -> list[GraphQLError]:
        """Return what is wrong with variables, as the reference executor tells it."""
        found = get_variable_values(
            self._schema,
            self._variables,
            dict(values),
            max_errors=_MOST_ERRORS,
            hide_suggestions=True,
        )
        return [] if isinstance(found, VariableValues) else list(found)

    def renamed(self, values: VariableValues) -> VariableValues:
        """Return the variables under the names that they have in a plan that others share."""
        names = self.unnamed.variables.items()
        sources, coerced = values
        return VariableValues(
            {ours: sources[own] for own, ours in names if own in sources},
            {ours: coerced[own] for own, ours in names if own in coerced},
        )

    def variables(self, values: Mapping[str, Any]) -> VariableValues | None:
        """Coerce variables, None where something is wrong.

        It ends at the first error: a long list of wrong items would take seconds.
        """
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for signature in self._signatures:
            name, type_ = signature.name, signature.type
            value = values.get(name, Undefined)
            if value is not Undefined and is_leaf_type(get_named_type(type_)):
                coerced[name] = coerce_input_value(value, type_)
                if coerced[name] is Undefined:
                    return None
            elif value is not Undefined or signature.default or is_non_null_type(type_):
                found = get_variable_values(
                    self._schema,
                    self._variables,
                    dict(values),
                    max_errors=1,
                    hide_suggestions=True,
                )
                return found if isinstance(found, VariableValues) else None
            sources[name] = VariableValueSource(signature, value)
        return VariableValues(sources, coerced)


class Argued:
    """A field with arguments. A choice by constants is made once: it hangs on nothing else."""

    def __init__(
        self,
        definition: GraphQLField,
        details: FieldDetails,
        declared: Chosen,
        converted: "Converter",
    ) -> None:
        """Take the field, the first of its nodes, and how arguments are converted."""
        self._definition, self._details = definition, details
        self._declared, self._converted = declared, converted
        self.is_constant = not any(map(_variables, details.node.arguments or ()))
        self._kept: list[Any] = []

    def choice(self, variables: VariableValues) -> Any:
        """Coerce the arguments and let the field's declaration choose; may raise what it raises."""
        if self._kept:
            return self._kept[0]
        node, own = self._details.node, self._details.fragment_variable_values
        values = get_argument_values(self._definition, node, variables, own)
        choice = self._declared.choose(self._converted(self._definition, values))
        if self.is_constant:
            self._kept.append(choice)
        return choice


class Converter:
    """Turns coerced arguments into what resolvers take, under the names that they have there."""

    def __init__(self, strawberry: Any) -> None:
        """Take Strawberry's schema."""
        self._strawberry = strawberry
        self._steps: dict[int, Sequence[tuple[str, str, Any]]] = {}

    def __call__(self, definition: GraphQLField, values: Mapping[str, Any]) -> dict[str, Any]:
        """Convert the arguments of a field."""
        steps = self._steps.get(id(definition))
        if steps is None:
            steps = self._steps[id(definition)] = list(self._made(definition))
        return {
            name: values[key] if convert is None else convert(values[key])
            for key, name, convert in steps
            if key in values
        }

    def _made(self, definition: GraphQLField) -> Iterable[tuple[str, str, Any]]:
        """Yield each argument's names, and what is left to convert."""
        arguments = definition.extensions["strawberry-definition"].arguments
        for (key, argument), own in zip(definition.args.items(), arguments, strict=True):
            is_leaf = is_leaf_type(get_nullable_type(argument.type))
            known = own.type.of_type if type(own.type) is StrawberryOptional else own.type
            is_own = isinstance(known, StrawberryMaybe) or known is GlobalID
            convert = partial(
                convert_argument,
                type_=own.type,
                scalar_registry=self._strawberry.schema_converter.scalar_registry,
                config=self._strawberry.config,
                path=(key,),
            )
            yield key, own.python_name, None if is_leaf and not is_own else convert


def _variables(node: Node) -> Sequence[str]:
    """Return the names of the variables inside a node."""
    found: list[str] = []

    class Variables(Visitor):
        """Finds variables."""

        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            """Note a variable."""
            found.append(node.name.value)

    visit(node, Variables())
    return found
