"""Trusted documents: registered by who builds a client."""

import asyncio

import strawberry

from commands.access import documents
from commands.access.documents import DocumentsRegister
from commands.writing.transaction import Outcome
from kit.errors import Code, Problem, Refused
from resolvers.running.context import Context
from resolvers.running.writing import write
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
    return await write(context, command, documents.register)


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

    documents_register: DocumentsRegisterPayload = mutation(documents.register, _register)
