"""Variables and arguments: what of their coercion no request changes is done once."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    get_argument_values,
    get_named_type,
    get_nullable_type,
    get_variable_values,
    is_leaf_type,
    is_non_null_type,
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
from execution.unnamed import unnamed

_MOST_ERRORS = 50
"""Of variables, as graphql-core's executor tells them."""


class Prepared:
    """One operation of a document, and what of it is the same for every request."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        """Read the operation once."""
        self.document, self.operation, self._schema = document, operation, schema
        self.definitions = {
            it.name.value: it
            for it in document.definitions
            if isinstance(it, FragmentDefinitionNode)
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
