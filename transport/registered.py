"""Registered documents, answered unasked: of what happens, in the name of who is told."""

import asyncio
from collections.abc import Mapping
from typing import Any

from strawberry.types.graphql import OperationType

from kit.clock import Clock
from kit.db.database import Database
from models.access.viewers import Viewer
from resolvers.running.context import Context, Terms
from resolvers.running.process import Process
from schema.graphql.errors import ErrorCode
from schema.schema import schema
from workers.messages.webhooks.bodies import Unanswered

_LONGEST_S = 30
"""That an owner is waited for whose points are spent: less than whoever sends has its lease."""
_PASSING = frozenset({ErrorCode.TIMEOUT, ErrorCode.UNAVAILABLE, ErrorCode.INTERNAL_SERVER_ERROR})
"""Codes of what says nothing of the document: it may be answered another time."""


class Answers:
    """Answers registered queries with their owners' rights, paid by their owners' points."""

    def __init__(self, database: Database, clock: Clock, terms: Terms) -> None:
        """Take what is read, and on what terms."""
        self._database, self._clock, self._terms = database, clock, terms
        self._process = Process(database)

    async def __call__(
        self, viewer: Viewer, key: str, variables: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return `data`, and `errors` if there are any.

        Unanswered: it took too long, or something of ours has failed. TimeoutError: its points are
        all spent.
        """
        async with asyncio.timeout(_LONGEST_S):
            while True:
                result = await self._result(viewer, key, variables)
                errors = [it.formatted for it in result.errors or ()]
                if failed := _PASSING.intersection(map(_code, errors)):
                    raise Unanswered(min(failed))
                wait = _seconds_until_paid(errors)
                if not wait:
                    return {"data": result.data} | ({"errors": errors} if errors else {})
                await asyncio.sleep(wait)

    async def _result(self, viewer: Viewer, key: str, variables: Mapping[str, Any]) -> Any:
        context = Context(
            viewer, self._database, self._clock, terms=self._terms, process=self._process
        )
        return await schema.execute(
            None,
            variable_values=dict(variables),
            context_value=context,
            allowed_operation_types={OperationType.QUERY},
            operation_extensions={"documentId": key},
        )


def _code(error: Any) -> Any:
    return error.get("extensions", {}).get("code")


def _seconds_until_paid(errors: Any) -> int:
    """Return how long to wait for points, 0 where they were there."""
    for each in errors:
        if _code(each) == ErrorCode.THROTTLED.value:
            return int(each["extensions"].get("retryAfter", 1))
    return 0
