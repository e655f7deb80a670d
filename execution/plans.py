"""Plans: what of an operation one statement answers, decided once and kept.

A plan belongs to a document's text, the operation's name and the values that decide `@skip` and
`@include`. Inside it, every field whose whole sub-tree is fusible has its statements, one for
each shape of its arguments and each kind of viewer.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
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
from sqlalchemy.types import TypeEngine
from strawberry.types.arguments import convert_arguments

from execution.fields import Chosen
from execution.fusing import (
    Argued,
    Build,
    Selection,
    Shaping,
    Unfusible,
    written_object,
)
from execution.levels import Level, Site, Together
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
    """Fields answered by one statement: all at the root, or those of a level for all parents.

    keys: the parents' attributes that lead to them -> their SQL types; none at the root.
    """

    def __init__(
        self,
        builds: Sequence[Build],
        arguments: Sequence[Argued],
        keys: Mapping[str, TypeEngine[Any]],
    ) -> None:
        """Take how each field is built."""
        self._builds, self._arguments = builds, arguments
        self.keys, self._types = tuple(keys), keys
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
            named = {**self.named(()), **asked.named, **what.values}
            found = Statement(built, shaping, dialect, named)
            self._statements.keep(shape, found)
        return found

    def named(self, keys: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
        """Return the parameters that carry the keys of all parents."""
        return {f"all_{name}": [key[at] for key in keys] for at, name in enumerate(self.keys)}

    def _select(self, shaping: Shaping) -> Any:
        if not self.keys:
            return select(*(build(None, shaping) for build in self._builds))
        asked = func.unnest(
            *(bindparam(f"all_{name}", [], ARRAY(it)) for name, it in self._types.items())
        )
        columns = [column(name, it) for name, it in self._types.items()]
        table = asked.table_valued(*columns, with_ordinality="place", name="parent")
        parent = table.render_derived()
        texts = [build(parent.c, shaping) for build in self._builds]
        return select(*texts).select_from(parent).order_by(parent.c.place)


class Plan:
    """One operation under one set of conditions."""

    def __init__(
        self, planner: "Planner", document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        """Take the operation that the document holds."""
        self.planner, self.document, self.operation = planner, document, operation
        self.definitions = {
            it.name.value: it
            for it in document.definitions
            if isinstance(it, FragmentDefinitionNode)
        }
        self.fragments = {name: FragmentDetails(it) for name, it in self.definitions.items()}
        self._levels: dict[Hashable, Level] = {}

    def _collected(self, type_: Any, details: Any, variables: VariableValues) -> Any:
        schema, operation = self.planner.schema, self.operation
        found = collect_subfields(
            schema, self.fragments, variables, operation, type_, list(details)
        )
        return _plain(found)

    def _selection(self, variables: VariableValues) -> Selection:
        def collect(type_: Any, details: Any) -> Any:
            return self._collected(type_, details, variables)

        return Selection(collect, self.planner.schema.get_possible_types, self.planner.forms)

    def roots(self, variables: VariableValues) -> Fused:
        """Make one statement of all root fields. Unfusible: it is more than one statement."""
        root = self.planner.schema.query_type
        if self.operation.operation is not OperationType.QUERY or root is None:
            message = "not a query"
            raise Unfusible(message)
        found = collect_fields(self.planner.schema, self.fragments, variables, root, self.operation)
        selection = self._selection(variables)
        fields = _plain(found).items()
        builders = [(key, selection.field(root, nodes, None)) for key, nodes in fields]
        return Fused([written_object(builders)], selection.arguments, {})

    def level(
        self, type_: GraphQLObjectType, details: Any, variables: VariableValues, grouped: Any = None
    ) -> Level:
        """Return a level prepared for the walk. grouped: its fields, if they are collected."""
        at = (type_.name, tuple(id(it.node) for it in details or ()))
        level = self._levels.get(at)
        if level is None:
            if grouped is None:
                grouped = self._collected(type_, details, variables)
            level = self._levels[at] = self._level(type_, grouped, variables)
        return level

    def _level(self, type_: GraphQLObjectType, grouped: Any, variables: VariableValues) -> Level:
        sites: dict[str, Site | None] = {}
        for key, nodes in grouped.items():
            name = nodes[0].node.name.value
            field = self.planner.schema.get_field(type_, name)
            if field is not None:
                sites[key] = None if name == "__typename" else Site(key, type_, field, nodes)
        level = Level(type_, sites)
        is_root = type_ is self.planner.schema.query_type
        level.together = self._together(level.sites, variables, is_root=is_root)
        return level

    def _together(
        self, sites: Sequence[Site], variables: VariableValues, *, is_root: bool
    ) -> Together | None:
        """Make one statement of what one statement can answer for all parents of a level."""
        selection = self._selection(variables)
        builds, fused, keys = list[Build](), list[Site](), dict[str, Any]()
        for site in sites:
            key = site.parents_key
            at_root = is_root and isinstance(site.declared, Chosen) and site.declared.key is None
            if key is None and not at_root:
                continue
            mark = len(selection.arguments)
            try:
                builds.append(selection.field(site.parent, site.details, None))
            except Unfusible:
                del selection.arguments[mark:]
                continue
            fused.append(site)
            if key is not None:
                keys[key[0]] = key[1]
        return Together(Fused(builds, selection.arguments, keys), fused) if fused else None


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
        """Coerce variables, None where the reference executor must tell what is wrong.

        It ends at the first error: a long list of wrong items would take seconds.
        """
        found = get_variable_values(
            self.schema,
            operation.variable_definitions or (),
            dict(given or {}),
            max_errors=1,
            hide_suggestions=True,
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
            # Kept without its traceback, which would keep the whole request.
            roots = Unfusible(str(why))
        return plan, self._roots.keep(key, roots)

    def choice(self, argued: Argued, variables: VariableValues) -> Any:
        """Coerce a field's arguments and let its declaration choose."""
        definition = argued.definition
        values = get_argument_values(definition, argued.details.node, variables)
        return argued.declared.choose(self.converted(definition, values))

    def converted(self, definition: Any, values: dict[str, Any]) -> dict[str, Any]:
        """Turn coerced arguments into what resolvers take."""
        return convert_arguments(
            values,
            definition.extensions["strawberry-definition"].arguments,
            scalar_registry=self._strawberry.schema_converter.scalar_registry,
            config=self._strawberry.config,
        )


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
