"""Operations, variables and arguments: what no request changes is done once.

An operation is also written without the names that its client chose, so that those that differ in
them share a plan: variables, fragments and aliases are numbered in the order in which they are met;
the name of the operation, the types of variables and the order of definitions are left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
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
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    print_ast,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.language import Node, Visitor, visit
from graphql.utilities import coerce_input_value
from graphql.utilities.coerce_input_value import coerce_default_value
from strawberry.relay import GlobalID
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryMaybe, StrawberryOptional

from kit.errors import Code, Wrong

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

    weight: bytes that it takes, once it is weighed.
    """

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        """Read the operation once."""
        self.document, self.operation, self._schema = document, operation, schema
        self.weight = 0
        self.definitions = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self.fragments = {name: FragmentDetails(it) for name, it in self.definitions.items()}
        self.unnamed = unnamed(operation, self.definitions)
        self._variables = operation.variable_definitions or ()
        self._signatures: Any = [get_variable_signature(schema, it) for it in self._variables]

    def _marked(self, values: Mapping[str, Any]) -> VariableValues | None:
        """Coerce variables, where those that mutations are given may hold what is wrong.

        None where something else is wrong.
        """
        tolerant = {it.name for it in self._signatures if self._goes_to_a_verb(it, values)}
        found = get_variable_values(
            self._schema,
            [it for it in self._variables if it.variable.name.value not in tolerant],
            dict(values),
            max_errors=1,
            hide_suggestions=True,
        )
        if not isinstance(found, VariableValues):
            return None
        for each in self._signatures:
            if each.name in tolerant:
                value = values[each.name]
                found.sources[each.name] = VariableValueSource(each, value)
                found.coerced[each.name] = marked(value, each.type)
        return found

    def _goes_to_a_verb(self, variable: Any, values: Mapping[str, Any]) -> bool:
        """Tell whether what is wrong in a variable is told by the answers of mutations."""
        is_given = values.get(variable.name) is not None
        return is_given and get_named_type(variable.type) in inputs_of_mutations(self._schema)

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
        """Coerce variables, None where something is wrong that no mutation tells.

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
                return found if isinstance(found, VariableValues) else self._marked(values)
            sources[name] = VariableValueSource(signature, value)
        return VariableValues(sources, coerced)


@cache
def inputs_of_mutations(schema: GraphQLSchema) -> frozenset[GraphQLNamedType]:
    """Return the input objects that mutations take, and all within them."""
    fields = schema.mutation_type.fields.values() if schema.mutation_type else ()
    ahead = [get_named_type(it.type) for field in fields for it in field.args.values()]
    found: set[GraphQLNamedType] = set()
    while ahead:
        each = ahead.pop()
        if is_input_object_type(each) and each not in found:
            found.add(each)
            ahead += [get_named_type(it.type) for it in each.fields.values()]
    return frozenset(found)


_NAMES = {
    "Boolean": "This is true or false.",
    "ID": "This is a text: an id as it was read.",
    "Int": "This is a whole number, for example 1.",
    "String": "This is a text.",
}
"""Scalars of the language -> what a client reads; ours are never refused here."""
_CODES = {"ID": Code.INVALID_ID}


def marked(value: Any, type_: Any) -> Any:
    """Coerce a value as graphql-core does, with `Wrong` in place of what is of another type.

    What is missing, or stands where there is no such field, is left for the rules of the input.
    """
    type_ = get_nullable_type(type_)
    if value is None:
        return None
    if is_list_type(type_):
        return [marked(it, type_.of_type) for it in (value if isinstance(value, list) else [value])]
    if is_input_object_type(type_):
        return _marked_object(value, type_)
    try:
        return type_.coerce_input_value(value)
    except GraphQLError as error:
        text = _NAMES.get(type_.name, error.message)
        if type_.name == "Int" and isinstance(value, int) and not isinstance(value, bool):
            text = "This is between -2147483648 and 2147483647."
        if is_enum_type(type_):
            text = f"This is one of {', '.join(type_.values)}."
        return Wrong(_CODES.get(type_.name, Code.INVALID), text, value)


def _marked_object(value: Any, type_: GraphQLInputObjectType) -> Any:
    if not isinstance(value, dict):
        return Wrong(Code.INVALID, "This is an object with fields.", value)
    own = {name: marked(value[name], it.type) for name, it in type_.fields.items() if name in value}
    defaults = {name: coerce_default_value(it) for name, it in type_.fields.items()}
    strange = {name: it for name, it in value.items() if name not in type_.fields}
    found = {name: it for name, it in defaults.items() if it is not Undefined} | own | strange
    names = {name: it.out_name or name for name, it in type_.fields.items()}
    return type_.out_type({names.get(name, name): it for name, it in found.items()})


class Argued:
    """A field with arguments. A choice by constants is made once, unless it hangs on who asks."""

    def __init__(
        self, field: GraphQLField, details: FieldDetails, declared: Any, converted: "Converter"
    ) -> None:
        """Take the field, the first of its nodes, and how arguments are converted."""
        self._definition, self._details = field, details
        self._declared, self._converted = declared, converted
        varies = any(map(_variables, details.node.arguments or ()))
        self.is_constant = not varies and declared.granted is None
        self._kept: list[Any] = []

    def choice(self, variables: VariableValues, runs: Any) -> Any:
        """Let the field's declaration choose for what runs; may raise what it raises."""
        if self._kept:
            return self._kept[0]
        node, own = self._details.node, self._details.fragment_variable_values
        values = get_argument_values(self._definition, node, variables, own)
        choice = self._declared.choose(self._converted(self._definition, values))
        if granted := self._declared.granted:
            return granted(choice, runs)
        self._kept = [choice] if self.is_constant else []
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
