"""Trusted documents: registered by who builds a client."""

import asyncio
from collections.abc import Awaitable

import strawberry

from commands.access.documents import DocumentsRegister
from commands.writing.transaction import Outcome
from kit.errors import Code, Problem, Refused
from models.access.viewers import Scope
from resolvers.access import documents as resolvers
from resolvers.running.context import Context
from schema.graphql.extensions.limits import faults
from schema.graphql.mutations import Payload, mutation


async def _register(context: Context, command: DocumentsRegister) -> Outcome:
    """Register what the schema understands. Others have their turn between two documents."""
    problems: list[Problem] = []
    for place, document in enumerate(command.documents):
        found = faults(context.schema, document.text, context.limits)
        path = ("documents", place, "text")
        problems += [Problem(Code.INVALID, message, path) for message in found]
        await asyncio.sleep(0)
    if problems:
        raise Refused.of(problems)
    registered: Awaitable[Outcome] = resolvers.register(context, command)
    return await registered


@strawberry.type(description="Outcome of `documentsRegister`.")
class DocumentsRegisterPayload(Payload):
    """The names of the documents."""

    ids: list[str] | None = strawberry.field(
        description="`sha256:` and the hash of each document, in the order of the input; null when"
        " the call was refused."
    )


@strawberry.type
class DocumentsMutation:
    """Root fields that write documents."""

    documents_register: DocumentsRegisterPayload = mutation(
        _register,
        DocumentsRegister,
        DocumentsRegisterPayload,
        Scope.DOCUMENTS_MANAGE,
        "Register documents, so that clients may name them instead of sending them, and keys may"
        " be kept to them. What is registered already stays as it is.",
    )
