"""Rules for the operation of a request that go beyond validation."""

from collections.abc import Iterator

from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension

from schema.graphql.errors import ClientError, ErrorCode
from schema.graphql.extensions.limits import measured


class ChosenOperation(SchemaExtension):
    """Refuses several operations without `operationName`; Strawberry would run the first one."""

    def on_validate(self) -> Iterator[None]:
        """Add to what the validation cache, which goes before, has found."""
        context = self.execution_context
        document = context.graphql_document
        definitions = document.definitions if document else ()
        several = sum(isinstance(it, OperationDefinitionNode) for it in definitions) > 1
        if several and context._provided_operation_name is None:  # noqa: SLF001
            error = GraphQLError("Say which of the operations to run: operationName.")
            context.pre_execution_errors = [*(context.pre_execution_errors or ()), error]
        yield


class Scoped(SchemaExtension):
    """Refuses an operation whose token lacks a scope that any of its fields needs."""

    def on_validate(self) -> Iterator[None]:
        """Compare two sets, once, for an operation that is otherwise in order."""
        operation = self.execution_context
        if not operation.pre_execution_errors:
            missing = (
                measured(operation).demands(operation.operation_name)
                - operation.context.viewer.scopes
            )
            if missing:
                operation.pre_execution_errors = [_forbidden(sorted(missing))]
        yield


def _forbidden(missing: list[str]) -> ClientError:
    what = "scope" if len(missing) == 1 else "scopes"
    message = f"This token lacks the {what} {', '.join(missing)}."
    return ClientError(ErrorCode.FORBIDDEN, message, missingScopes=missing)
