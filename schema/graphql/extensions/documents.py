"""Trusted documents: from the names that clients send to the texts, and what a key may send."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext
from strawberry.types.graphql import OperationType

from commands.access.documents import hash_of, key_of
from models.access.viewers import Documents
from resolvers.running.context import Context
from schema.graphql.errors import ClientError, ErrorCode

_ID = "documentId"
"""Under this name a request's extensions carry the name of its document."""
_NAMES = (_ID, "id", "doc_id")
"""What requests call it: GraphQL over HTTP, Relay today and in former times."""
_NOT_FOUND = "PersistedQueryNotFound"
"""The words for which Apollo's clients look."""
_REGISTERED_ONLY = "This key runs registered documents only: send a `documentId`."
_READS_ONLY = "This key reads with any document, and changes only by registered ones."


def with_document_name(request: Mapping[str, Any], extensions: Any) -> Any:
    """Return the extensions of a request without text, with the name of its document in them."""
    name = next((request[it] for it in _NAMES if it in request), None)
    return extensions if name is None else {**(extensions or {}), _ID: name}


def _wanted(context: ExecutionContext) -> str | None:
    """Return the key of the document that a request names, None where it names none."""
    extensions = context.operation_extensions or {}
    name = extensions.get(_ID)
    if (persisted := extensions.get("persistedQuery")) is not None:
        known = isinstance(persisted, dict) and persisted.get("version") == 1
        name = persisted.get("sha256Hash", False) if known else False
    if name is not None and (not isinstance(name, str) or "\0" in name):
        message = "Name a document by a text, such as `sha256:` and 64 hexadecimal digits."
        raise ClientError(ErrorCode.BAD_USER_INPUT, message)
    return None if name is None else key_of(name)


async def find_document(context: ExecutionContext) -> None:
    """Give an operation the document that its request names, and note whether it is registered.

    ClientError: nobody knows it, it is not the one that was sent, or the key may not send one.
    """
    mine: Context = context.context
    key, mode, sent = _wanted(context), mine.viewer.documents, context.query
    if not sent and key is not None:
        context.query = await mine.documents.registered(mine.viewer, key, mine.reads)
        # Charging takes a connection, too: who has a turn holds one at most.
        await mine.reads.close()
        mine.is_trusted = context.query is not None
        if not mine.is_trusted and mode is Documents.ANY:
            context.query = mine.documents.shown(mine.payer, key)
        if context.query is None:
            raise ClientError(ErrorCode.PERSISTED_QUERY_NOT_FOUND, _NOT_FOUND)
    elif sent and mode is Documents.REGISTERED:
        raise _untrusted(_REGISTERED_ONLY)
    elif sent and key is not None:
        if key != hash_of(sent):
            message = "The document is not the one that its SHA-256 names."
            raise ClientError(ErrorCode.BAD_USER_INPUT, message)
        if mode is Documents.ANY and len(sent) <= mine.limits.source:
            mine.documents.show(mine.payer, key, sent)


class Trusted(SchemaExtension):
    """Lets keys that explore read with any document, and change only by registered ones."""

    def on_validate(self) -> Iterator[None]:
        """Refuse the mutation of a document that is not registered."""
        context = self.execution_context
        mine: Context = context.context
        explores = mine.viewer.documents is Documents.REGISTERED_AND_EXPLORE
        changes = context.operation_type is OperationType.MUTATION
        if explores and not mine.is_trusted and changes:
            errors = context.pre_execution_errors or ()
            context.pre_execution_errors = [*errors, _untrusted(_READS_ONLY)]
        yield


def _untrusted(message: str) -> GraphQLError:
    return ClientError(ErrorCode.DOCUMENT_NOT_REGISTERED, message)
