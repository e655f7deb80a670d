"""Where plans answer: Strawberry's extension that sets the result before graphql-core executes.

An operation whose root fields are all fusible is one statement. Every other operation is executed
by graphql-core, and what of a level is fusible is one statement for it.
"""

import logging
from asyncio import Future, ensure_future, shield
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeAlias, cast

import orjson
from aiodataloader import DataLoader
from graphql import DocumentNode, GraphQLObjectType, OperationType
from graphql import default_field_resolver as field_resolver
from graphql import default_type_resolver as type_resolver
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult
from strawberry.utils.await_maybe import await_maybe

from execution.arguments import Prepared
from execution.building import Unfusible
from execution.levels import FieldPlace, Level
from execution.mixed import Mixed, errors_only, failed
from execution.plans import Fused, Plan, Planner
from execution.statements import Arguments, Request
from execution.texts import SHARE, share
from execution.texts.marks import AT_ONCE, Texts, marks, worded
from kit.db.reads import Overflow, Unwritten
from kit.errors import Refused
from kit.limits import ENTRIES, Limits
from kit.loop.apart import Crowded, Died
from kit.loop.effort import Later
from kit.loop.in_turn import InTurn
from kit.loop.work import TOGETHER, Grown, Work
from kit.telemetry import trace

_log = logging.getLogger("abruf")


class Runs(Request, Protocol):
    """What an operation's context must offer to the executor.

    entries: in all lists and objects of its variables; many are read beside the event loop.
    """

    plans: bool
    limits: Limits
    work: Work
    beside: InTurn
    entries: int
    following_plan: Callable[[], "Running"] | None
    subscribed: Callable[[], Mixed] | None

    async def texts(
        self, statement: str, values: Sequence[Any], *, lasts: bool = False
    ) -> Sequence[Any]:
        """Run one statement and return its rows. lasts: they may be kept, and those of before."""


RefusedFields: TypeAlias = Sequence[tuple[FieldPlace, Exception]]
"""Fields that are refused, and what their resolvers would raise."""


class _Parts(NamedTuple):
    """Levels that each are one statement, and fields that are refused."""

    statements: Sequence[Level] = ()
    refused: RefusedFields = ()


class Running:
    """The plan of one running operation.

    fusing: false once a value could not be written; the rest is read by loaders, so that its error
    is met where it belongs. After any other failure nothing is read again.
    """

    def __init__(self, plan: Plan, variables: VariableValues, context: Runs) -> None:
        """Take the plan and what to run it with."""
        self._plan, self._variables, self._context = plan, variables, context
        self.counted = plan.planner.counted
        self.fusing = True
        self._levels: dict[int, tuple[Any, Level]] = {}
        self._planning: dict[Hashable, Future[Any]] = {}
        self._apart: dict[Level, _Parts] = {}
        self._chosen: dict[Fused, Arguments] = {}
        self._loaders: dict[Fused, DataLoader[Any, Any]] = {}

    def known(self, type_: GraphQLObjectType, grouped: Any) -> Level | None:
        """Return the level of a type with the fields that graphql-core collected, once planned."""
        known = self._levels.get(id(grouped))
        if known is None:
            level = self._plan.known(type_, grouped)
            if level is None:
                return None
            # Kept with its fields, so that no others have their id.
            known = self._levels[id(grouped)] = (grouped, level)
            for reason in level.unfused:
                self.counted[f"read by code: {reason}"] += 1
        return known[1]

    async def _once(self, what: Hashable, plan: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Plan something, once for all objects that wait for it."""
        if what not in self._planning:
            self._planning[what] = ensure_future(plan())
        await shield(self._planning[what])

    async def level(self, type_: GraphQLObjectType, grouped: Any) -> Level:
        """Plan a level."""
        await self._once(id(grouped), partial(self._planned, type_, grouped))
        level = self.known(type_, grouped)
        assert level  # noqa: S101 -- it has just been planned.
        return level

    async def _planned(self, type_: GraphQLObjectType, grouped: Any) -> Level:
        known = self._plan.known(type_, grouped)
        payer = self._context.payer
        return known or await self._plan.level(type_, grouped, self._variables, payer)

    async def _parts(self, level: Level) -> "_Parts":
        """Return what of a level statements answer, and what is refused instead.

        An argument is refused at the field with which its statement begins, once, however many
        objects lie between the two: nothing is read for them, by no other way either.
        """
        if level not in self._apart:
            if level.fused is None:
                self._apart[level] = _Parts()
            elif (why := self.refusal(level.fused)) is None:
                self._apart[level] = _Parts([level])
            elif len(level.places) == 1:
                self._apart[level] = _Parts([], [(level.places[0], why)])
            else:
                await self._once(level, partial(self._take_apart, level))
        return self._apart[level]

    async def _take_apart(self, level: Level) -> None:
        alone = [await self._planned(it.parent, {it.key: it.details}) for it in level.places]
        parts = [await self._parts(it) for it in alone]
        self._apart[level] = _Parts(
            [part for it in parts for part in it.statements],
            [refused for it in parts for refused in it.refused],
        )

    def refusal(self, fused: Fused) -> Exception | None:
        """Return what a resolver of its fields would raise at its arguments, None where nothing."""
        if fused not in self._chosen:
            # What others share has names of its own for the variables.
            shared = fused is self._plan.roots
            own = self._variables
            variables = self._plan.prepared.renamed(own) if shared else own
            try:
                self._chosen[fused] = fused.choices(variables, self._context)
            except Unfusible as why:
                self.counted[f"not fused: {why}"] += 1
                self.fusing = False
            except Exception as why:  # noqa: BLE001 -- told as what the resolver raises.
                return why
        return None

    async def texts(self, level: Level, parent: Any) -> tuple[dict[str, Any], RefusedFields]:
        """Return what statements answer of one parent: key -> JSON; which fields are refused, why.

        Nothing where a value could not be written, nor of a field whose way begins with null.
        """
        found: dict[str, Any] = {}
        parts = await self._parts(level)
        refused = [*parts.refused]
        for part in parts.statements:
            try:
                found |= await self._texts(part, part.fused, parent)
            except Refused as why:
                refused += [(place, why) for place in part.places]
        return found, [*self._refused_of(refused, parent)] if self.fusing else ()

    def _refused_of(
        self, refused: RefusedFields, parent: Any
    ) -> Iterator[tuple[FieldPlace, Exception]]:
        """Yield what is refused of one parent."""
        for place, why in refused:
            if place.is_root or place.start(parent) is not None:
                self.counted["an argument was refused"] += 1
                yield place, why

    async def _texts(self, level: Level, fused: Fused, parent: Any) -> dict[str, Any]:
        starts = level.starts(parent)
        if not self.fusing or (starts and all(it is None for it in starts.values())):
            return {}
        loader = self._loaders.get(fused)
        if loader is None:
            # Without a cache: what the first field of a mutation reads the second one may change.
            load = partial(self._of_parents, fused)
            loader = DataLoader(load, cache=False, max_batch_size=TOGETHER)
            self._loaders[fused] = loader
        found = await loader.load(tuple(starts[name] for name in fused.keys))
        self._context.work.texts(found or ())
        return {
            place.key: orjson.Fragment(text)
            for place, text in zip(level.places, found or (), strict=False)
            if place.is_root or starts[place.declared.key] is not None
        }

    async def _of_parents(self, fused: Fused, starts: list[Any]) -> list[Any]:
        """Answer all parents that are completed together."""
        different = list(dict.fromkeys(starts))
        found = await self._run(fused, different, ())
        if found is None:
            return [None] * len(starts)
        self.counted["levels with a statement"] += 1
        texts = dict(zip(different, found, strict=True))
        return [texts[it] for it in starts]

    async def whole(self, roots: Fused) -> Sequence[Any] | None:
        """Run the statement of the whole operation: its one text, None where others must answer."""
        trace.CURRENT.get().plan = "one statement"
        return await self._run(roots, [()], self._plan.prepared.unnamed.keys)

    async def _run(
        self, fused: Fused, starts: Sequence[Any], keys: tuple[str, ...]
    ) -> Sequence[Any] | None:
        """Run one statement: texts for each parent's start, None where others must answer.

        keys: the client's names of the numbered keys of the answer.
        """
        if not self.fusing:
            return None
        found = await self._rows(fused, starts, keys)
        self.fusing = found is not None
        return found

    async def _rows(
        self, fused: Fused, starts: Sequence[Any], keys: tuple[str, ...]
    ) -> Sequence[Any] | None:
        context = self._context
        arguments = self._chosen[fused]
        try:
            statement = await self._plan.planner.statement(fused, context, arguments)
        except Unfusible as why:
            self.counted[f"not fused: {why}"] += 1
            return None
        except (Crowded, Died):
            raise
        except Exception:  # noqa: BLE001 -- a fault of ours must not take the answer from a client.
            _log.exception("No statement could be made")
            self.counted["not fused: a fault of the planner"] += 1
            return None
        named = {**context.named, **fused.named(starts), SHARE: share(context.limits.answer)}
        values = statement.values(named, arguments)
        try:
            # What is below a field that code resolves is asked for that operation only.
            lasts = statement.lasts and not fused.keys
            found = await context.texts(
                self._plan.planner.spelt(statement, keys), values, lasts=lasts
            )
            return await self._worded(fused, found) if fused.words else found
        except Unwritten:
            self.counted["not fused: a value could not be written"] += 1
            return None
        except Overflow:
            raise context.work.end(Grown.BYTES) from None

    async def _worded(self, fused: Fused, rows: Sequence[Any]) -> Sequence[Any]:
        """Put texts that code makes into what a statement has answered; many in turn."""
        context = self._context
        made = worded(rows, fused.words, context)
        found: list[Texts | None]
        if marks(rows) > AT_ONCE:
            return await context.beside.items(made)
        found = context.work.effort.beside(list, made)
        return [it for it in found if it is not None]


class Planned(SchemaExtension):
    """Answers what the planner knows before graphql-core executes the operation."""

    def __init__(self, planner: Planner) -> None:
        """Take the planner, which outlives the operation."""
        self._planner = planner

    async def on_execute(self) -> AsyncIterator[None]:
        """Set the result, or leave it to the reference executor.

        Of mutations without plans only the variables are read here: in them, items may be wrong.
        """
        operation = self.execution_context
        if operation.operation_type.value != "mutation":
            await operation.context.held.aclose()
        if operation.context.plans or operation.operation_type.value == "mutation":
            operation.result = await self._result()
        yield

    async def _result(self) -> Any:
        """Return the result, None where the reference executor must tell it."""
        operation, planner = self.execution_context, self._planner
        planner.serve(operation.schema)
        document = cast("DocumentNode", operation.graphql_document)
        payer = operation.context.payer
        prepared = await planner.prepared(document, operation.operation_name, payer)
        variables = await self._variables(prepared)
        if not isinstance(variables, VariableValues):
            return variables
        if not operation.context.plans:
            return await self._mixed(prepared, variables)
        plan = await planner.plan(prepared, variables, payer)
        if prepared.operation.operation is OperationType.SUBSCRIPTION:
            operation.context.following_plan = partial(Running, plan, variables, operation.context)
            operation.context.subscribed = partial(self._executor, prepared, variables)
            planner.counted[f"mixed: {plan.roots}"] += 1
            return None
        running = Running(plan, variables, operation.context)
        if isinstance(plan.roots, Fused) and running.refusal(plan.roots) is None:
            try:
                rows = await running.whole(plan.roots)
                operation.context.work.texts(rows[0] if rows else ())
            except Exception as error:  # noqa: BLE001 -- told once, and nothing is read again.
                planner.counted["failed"] += 1
                return failed(error)
            if rows is not None:
                planner.counted["one statement"] += 1
                return ExecutionResult(data=cast("Any", orjson.Fragment(rows[0][0])), errors=None)
        elif isinstance(plan.roots, str):
            planner.counted[f"mixed: {plan.roots}"] += 1
        return await self._mixed(prepared, variables, running)

    async def _variables(self, prepared: Prepared) -> Any:
        """Coerce the variables, or tell what is wrong; what is long beside the event loop."""
        operation, planner = self.execution_context, self._planner
        values, payer = operation.variables or {}, operation.context.payer
        if operation.context.entries > ENTRIES:
            found = await planner.apart.made(payer, partial(prepared.variables, values))
        else:
            found = prepared.variables(values)
        if found is not None:
            return found
        planner.counted["refused: variables"] += 1
        errors = await planner.apart.made(payer, partial(prepared.refused, values))
        return errors_only(errors)

    async def _mixed(
        self, prepared: Prepared, variables: VariableValues, running: Running | None = None
    ) -> Any:
        trace.CURRENT.get().plan = "mixed"
        mixed = self._executor(prepared, variables)
        mixed.running = running

        async def execute() -> Any:
            return await await_maybe(mixed.execute_operation())

        return await Later(mixed.context_value.work.effort, execute)

    def _executor(self, prepared: Prepared, variables: VariableValues) -> Mixed:
        operation = self.execution_context
        return Mixed(
            self._planner.schema,
            prepared.definitions,
            prepared.fragments,
            operation.root_value,
            operation.context,
            prepared.operation,
            variables,
            field_resolver,
            type_resolver,
            field_resolver,
            is_awaitable=optimized_is_awaitable,
            **operation.schema._get_custom_context_kwargs(operation.operation_extensions),  # noqa: SLF001 -- as Strawberry calls its own executor.
        )
