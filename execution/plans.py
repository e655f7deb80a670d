"""Plans: what of an operation one statement answers, decided once and kept.

A plan belongs to a document, the operation's name and the values that decide `@skip` and
`@include`. Where it is one statement, that belongs to all documents that differ in names only.
Every field whose whole sub-tree is fusible has its statements, one for each shape of its arguments
and each kind of viewer.
"""

from asyncio import CancelledError
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from sys import getsizeof
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    parse,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from sqlalchemy import ARRAY, bindparam, column, func, literal_column, select
from sqlalchemy.types import TypeEngine

from execution.arguments import Converter, Prepared, spelt
from execution.building import Build, Shaping, Unfusible, written_object
from execution.fusing import Selection
from execution.levels import FieldPlace, Level
from execution.statements import Arguments, Filled, Request, bytes_of, compiled_of
from execution.texts import Forms, together
from kit.db.statements import Compiled
from kit.loop.apart import Apart, Payer
from kit.loop.recent import Recent

OPERATIONS = 8 * 1024 * 1024
"""Bytes of operations that are remembered, their documents included."""
PLANS = 16 * 1024 * 1024
"""Bytes of plans that are remembered, what they were made of included."""
WRITERS = 12 * 1024 * 1024
"""Bytes of what is remembered to write statements, for all who name them differently."""
STATEMENTS = 8 * 1024 * 1024
"""Bytes of statements that are remembered, and as many of them with clients' aliases."""
SHORT = 10
"""Relations of a statement that is written in a thread: each leaves a thousand objects behind."""

_NUMBERS = count()
_WRITTEN = 500
"""Characters of a statement that a relation takes, about."""


class Fused:
    """Fields answered by one statement: all at the root, or those of a level for all parents.

    keys: the parents' attributes that lead to them -> their SQL types; none at the root.
    relations: how many rows and lists they lead to. number: no other has it, nor gets it later.
    weight: bytes that it takes.
    """

    def __init__(
        self, builds: Sequence[Build], selection: Selection, keys: Mapping[str, TypeEngine[Any]]
    ) -> None:
        """Take how each field is built, and what was met of them."""
        self.number, self.weight = next(_NUMBERS), 0
        self._builds, self._arguments = builds, selection.arguments
        self.relations, self.words = selection.relations, selection.words
        self.keys, self._types = tuple(keys), keys
        self._is_constant = all(it.is_constant for it in self._arguments)
        self._kept: Arguments | None = None
        for each in self._arguments:
            # So that it takes no more later. What is refused is told to who asks.
            with suppress(Exception):
                _ = each.is_constant and each.choice(VariableValues({}, {}), None)

    def choices(self, variables: VariableValues, request: Request) -> Arguments:
        """Coerce the arguments of one request. Raises what the fields' own resolvers raise."""
        if self._kept is not None:
            return self._kept
        found = Arguments.of([it.choice(variables, request) for it in self._arguments])
        if self._is_constant:
            self._kept = found
        return found

    def made(self, request: Request, arguments: Arguments) -> Compiled:
        """Write the statement for a shape of arguments and a kind of viewer."""
        shaping = Shaping(request.general, arguments.choices)
        named = {**self.named(()), **request.named, **arguments.values}
        return compiled_of(self._select(shaping), named)

    def named(self, keys: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
        """Return the parameters that carry the keys of all parents."""
        return {f"all_{name}": [key[at] for key in keys] for at, name in enumerate(self.keys)}

    def _select(self, shaping: Shaping) -> Any:
        if not self.keys:
            # With an offset PostgreSQL does not write a text twice, to measure it.
            once = select(*self._texts(None, shaping)).offset(literal_column("0")).subquery()
            return select(*together(list(once.c)))
        listed = func.unnest(
            *(bindparam(f"all_{name}", [], ARRAY(it)) for name, it in self._types.items())
        )
        columns = [column(name, it) for name, it in self._types.items()]
        table = listed.table_valued(*columns, with_ordinality="place", name="parent")
        parent = table.render_derived()
        rows = select(parent.c.place, *self._texts(parent.c, shaping)).select_from(parent)
        place, *texts = rows.order_by(parent.c.place).subquery().c
        return select(*together(texts, place)).order_by(place)

    def _texts(self, source: Any, shaping: Shaping) -> list[Any]:
        return [it(source, shaping).label(f"text_{at}") for at, it in enumerate(self._builds)]


class Plan:
    """One operation under one set of conditions. roots: its one statement, or why it is none.

    key: under which it is remembered. weight: bytes that it takes, with all that it is made of.
    """

    def __init__(
        self, planner: "Planner", prepared: Prepared, roots: Fused | str, key: Hashable
    ) -> None:
        """Take the operation, and what it shares with those that differ in names only."""
        self.planner, self.prepared, self.roots, self.key = planner, prepared, roots, key
        self.weight = prepared.weight + _weight(roots)
        self._levels: dict[Hashable, Level] = {}

    def known(self, type_: GraphQLObjectType, grouped: Any) -> Level | None:
        """Return a level prepared for every object, if it is. grouped: its fields."""
        return self._levels.get(_place(type_, grouped))

    async def level(
        self, type_: GraphQLObjectType, grouped: Any, variables: VariableValues, payer: Payer
    ) -> Level:
        """Prepare a level, when it is the payer's turn."""
        make = partial(self._level, type_, grouped, variables)
        level = await self.planner.apart.made(payer, make)
        place = _place(type_, grouped)
        if place not in self._levels:
            self._levels[place] = level
            self.weight += level.weight
            self.planner.remember(self)
        return self._levels[place]

    def _level(self, type_: GraphQLObjectType, grouped: Any, variables: VariableValues) -> Level:
        places: dict[str, FieldPlace | None] = {}
        for key, nodes in grouped.items():
            name = nodes[0].node.name.value
            field = self.planner.schema.get_field(type_, name)
            if field is not None:
                places[key] = None if name == "__typename" else FieldPlace(key, type_, field, nodes)
        is_query = type_ is self.planner.schema.query_type
        operation, fragments = self.prepared.operation, self.prepared.fragments
        selection, unfused = self.planner.selection(operation, fragments, variables), list[str]()
        builds, answered, keys = list[Build](), list[FieldPlace](), dict[str, Any]()
        for place in filter(None, places.values()):
            key = place.key_of_parent
            if key is None and not (is_query and place.is_root):
                continue
            mark = len(selection.arguments)
            try:
                builds.append(selection.field(type_, place.details, None))
            except Unfusible as why:
                del selection.arguments[mark:]
                unfused.append(str(why))
                continue
            answered.append(place)
            if key is not None:
                keys[key[0]] = key[1]
        fused = Fused(builds, selection, keys) if answered else None
        level = Level(type_, places, fused, answered, unfused)
        level.weight = self.planner.bytes_of(level)
        return level


def _weight(roots: Fused | str) -> int:
    return roots.weight if isinstance(roots, Fused) else bytes_of(roots)


def _place(type_: GraphQLObjectType, grouped: Any) -> Hashable:
    return (type_.name, *(id(it.node) for nodes in grouped.values() for it in nodes))


def _plain(found: Any) -> Any:
    if found.new_defer_usages:
        message = "@defer"
        raise Unfusible(message)
    return found.grouped_field_set


class Planner:
    """The plans of a schema. counted: how often what happened."""

    schema: GraphQLSchema
    converter: Converter

    def __init__(self, forms: Forms, relations: Sequence[type] = ()) -> None:
        """Take how scalars are written. relations: kinds of what declares how rows are found."""
        self.forms, self._relations = forms, tuple(relations)
        self.counted: Counter[str] = Counter()
        self.apart = Apart()
        self._strawberry: Any = None
        self.forget()

    def forget(self) -> None:
        """Start without plans and counts."""
        self.counted.clear()
        self._prepared: Recent[Prepared] = Recent(OPERATIONS)
        self._plans: Recent[Plan] = Recent(PLANS)
        self._shared: Recent[Fused | str] = Recent(WRITERS)
        self._statements: Recent[Filled] = Recent(STATEMENTS)
        self._spelt: Recent[str] = Recent(STATEMENTS)

    @property
    def remembered(self) -> Sequence[Recent[Any]]:
        """Return what is remembered of plans."""
        return self._prepared, self._plans, self._shared, self._statements, self._spelt

    def bytes_of(self, value: object) -> int:
        """Return what it takes to remember something of a plan."""
        return bytes_of(value, Planner, *self._relations)

    def serve(self, schema: Any) -> None:
        """Take the schema, once it is made."""
        if self._strawberry is not schema:
            self._strawberry, self.schema = schema, schema._schema  # noqa: SLF001 -- Strawberry's extensions get at it no other way.
            self.converter = Converter(schema)

    async def prepared(self, document: DocumentNode, name: str | None, payer: Payer) -> Prepared:
        """Return the operation with a name."""
        # Kept with its document, so that no other has its id; a document's own hash is long.
        key = (id(document), name)
        found = self._prepared.get(key)
        if found is None:
            operation = get_operation_ast(document, name)
            assert operation  # noqa: S101 -- Strawberry has refused documents without.
            made = await self.apart.made(payer, partial(self._prepare, document, operation))
            found = self._prepared.keep(key, made, made.weight)
        return found

    def _prepare(self, document: DocumentNode, operation: OperationDefinitionNode) -> Prepared:
        prepared = Prepared(self.schema, document, operation)
        prepared.weight = self.bytes_of(prepared)
        return prepared

    def selection(
        self, operation: OperationDefinitionNode, fragments: Any, variables: VariableValues
    ) -> Selection:
        """Return what reads selections of an operation."""
        schema = self.schema

        def collect(type_: Any, details: Any) -> Any:
            nodes = list(details)
            return _plain(collect_subfields(schema, fragments, variables, operation, type_, nodes))

        return Selection(collect, schema.get_possible_types, self.forms, self.converter)

    def _roots(self, prepared: Prepared, variables: VariableValues) -> Fused | str:
        """Make one statement of all root fields, for all who name them differently.

        Or tell why it is more than one.
        """
        schema, root = self.schema, self.schema.query_type
        if prepared.operation.operation is not OperationType.QUERY or root is None:
            return f"a {prepared.operation.operation.value}"
        operation, *others = parse(prepared.unnamed.text, no_location=True).definitions
        assert isinstance(operation, OperationDefinitionNode)  # noqa: S101 -- it is written first.
        fragments: Any = {it.name.value: FragmentDetails(it) for it in others}  # type: ignore[attr-defined, arg-type]
        variables = prepared.renamed(variables)
        selection = self.selection(operation, fragments, variables)
        try:
            found = _plain(collect_fields(schema, fragments, variables, root, operation))
            builders = [(key, selection.field(root, it, None)) for key, it in found.items()]
        except Unfusible as why:
            # Kept without its traceback, which would keep the whole request.
            return str(why)
        fused = Fused([written_object(builders)], selection, {})
        fused.weight = self.bytes_of((prepared.unnamed.text, fused))
        return fused

    async def plan(self, prepared: Prepared, variables: VariableValues, payer: Payer) -> Plan:
        """Return the plan of an operation under its conditions."""
        unnamed = prepared.unnamed
        conditions = tuple(map(variables.coerced.get, unnamed.conditions))
        key = (prepared, conditions)
        plan = self._plans.get(key)
        if plan is not None:
            self.counted["plan reused"] += 1
            return plan
        roots = self._shared.get((unnamed.text, conditions))
        self.counted["plan made" if roots is None else "plan reused"] += 1
        if roots is None:
            roots = await self.apart.made(payer, partial(self._roots, prepared, variables))
            weight = _weight(roots) + getsizeof(unnamed.text)
            self._shared.keep((unnamed.text, conditions), roots, weight)
        return self.remember(Plan(self, prepared, roots, key))

    def remember(self, plan: Plan) -> Plan:
        """Keep a plan, also one that has grown."""
        return self._plans.keep(plan.key, plan, plan.weight)

    def spelt(self, statement: Filled, keys: tuple[str, ...]) -> str:
        """Return what is sent. keys: the client's names of the answer's numbered keys."""
        if not keys:
            return statement.text
        key = (statement.text, keys)
        found = self._spelt.get(key)
        if found is None:
            text = spelt(*key)
            found = self._spelt.keep(key, text, bytes_of((key, text)))
        return found

    async def statement(self, fused: Fused, request: Request, arguments: Arguments) -> Filled:
        """Return the statement for a shape of arguments and a kind of viewer.

        Crowded: others' are written first. Died: its child did. Whoever needs it first pays for it,
        and each other payer as much, so that none learns what others ask.
        """
        # By its number: a statement would hold what writes it beyond what is kept of that.
        key = (fused.number, request.audience, arguments.form)
        found = self._statements.get(key)
        if found is not None:
            request.planned(len(found.text), key)
            return found
        write = self.apart.made if fused.relations <= SHORT else self.apart.long
        paid = 0

        def over(made: Compiled) -> None:
            request.planned(max(0, len(made.text) - paid), key)
            filled = Filled(made)
            self._statements.keep(key, filled, bytes_of((key, filled)))

        try:
            made = await write(request.payer, partial(fused.made, request, arguments), over)
        except CancelledError:
            # Who hangs up, or is late, pays nevertheless: what was begun is written to its end,
            # kept, and paid in full then.
            paid = fused.relations * _WRITTEN
            request.planned(paid)
            raise
        return self._statements.get(key) or Filled(made)
