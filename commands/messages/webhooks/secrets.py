"""What signs the messages of an endpoint: two secrets at once for a day, so that none is missed."""

from uuid import UUID

from sqlalchemy import delete, select

from commands.messages.webhooks.inputs import WebhookRotateSecret
from commands.messages.webhooks.owned import lock_webhook
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.ids import new_id
from kit.standards.webhooks import new_signing_secret, secret_text
from models.access.tokens import Shown
from models.events.messages.webhooks import WebhookSecretRotated
from models.messages.webhooks.states import CHANGE
from models.messages.webhooks.tables import ROTATION, WebhookSecret


def add_secret(writing: Writing, webhook_id: UUID) -> Shown:
    """Give a webhook a new secret, and return it as it is shown, this once."""
    secret = new_signing_secret()
    writing.session.add(
        WebhookSecret(
            merchant_id=writing.viewer.merchant_id,
            id=new_id(),
            webhook_id=webhook_id,
            secret=secret,
            created_at=writing.now,
        )
    )
    return Shown(secret_text(secret))


async def forget_secrets(writing: Writing, webhook_id: UUID) -> None:
    """Let nothing be signed for a webhook any more."""
    own = (
        WebhookSecret.merchant_id == writing.viewer.merchant_id,
        WebhookSecret.webhook_id == webhook_id,
    )
    await writing.session.execute(delete(WebhookSecret).where(*own))


@verb(
    CHANGE,
    "Give a webhook a new secret, shown only now. The one before signs, too, for 24 hours; one"
    " before that no more.",
)
async def rotate_secret(writing: Writing, command: WebhookRotateSecret) -> Outcome:
    """Give it another secret. Refused: NOT_FOUND, WRONG_STATE for a deleted one."""
    webhook = await lock_webhook(writing, command, CHANGE)
    rows = select(WebhookSecret).where(
        WebhookSecret.merchant_id == writing.viewer.merchant_id,
        WebhookSecret.webhook_id == webhook.id,
    )
    newest, *older = await writing.all(
        rows.order_by(WebhookSecret.created_at.desc(), WebhookSecret.id.desc())
    )
    newest.ends_at = writing.now + ROTATION
    for each in older:
        await writing.session.delete(each)
    secret = add_secret(writing, webhook.id)
    writing.record(WebhookSecretRotated(webhook.id))
    return {"webhook_id": webhook.id, "secret": secret}
