"""Endpoints are paused, sent something again, or tried."""

from commands.messages.webhooks.inputs import WebhookPause, WebhookResume, WebhookTest
from commands.messages.webhooks.owned import begin_anew, find_firsts, lock_webhook, start_lanes
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.ids import new_id
from models.events.messages.webhooks import WebhookPaused, WebhookResumed, WebhookTested
from models.messages.webhooks.states import (
    CHANGE,
    PAUSE_SENDING,
    RESUME_SENDING,
    WebhookMessageState,
)
from models.messages.webhooks.tables import WebhookMessage


@verb(PAUSE_SENDING, "Send an endpoint nothing for a while; what happens meanwhile is kept for it.")
async def pause(writing: Writing, command: WebhookPause) -> Outcome:
    """Pause an endpoint. Refused: NOT_FOUND, WRONG_STATE."""
    webhook = await lock_webhook(writing, command, PAUSE_SENDING)
    webhook.state, webhook.state_since = PAUSE_SENDING.becomes, writing.now
    writing.record(WebhookPaused(webhook.id))
    return {"webhook_id": webhook.id}


@verb(
    RESUME_SENDING,
    "Send an endpoint again what waits for it. What happened while it was disabled was not kept:"
    " have it replayed.",
)
async def resume(writing: Writing, command: WebhookResume) -> Outcome:
    """Go on with an endpoint, as if it had never failed. Refused: NOT_FOUND, WRONG_STATE."""
    webhook = await lock_webhook(writing, command, RESUME_SENDING)
    webhook.state, webhook.state_since, webhook.disabled_for = (
        RESUME_SENDING.becomes,
        writing.now,
        None,
    )
    await begin_anew(writing, webhook.id)
    await find_firsts(writing, webhook.id)
    writing.record(WebhookResumed(webhook.id))
    return {"webhook_id": webhook.id}


@verb(
    CHANGE,
    "Have an endpoint sent `webhook.tested`, whatever it is told otherwise: at once, even where it"
    " is probed only. No test waits behind another.",
)
async def try_out(writing: Writing, command: WebhookTest) -> Outcome:
    """Send a message to try an endpoint: an object of its own, behind which nothing waits.

    Refused: NOT_FOUND, WRONG_STATE for a deleted one.
    """
    webhook = await lock_webhook(writing, command, CHANGE)
    event = WebhookTested(webhook.id, message_id=new_id())
    message = WebhookMessage(
        merchant_id=webhook.merchant_id,
        id=event.message_id,
        webhook_id=webhook.id,
        position=0,
        type=event.name,
        aggregate=event.aggregate,
        aggregate_id=event.message_id,
        occurred_at=writing.now,
        state=WebhookMessageState.PENDING,
        attempts=0,
        next_at=writing.now,
        created_at=writing.now,
        is_replay=False,
    )
    writing.session.add(message)
    await writing.session.flush()
    await start_lanes(writing, [webhook.id], writing.now, is_probe=True)
    writing.record(event)
    return {"webhook_id": webhook.id, "message_id": message.id}
