"""The whole schema: every room's roots put together, with the operation's extensions."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import strawberry
from graphql import GraphQLError, MiddlewareManager
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.tools import merge_types
from strawberry.types import ExecutionContext
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

import schema as schema_package
from execution.mixed import Mixed
from execution.planned import Planned
from execution.plans import Planner
from kit.telemetry import trace
from loaders.reading.relations import Nested, Relation
from schema.events.kinds import event_types
from schema.graphql.connections import declare_pages
from schema.graphql.errors import ClientError, ErrorCode, after_write, shown
from schema.graphql.extensions.buckets import ENTRY, Charged, charged
from schema.graphql.extensions.documents import Trusted, find_document
from schema.graphql.extensions.hooks import Hooks
from schema.graphql.extensions.limits import Deadline, Limited, page_that_fits
from schema.graphql.extensions.observed import Observed
from schema.graphql.extensions.operations import ChosenOperation, Scoped
from schema.graphql.mutations import VERB
from schema.graphql.scalars import FORMS, SCALARS
from schema.graphql.scopes import describe_by_verbs

PLANNER = Planner(FORMS, (Relation, Nested))
"""The plans of this process; what it counts is shown by the metrics."""


class OneOperation(SchemaExtension):
    """Gives every operation a time, a read connection and loaders of its own."""

    async def on_operation(self) -> AsyncIterator[None]:
        """Open before the operation, close after it."""
        context = self.execution_context.context
        context.schema = self.execution_context.schema._schema  # noqa: SLF001 -- graphql-core's side of it.
        context.apart = PLANNER.apart
        await context.enter()
        try:
            yield
        finally:
            await context.finish()

    async def on_stream_result(self, result: Any) -> AsyncIterator[None]:
        """Hold nothing while an answer is on its way: its client may read slowly."""
        del result
        await self.execution_context.context.pause()
        yield


_NO_MIDDLEWARE = MiddlewareManager()
"""No extension of ours stands around single fields."""


class Schema(strawberry.Schema):
    """Strawberry's schema with our error contract."""

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> Hooks:
        """Return what runs the extensions' hooks."""
        return Hooks(execution_context, extensions)

    def _get_middleware_manager(self, extensions: list[SchemaExtension]) -> MiddlewareManager:
        del extensions
        return _NO_MIDDLEWARE

    def _get_custom_context_kwargs(
        self, operation_extensions: dict[str, Any] | None = None, *, sync: bool = False
    ) -> dict[str, Any]:
        """Keep "Did you mean" out of errors in variables too."""
        arguments = super()._get_custom_context_kwargs(operation_extensions, sync=sync)
        return arguments | {"hide_suggestions": True}

    async def _prepare_operation_async(
        self, context: ExecutionContext, extensions_runner: SchemaExtensionsRunner
    ) -> PreExecutionError | None:
        """Charge the request, find its document, and tell refusals to streams too."""
        try:
            await charged(context.context.bill, ENTRY)
            await find_document(context)
            return await super()._prepare_operation_async(context, extensions_runner)
        except GraphQLError as refused:
            return PreExecutionError(data=None, errors=[refused])

    async def execute(self, *args: Any, **arguments: Any) -> Any:
        """Refuse a subscription where one answer is all that is sent."""
        arguments["allowed_operation_types"] = set(
            arguments.get("allowed_operation_types") or OperationType
        ) - {OperationType.SUBSCRIPTION}
        try:
            return await super().execute(*args, **arguments)
        except InvalidOperationTypeError as error:
            if error.operation_type is not OperationType.SUBSCRIPTION:
                raise
            message = "Subscribe over a WebSocket, or with `Accept: text/event-stream` alone."
            refused = ClientError(ErrorCode.BAD_USER_INPUT, message)
            own = {"requestId": trace.CURRENT.get().request_id}
            return PreExecutionError(data=None, errors=[refused], extensions=own)

    async def stream(self, *args: Any, **arguments: Any) -> Any:
        """Tell a stream's client what an answer's would be told: too late, too long, malformed."""
        return _ended(await super().stream(*args, **arguments))

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Give every error its code; faults are logged where they are masked."""
        ended = execution_context and execution_context.context.work.ended
        page = page_that_fits(execution_context, ended) if execution_context and ended else 0
        errors[:] = [shown(error, page) for error in errors]
        if execution_context and execution_context.context.has_written:
            errors[:] = [after_write(error) for error in errors]


async def _ended(results: Any) -> AsyncGenerator[Any, None]:
    """Turn what ends a stream early into its last result."""
    async with aclosing(results):
        try:
            async for result in results:
                yield result
        except Exception as error:  # noqa: BLE001 -- `shown` masks and logs what is our fault.
            own = error if isinstance(error, GraphQLError) else None
            last = own or GraphQLError(str(error), original_error=error)
            yield PreExecutionError(data=None, errors=[shown(last)])


_FIRST = ("ViewerQuery", "NodesQuery")
"""What is no business stands before all that is."""


def _roots(ending: str) -> Iterator[Any]:
    """Find the classes of all rooms whose names end so."""
    for found in walk_packages(schema_package.__path__, f"{schema_package.__name__}."):
        if found.name != __name__:
            module = import_module(found.name)
            for name, each in vars(module).items():
                if name.endswith(ending) and getattr(each, "__module__", "") == module.__name__:
                    yield each


def _place(room: Any) -> tuple[int, str]:
    return (*_FIRST, room.__name__).index(room.__name__), room.__name__


def _root(name: str, description: str) -> Any:
    """Return a root type: the fields of CatalogQuery, ChannelsQuery ..., by the classes' names."""
    merged: Any = merge_types(name, tuple(sorted(_roots(name), key=_place)))
    merged.__strawberry_definition__.description = description
    return merged


_MUTATION = _root("Mutation", "Everything that can be done.")
describe_by_verbs(it.metadata[VERB] for it in _MUTATION.__strawberry_definition__.fields)
schema = Schema(
    query=_root("Query", "Everything that can be read."),
    mutation=_MUTATION,
    subscription=_root("Subscription", "What can be followed while it happens."),
    types=event_types(),
    config=StrawberryConfig(scalar_map=SCALARS),
    execution_context_class=Mixed,
    extensions=[
        Observed,
        OneOperation,
        Deadline,
        lambda: Limited(PLANNER.apart),
        ChosenOperation,
        Scoped,
        Trusted,
        Charged,
        lambda: Planned(PLANNER),
    ],
)
_core = schema._schema  # noqa: SLF001 -- graphql-core's side of it.
_core.description = (
    "Abruf: orders line by line, call-off contracts drawn down in parts, deliveries at agreed"
    " times, parcels tracked to the doorstep. Each field says which scope a token needs; quantities"
    " and amounts are exact decimals, as texts."
)
declare_pages(_core.type_map.values())
