"""Trusted documents: registered by who builds a client."""

from functools import partial

import strawberry

from commands.access import documents
from commands.access.documents import DocumentsRegister
from commands.writing.transaction import Outcome
from kit.errors import Code, Problem, Refused
from resolvers.running.context import Context
from resolvers.running.writing import write
from schema.graphql.extensions.limits import CHARACTERS, faults
from schema.graphql.mutations import Payload, mutation


async def _register(context: Context, command: DocumentsRegister) -> Outcome:
    """Register what the schema understands.

    Each document is judged beside the event loop when it is the payer's turn, and costs what
    judging one does that is sent. As many as may be sent are judged on a busy machine, too: the
    time to answer begins anew with each.
    """
    problems: list[Problem] = []
    for place, document in enumerate(command.documents):
        context.bill.owe_planning(len(document.text) // CHARACTERS)
        judge = partial(faults, context.schema, document.text, context.limits)
        found = await context.apart.made(context.payer, judge)
        path = ("documents", place, "text")
        problems += [Problem(Code.INVALID, message, path) for message in found]
        context.begin_time()
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
