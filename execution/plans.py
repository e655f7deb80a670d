"""Plans: what of an operation one statement answers, decided once and kept.

A plan belongs to a document's text, the operation's name and the values that decide `@skip` and
`@include`. Inside it, every field whose whole sub-tree is fusible has its statements, one for
each shape of its arguments and each kind of viewer.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Protocol

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    get_argument_values,
    get_operation_ast,
    get_variable_values,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from graphql.language import Visitor, visit
from sqlalchemy import ARRAY, bindparam, column, func, select
from sqlalchemy.engine import Dialect
from strawberry.types.arguments import convert_arguments

from execution.fields import Chosen, Related
from execution.fusing import (
    Argued,
    Build,
    Selection,
    Shaping,
    Unfusible,
    declared_of,
    written_object,
)
from execution.statements import Bounded, Given, Statement, given
from execution.texts import Forms

_CONDITIONS = {"skip", "include"}


class Asked(Protocol):
    """What a request tells the planner.

    asking, general: passed on to filters, and to relations in statements that are kept.
    audience: what of the viewer shapes statements. named: parameters that relations name
    themselves, such as the merchant.
    """

    asking: Any
    general: Any
    audience: Hashable
    named: Mapping[str, Any]


class Fused:
    """A field, or all root fields, answered by one statement. dialect: of the database."""

    def __init__(
        self, build: Build, arguments: Sequence[Argued], key: tuple[str, Any] | None = None
    ) -> None:
        """Take how it is built. key: attribute and SQL type of the parents' key, None at a root."""
        self._build, self._arguments, self.key = build, arguments, key
        self._statements: Bounded[Statement] = Bounded(64)

    def given(self, planner: "Planner", variables: VariableValues, asked: Asked) -> Given:
        """Coerce the arguments of one request. Raises what the fields' own resolvers raise."""
        choices = [planner.choice(argued, variables) for argued in self._arguments]
        return given(choices, asked.asking)

    def statement(self, asked: Asked, what: Given, dialect: Dialect) -> Statement:
        """Return the statement for a shape of arguments and a kind of viewer."""
        shape = (asked.audience, what.form)
        found = self._statements.get(shape)
        if found is None:
            shaping = Shaping(asked.general, what.choices)
            built = self._select(shaping)
            named = {"keys": [], **asked.named, **what.values}
            found = Statement(built, shaping, dialect, named)
            self._statements.keep(shape, found)
        return found

    def _select(self, shaping: Shaping) -> Any:
        if self.key is None:
            return select(self._build(None, shaping))
        name, type_ = self.key
        asked = func.unnest(bindparam("keys", [], ARRAY(type_)))
        keys = asked.table_valued(column("key", type_), name="parent").render_derived()
        source = SimpleNamespace(**{name: keys.c.key})
        return select(keys.c.key, self._build(source, shaping)).select_from(keys)


class Plan:
    """One operation under one set of conditions."""

    def __init__(
        self, planner: "Planner", document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        """Take the operation that the document holds."""
        self.planner, self.document, self.operation = planner, document, operation
        self._fragments = {
            it.name.value: FragmentDetails(it)
            for it in document.definitions
            if isinstance(it, FragmentDefinitionNode)
        }
        self._fields: dict[Hashable, Fused | None] = {}

    def _selection(self, variables: VariableValues) -> Selection:
        schema, operation = self.planner.schema, self.operation

        def collect(type_: Any, details: Any) -> Any:
            found = collect_subfields(
                schema, self._fragments, variables, operation, type_, list(details)
            )
            return _plain(found)

        return Selection(collect, self.planner.forms)

    def roots(self, variables: VariableValues) -> Fused:
        """Make one statement of all root fields. Unfusible: it is more than one statement."""
        root = self.planner.schema.query_type
        if self.operation.operation is not OperationType.QUERY or root is None:
            message = "not a query"
            raise Unfusible(message)
        found = collect_fields(
            self.planner.schema, self._fragments, variables, root, self.operation
        )
        selection = self._selection(variables)
        fields = _plain(found).items()
        builders = [(key, selection.field(root, nodes, None)) for key, nodes in fields]
        return Fused(written_object(builders), selection.arguments)

    def field(self, parent: Any, details: Any, variables: VariableValues) -> Fused | None:
        """Return the statement below one field of any level, None if there is none."""
        site = (parent.name, tuple(id(it.node) for it in details))
        if site not in self._fields:
            self._fields[site] = self._try_field(parent, details, variables)
        return self._fields[site]

    def _try_field(self, parent: Any, details: Any, variables: VariableValues) -> Fused | None:
        definition = parent.fields.get(details[0].node.name.value)
        if definition is None:
            return None
        try:
            declared = declared_of(definition)
            key: tuple[str, Any] | None
            if isinstance(declared, Related) and declared.attribute is None:
                key = (declared.key, declared.relation.key_type)
            elif isinstance(declared, Chosen):
                key = None if declared.key is None else (declared.key, declared.key_type)
            else:
                return None
            selection = self._selection(variables)
            return Fused(selection.field(parent, details, None), selection.arguments, key)
        except Unfusible:
            return None


def _plain(found: Any) -> Any:
    if found.new_defer_usages:
        message = "@defer"
        raise Unfusible(message)
    return found.grouped_field_set


class Planner:
    """The plans of a schema. counted: how often what happened."""

    def __init__(self, forms: Forms, *, size: int = 512) -> None:
        """Take how scalars are written, and how many plans to keep."""
        self.forms = forms
        self.counted: Counter[str] = Counter()
        self._size = size
        self.schema: GraphQLSchema
        self._strawberry: Any = None
        self.forget()

    def forget(self) -> None:
        """Start without plans and counts."""
        self.counted.clear()
        self._conditions: Bounded[tuple[str, ...]] = Bounded(self._size)
        self._plans: Bounded[Plan] = Bounded(self._size)
        self._roots: Bounded[Fused | Unfusible] = Bounded(self._size)

    def serve(self, schema: Any) -> None:
        """Take the schema, once it is made."""
        if self._strawberry is not schema:
            self._strawberry, self.schema = schema, schema._schema  # noqa: SLF001 -- Strawberry's extensions get at it no other way.

    def variables(
        self, operation: OperationDefinitionNode, given: Mapping[str, Any] | None
    ) -> VariableValues | None:
        """Coerce variables, None where the reference executor must tell what is wrong."""
        found = get_variable_values(
            self.schema, operation.variable_definitions or (), dict(given or {})
        )
        return found if isinstance(found, VariableValues) else None

    def plan(
        self,
        text: str,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: VariableValues,
    ) -> tuple[Plan, Fused | Unfusible]:
        """Return the plan of an operation and of its root fields."""
        name = operation.name.value if operation.name else None
        conditions = self._conditions.get(text)
        if conditions is None:
            conditions = self._conditions.keep(text, _conditions(document))
        values = tuple(variables.coerced.get(it) for it in conditions)
        key = (text, name, values)
        plan = self._plans.get(key)
        if plan is not None and plan.document is document:
            self.counted["plan reused"] += 1
            return plan, self._roots.get(key) or Unfusible("forgotten")
        self.counted["plan made"] += 1
        plan = self._plans.keep(key, Plan(self, document, operation))
        roots: Fused | Unfusible
        try:
            roots = plan.roots(variables)
        except Unfusible as why:
            roots = why
        return plan, self._roots.keep(key, roots)

    def choice(self, argued: Argued, variables: VariableValues) -> Any:
        """Coerce a field's arguments and let its declaration choose."""
        definition = argued.definition
        values = get_argument_values(definition, argued.details.node, variables)
        field = definition.extensions["strawberry-definition"]
        arguments = convert_arguments(
            values,
            field.arguments,
            scalar_registry=self._strawberry.schema_converter.scalar_registry,
            config=self._strawberry.config,
        )
        return argued.declared.choose(arguments)


def _conditions(document: DocumentNode) -> tuple[str, ...]:
    """Return the variables that decide what is selected."""
    found: dict[str, None] = {}

    class Conditions(Visitor):
        """Finds variables in @skip and @include."""

        def enter_directive(self, node: Any, *_: Any) -> None:
            """Note a directive's variables."""
            if node.name.value in _CONDITIONS:
                for argument in node.arguments:
                    if isinstance(argument.value, VariableNode):
                        found[argument.value.name.value] = None

    visit(document, Conditions())
    return tuple(found)


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """Return the operation that is asked, None where there is not exactly one."""
    return get_operation_ast(document, name)
