"""graphql-core's executor with a bound, and the one that takes from statements what they answer.

Whatever no statement answers is resolved, completed and told of by graphql-core itself. One
statement answers all objects of a level that are completed together.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLObjectType
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.levels import Level
from kit.work import SLICE

_MANY = 10
"""A list with no more items waits for no turn: so few keep nobody waiting."""


class Bounded(StrawberryGraphQLCoreExecutionContext):
    """Counts the objects and bytes of an answer, and leaves the event loop to others between lists.

    TooLarge: the answer is more than its limits allow. Nothing of it is sent then.
    """

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        """Count an object and its keys, then answer its fields."""
        self.context_value.work.add(1, sum(map(len, grouped_field_set)), grouped_field_set)
        return super().execute_fields(
            parent_type, source_value, path, grouped_field_set, position_context
        )

    def complete_list_value(self, *about: Any) -> Any:
        """Complete a list, a long one when it is its turn."""
        items = about[4]
        long = isinstance(items, list | tuple) and len(items) > _MANY
        return self._in_turn(*about) if long else super().complete_list_value(*about)

    async def _in_turn(self, *about: Any) -> Any:
        await self.context_value.work.slot(min(len(about[4]), SLICE))
        completed = super().complete_list_value(*about)
        return await completed if self.is_awaitable(completed) else completed

    def complete_leaf_value(self, return_type: Any, result: Any) -> Any:  # type: ignore[override]
        """Count a value's characters."""
        value = super().complete_leaf_value(return_type, result)
        self.context_value.work.add(0, len(value) if isinstance(value, str) else 1)
        return value

    def build_response(self, data: Any) -> Any:
        """Tell nothing but that the answer was too large, where it was."""
        ended = self.context_value.work.ended
        return super().build_response(data) if ended is None else failed(ended)


class Mixed(Bounded):
    """Executes one operation of which not everything is one statement."""

    running: Any
    """The operation's plan with what it runs with (`planned.Running`)."""

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        """Answer the fields of one object."""
        level = self.running.level(parent_type, grouped_field_set)
        known = level.leaves(source_value)
        self.context_value.work.add(1, _size(grouped_field_set, known), grouped_field_set)
        if len(known) == len(grouped_field_set):
            return {key: known[key] for key in grouped_field_set}
        about = (parent_type, source_value, path, grouped_field_set, position_context)
        return self._object(level, known, *about)

    async def _object(self, level: Level, known: Mapping[str, Any], *about: Any) -> dict[str, Any]:
        """Ask the level's statement, and let graphql-core resolve what is left."""
        parent_type, parent, path, fields, context = about
        found = {**known, **await self.running.texts(level, parent)}
        left = {key: nodes for key, nodes in fields.items() if key not in found}
        if left:
            # The object is counted already.
            rest: Any = super(Bounded, self).execute_fields(
                parent_type, parent, path, left, context
            )
            found |= await rest if self.is_awaitable(rest) else rest
        return {key: found[key] for key in fields if key in found}


def _size(keys: Iterable[str], known: Mapping[str, Any]) -> int:
    """Return about how many bytes an object's keys and leaves take."""
    return sum(map(len, keys)) + sum(len(it) for it in known.values() if isinstance(it, str))


def failed(error: Exception) -> ExecutionResult:
    """Return the answer that only tells one error, of no field."""
    return ExecutionResult(None, [GraphQLError(str(error), original_error=error)])
