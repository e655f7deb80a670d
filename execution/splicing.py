"""The two places where fused statements enter an answer.

An operation whose root fields are all fusible is one statement, and graphql-core is not asked.
In every other operation graphql-core's executor walks the levels that are not fusible; where it
meets a field whose sub-tree is, the field's statement is run once for all parents of the level,
and its texts are put into the answer unread.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Sequence
from functools import partial
from typing import Any, Protocol

import orjson
from aiodataloader import DataLoader
from graphql import DocumentNode, OperationType
from graphql.execution.values import VariableValues
from sqlalchemy.engine import Dialect
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionResult

from execution.fusing import Unfusible
from execution.plans import Asked, Fused, Plan, Planner, operation_of

_log = logging.getLogger("abruf")
_ROOT = 0
"""Stands for the key of a field that has no parent."""


class Runs(Asked, Protocol):
    """What an operation's context must offer to the executor."""

    plans: bool
    splicing: "Splicing | None"
    batches: dict[Any, DataLoader[Any, Any]]
    dialect: Dialect

    async def texts(self, statement: str, values: Sequence[Any]) -> Sequence[Any]:
        """Run one statement and return its rows."""


class Splicing:
    """The plan of one running operation."""

    def __init__(self, plan: Plan, variables: VariableValues, context: Runs) -> None:
        """Take the plan and what to run it with."""
        self._plan, self._variables, self._context = plan, variables, context
        self._counted = plan.planner.counted

    async def run(self, fused: Fused, keys: Sequence[Any] = ()) -> Sequence[Any] | None:
        """Run a fused field, None where the reference executor must answer."""
        context, planner = self._context, self._plan.planner
        try:
            what = fused.given(planner, self._variables, context)
        except Exception:  # noqa: BLE001 -- what a resolver raises is told by the reference executor, with its path.
            self._counted["reference: an argument was refused"] += 1
            return None
        try:
            statement = fused.statement(context, what, context.dialect)
        except Unfusible as why:
            self._counted[f"reference: {why}"] += 1
            return None
        except Exception:  # noqa: BLE001 -- a fault of ours must not take the answer from a client.
            _log.exception("No statement could be made")
            self._counted["reference: a fault of the planner"] += 1
            return None
        values = statement.values({**context.named, "keys": keys}, what)
        try:
            return await context.texts(statement.text, values)
        except Exception:  # noqa: BLE001 -- whatever it is, the reference executor meets and tells it too.
            self._counted["reference: the statement failed"] += 1
            return None

    def field(self, parent: Any, source: Any, details: Any) -> Awaitable[Any] | None:
        """Ask for the text below a field of one parent, None if no statement gives it."""
        fused = self._plan.field(parent, details, self._variables)
        if fused is None:
            return None
        key = _ROOT if fused.key is None else getattr(source, fused.key[0], None)
        if key is None:
            return None
        batches = self._context.batches
        loader = batches.get(fused)
        if loader is None:
            loader = batches[fused] = DataLoader(partial(self._level, fused))
        return loader.load(key)

    async def _level(self, fused: Fused, keys: Sequence[Any]) -> list[Any]:
        rows = await self.run(fused, list(keys))
        if rows is None:
            return [None] * len(keys)
        self._counted["spliced levels"] += 1
        found = {_ROOT: rows[0][0]} if fused.key is None else dict(iter(rows))
        return [orjson.Fragment(found[key]) for key in keys]


class SplicingExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, which takes the texts of fused sub-trees as answers."""

    def execute_field(
        self,
        parent_type: Any,
        source: Any,
        field_details_list: Any,
        path: Any,
        position_context: Any,
    ) -> Any:
        """Answer a field by its statement, or else as graphql-core does."""
        splicing = getattr(self.context_value, "splicing", None)
        text = splicing and splicing.field(parent_type, source, field_details_list)
        rest = (parent_type, source, field_details_list, path, position_context)
        return self._spliced(text, rest) if text else super().execute_field(*rest)

    async def _spliced(self, text: Awaitable[Any], rest: Any) -> Any:
        found = await text
        if found is not None:
            return found
        answer = super().execute_field(*rest)
        return await answer if self.is_awaitable(answer) else answer


class Planned(SchemaExtension):
    """Answers what is fusible before graphql-core executes the operation."""

    def __init__(self, planner: Planner) -> None:
        """Take the planner, which outlives the operation."""
        self._planner = planner

    async def on_execute(self) -> AsyncIterator[None]:
        """Set the result, or leave it to the executor."""
        context: Runs = self.execution_context.context
        context.splicing = None
        if context.plans:
            data = await self._data(context)
            if data is not None:
                self.execution_context.result = ExecutionResult(data=data, errors=None)
        yield

    async def _data(self, context: Runs) -> Any:
        """Return the data, None where it is not one statement."""
        asked, counted = self.execution_context, self._planner.counted
        document: DocumentNode | None = asked.graphql_document
        self._planner.serve(asked.schema)
        operation = document and operation_of(document, asked.operation_name)
        if document is None or not operation or asked.query is None:
            return None
        if operation.operation is OperationType.SUBSCRIPTION:
            # What was read for one event must not answer the next.
            return None
        variables = self._planner.variables(operation, asked.variables)
        if variables is None:
            counted["reference: variables"] += 1
            return None
        plan, roots = self._planner.plan(asked.query, document, operation, variables)
        splicing = Splicing(plan, variables, context)
        if isinstance(roots, Fused):
            rows = await splicing.run(roots)
            if rows is None:
                return None
            counted["one statement"] += 1
            return orjson.Fragment(rows[0][0])
        counted[f"walked: {roots}"] += 1
        context.splicing = splicing
        return None


__all__ = ["Planned", "Planner", "SplicingExecutor"]
