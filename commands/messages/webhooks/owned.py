"""A webhook that somebody wants to do something with, and what starts its lane."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, case, func, literal, update

from commands.messages.webhooks.inputs import WebhookCommand
from commands.writing.transaction import Writing, check_state
from models.access.keys import CounterName, MerchantCounter
from models.base.acts import Act
from models.messages.webhooks.tables import Webhook, WebhookLane

_PATH = ("webhook_id",)


async def lock_webhook(writing: Writing, command: WebhookCommand, act: Act) -> Webhook:
    """Lock the webhook of a command. Refused: NOT_FOUND, WRONG_STATE."""
    webhook = (await writing.lock(Webhook, {command.webhook_id: _PATH}))[command.webhook_id]
    check_state(webhook, act.states, _PATH, "This webhook")
    return webhook


async def journal_end(writing: Writing) -> int:
    """Return the last position of the journal."""
    counted = await writing.for_all().by_key(MerchantCounter, "name", [CounterName.JOURNAL])
    return counted[CounterName.JOURNAL].value if counted else 0


async def start_lanes(writing: Writing, webhooks: Collection[UUID], at: datetime) -> None:
    """Let lanes be looked at by an instant, but those that are probed when that was decided."""
    writing.news.extend(webhooks)
    lane = WebhookLane
    own = (
        lane.merchant_id == writing.viewer.merchant_id,
        lane.id == any_(literal(sorted(webhooks), ARRAY(Uuid()))),
    )
    sooner = func.least(func.coalesce(lane.next_at, at), at)
    at_last = case((lane.is_open, func.coalesce(lane.next_at, at)), else_=sooner)
    await writing.session.execute(update(lane).where(*own).values(next_at=at_last))
