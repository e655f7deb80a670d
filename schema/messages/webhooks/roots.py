"""What is asked of webhooks, and done with them."""

from collections.abc import Iterator
from functools import partial

import strawberry
from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    parse,
    print_ast,
)

from commands.messages.webhooks import again, manage, secrets, states
from commands.messages.webhooks.inputs import WebhookTerms
from commands.writing.transaction import Outcome
from commands.writing.verbs import AnyVerb
from execution.fields import related
from kit.errors import Code, Refusals, Refused
from loaders.access import documents
from loaders.messages import webhooks as loaders
from loaders.messages.webhooks import sent
from resolvers.running.context import Context
from resolvers.running.writing import write
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.roots import one_by
from schema.messages.webhooks.types import Webhook, WebhookAttempt, WebhookMessage

described(
    loaders.WebhookSort,
    "WebhookSort",
    "Order of a list of webhooks.",
    OLDEST_FIRST="The oldest first.",
    NEWEST_FIRST="The newest first.",
)
_ONE_QUERY = "It must be one query with one variable, `$id: ID!`, to be asked for an event."


async def _write(context: Context, command: WebhookTerms, verb: AnyVerb) -> Outcome:
    """Run a verb once URL and document are looked at, of which commands know nothing.

    Refused: INVALID for what may not be asked, as whatever the verb refuses.
    """
    refusals = Refusals()
    with refusals:
        if url := getattr(command, "url", ""):
            reason = context.outgoing.refuse(url)
            if reason is not None:
                raise Refused(Code.INVALID, reason, ("url",))
    with refusals:
        if command.document is not None:
            text = await documents.document_text(context.viewer, command.document, context.reads)
            if text is not None and not _is_askable(text):
                raise Refused(Code.INVALID, _ONE_QUERY, ("document",))
    refusals.end()
    return await write(context, command, verb)


def _is_askable(text: str) -> bool:
    """Tell whether a document is one query with one variable, the id of an object."""
    try:
        operations = [*_operations(parse(text))]
    except GraphQLError:
        return False
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        return False
    variables = operations[0].variable_definitions or ()
    if len(variables) != 1 or variables[0].variable.name.value != "id":
        return False
    return print_ast(variables[0].type) == "ID!"


def _operations(document: DocumentNode) -> Iterator[OperationDefinitionNode]:
    yield from (it for it in document.definitions if isinstance(it, OperationDefinitionNode))


@strawberry.type(description="Outcome of a mutation of one webhook.")
class WebhookPayload(Payload):
    """The webhook."""

    webhook: Webhook | None = related(
        loaders.by_id, "The webhook; null when refused.", key="webhook_id"
    )


_SHOWN_ONCE = (
    "The secret with which receivers verify messages, shown only now: neither a later read nor a"
    " repetition of this call has it."
)


@strawberry.type(description="Outcome of `webhookCreate`.")
class WebhookCreatePayload(WebhookPayload):
    """The new webhook."""

    secret: str | None = strawberry.field(description=_SHOWN_ONCE)


@strawberry.type(description="Outcome of `webhookUpdate`.")
class WebhookUpdatePayload(WebhookPayload):
    """The webhook."""


@strawberry.type(description="Outcome of `webhookDelete`.")
class WebhookDeletePayload(WebhookPayload):
    """The webhook that is told nothing any more."""


@strawberry.type(description="Outcome of `webhookRotateSecret`.")
class WebhookRotateSecretPayload(WebhookPayload):
    """The webhook with its new secret."""

    secret: str | None = strawberry.field(description=_SHOWN_ONCE)


@strawberry.type(description="Outcome of `webhookTest`.")
class WebhookTestPayload(WebhookPayload):
    """The webhook that is tried."""

    message: WebhookMessage | None = related(
        sent.message_by_id, "The message that it is sent.", key="message_id"
    )


@strawberry.type(description="Outcome of `webhookPause`.")
class WebhookPausePayload(WebhookPayload):
    """The webhook that is sent nothing for a while."""


@strawberry.type(description="Outcome of `webhookResume`.")
class WebhookResumePayload(WebhookPayload):
    """The webhook that is sent something again."""


@strawberry.type(description="Outcome of `webhookRedeliver`.")
class WebhookRedeliverPayload(Payload):
    """The message."""

    message: WebhookMessage | None = related(
        sent.message_by_id, "The message; null when refused.", key="message_id"
    )


@strawberry.type(description="Outcome of `webhookReplay`.")
class WebhookReplayPayload(WebhookPayload):
    """The webhook that is sent things once more."""


@strawberry.type
class WebhooksQuery:
    """Root fields that read webhooks."""

    webhook: Webhook | None = one_by("One webhook.", Webhook=loaders.by_id)
    webhooks: Connection[Webhook] | None = connection(
        loaders.every,
        "Endpoints that are told what happens: staff sees all, a client its own.",
        key=None,
        filters=loaders.WebhookFilter,
        sorts=loaders.WebhookSort,
    )
    webhook_attempts: Connection[WebhookAttempt] | None = connection(
        sent.attempts,
        "What was sent to endpoints and what they have answered, the newest first.",
        key=None,
        filters=sent.WebhookAttemptFilter,
    )


@strawberry.type
class WebhooksMutation:
    """Mutations of webhooks."""

    webhook_create: WebhookCreatePayload = mutation(
        manage.create, partial(_write, verb=manage.create)
    )
    webhook_update: WebhookUpdatePayload = mutation(
        manage.change, partial(_write, verb=manage.change)
    )
    webhook_delete: WebhookDeletePayload = mutation(manage.remove)
    webhook_rotate_secret: WebhookRotateSecretPayload = mutation(secrets.rotate_secret)
    webhook_test: WebhookTestPayload = mutation(states.try_out)
    webhook_pause: WebhookPausePayload = mutation(states.pause)
    webhook_resume: WebhookResumePayload = mutation(states.resume)
    webhook_redeliver: WebhookRedeliverPayload = mutation(again.redeliver)
    webhook_replay: WebhookReplayPayload = mutation(again.replay)
