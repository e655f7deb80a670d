"""graphql-core's executor, which takes from statements what they can answer of an object.

Whatever no statement answers is resolved, completed and told of by graphql-core itself. One
statement answers all objects of a level that are completed together.
"""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLObjectType
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.levels import Level


class Mixed(StrawberryGraphQLCoreExecutionContext):
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
            rest: Any = super().execute_fields(parent_type, parent, path, left, context)
            found |= await rest if self.is_awaitable(rest) else rest
        return {key: found[key] for key in fields if key in found}
