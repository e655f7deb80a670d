"""Tells every operation to the telemetry: its type, how it ended, nothing of its text."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from kit.db.lost import Unavailable
from kit.telemetry import trace
from kit.telemetry.metrics import OK
from kit.telemetry.names import NamedOperation
from schema.graphql.errors import ErrorCode, default_code

_NO_OPERATION = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
CANCELLED = "CANCELLED"
"""The client has gone, or the server stops."""


class Observed(SchemaExtension):
    """The outermost extension: gives the operation a trace of its own and tells its end."""

    async def on_operation(self) -> AsyncIterator[None]:
        """Begin, and end however it ends."""
        request = trace.CURRENT.get()
        if request.telemetry is None:
            yield
            return
        viewer = self.execution_context.context.viewer
        own = request.operation(viewer.merchant_id, viewer.key_id)
        trace.CURRENT.set(own)
        running = request.telemetry.begin(own)
        outcome = OK
        try:
            yield
            outcome = self._result()
        except BaseException as error:
            outcome = _outcome(error)
            raise
        finally:
            running.end(self._kind(), outcome, self._named())

    def get_results(self) -> dict[str, Any]:
        """Name the request where the client is told an error: log lines have the same name."""
        if not self.execution_context.pre_execution_errors:
            return {}
        return {"requestId": trace.CURRENT.get().request_id}

    def _kind(self) -> str:
        try:
            return self.execution_context.operation_type.value
        except RuntimeError:
            return "unknown"

    def _named(self) -> NamedOperation:
        """Return what tells this operation from others."""
        operation = self.execution_context
        try:
            name = operation.operation_name
        except RuntimeError:
            name = None
        is_registered = operation.context.is_trusted
        return NamedOperation(name, operation.query or "", is_registered=is_registered)

    def _result(self) -> str:
        """Return the code of the first error that the client is told."""
        context = self.execution_context
        errors = context.pre_execution_errors or (context.result and context.result.errors)
        return _outcome(errors[0]) if errors else OK


def _outcome(error: BaseException) -> str:
    if isinstance(error, GraphQLError):
        return str((error.extensions or {}).get("code", default_code(error).value))
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return CANCELLED
    if isinstance(error, TimeoutError):
        return ErrorCode.TIMEOUT.value
    if isinstance(error, Unavailable):
        return ErrorCode.UNAVAILABLE.value
    if isinstance(error, _NO_OPERATION):
        return ErrorCode.BAD_USER_INPUT.value
    return ErrorCode.INTERNAL_SERVER_ERROR.value
