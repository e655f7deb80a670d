"""Trusted documents: registered by who builds a client."""

from collections.abc import Sequence
from functools import partial

import strawberry

from commands.access import documents
from commands.access.documents import DocumentsRegister
from commands.writing.transaction import Outcome
from kit.errors import Code, Problem, Refused
from kit.inputs import LARGEST_BULK
from resolvers.running.context import Context
from resolvers.running.writing import write
from schema.graphql.extensions.limits import CHARACTERS, faults
from schema.graphql.mutations import Payload, mutation


async def _register(context: Context, command: DocumentsRegister) -> Outcome:
    """Register what the schema understands.

    Each document is checked beside the event loop when it is the payer's turn, and costs what
    judging one does that is sent. As many as one call may have are checked on a busy machine, too:
    the time to answer begins anew with each. An operation of several calls has no more time than
    that, and judges what they have in common once.
    """
    problems: list[Problem] = []
    for place, document in enumerate(command.documents):
        path = ("documents", place, "text")
        found = await _checked(context, document.text)
        problems += [Problem(Code.INVALID, message, path) for message in found]
    if problems:
        raise Refused.of(problems)
    return await write(context, command, documents.register)


async def _checked(context: Context, text: str) -> Sequence[str]:
    """Return what is wrong with a document, paid by its length, at least a point."""
    checked = context.checked
    if text not in checked:
        context.bill.owe_planning(1 + len(text) // CHARACTERS)
        judge = partial(faults, context.schema, text, context.limits)
        checked[text] = await context.apart.made(context.payer, judge)
        if len(checked) <= LARGEST_BULK:
            context.begin_time()
    return checked[text]


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
