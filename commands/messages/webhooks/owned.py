"""A webhook that somebody wants to do something with, and what starts its lane and goes on it."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    column,
    exists,
    func,
    literal,
    literal_column,
    not_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased

from commands.messages.webhooks.inputs import WebhookCommand
from commands.writing.transaction import Writing, check_state
from kit.db.statements import Statement
from models.access.keys import CounterName, MerchantCounter
from models.base.acts import Act
from models.base.tables import fixed
from models.messages.webhooks.states import WebhookMessageState
from models.messages.webhooks.tables import Webhook, WebhookLane, WebhookMessage

_PATH = ("webhook_id",)
_MERCHANT = bindparam("merchant", type_=Uuid())
_WEBHOOK = bindparam("webhook", type_=Uuid())


async def lock_webhook(writing: Writing, command: WebhookCommand, act: Act) -> Webhook:
    """Lock the webhook of a command. Refused: NOT_FOUND, WRONG_STATE."""
    webhook = (await writing.lock(Webhook, {command.webhook_id: _PATH}))[command.webhook_id]
    check_state(webhook, act.states, _PATH, "This webhook")
    return webhook


async def journal_end(writing: Writing) -> int:
    """Return the last position of the journal."""
    counted = await writing.for_all().by_key(MerchantCounter, "name", [CounterName.JOURNAL])
    return counted[CounterName.JOURNAL].value if counted else 0


async def start_lanes(
    writing: Writing, webhooks: Collection[UUID], at: datetime, *, is_probe: bool = False
) -> None:
    """Let lanes be looked at by an instant, but those that are probed when that was decided.

    is_probe: these, too: somebody wants to know whether they answer.
    """
    writing.news.extend(webhooks)
    lane = WebhookLane
    own = (
        lane.merchant_id == writing.viewer.merchant_id,
        lane.id == any_(literal(sorted(webhooks), ARRAY(Uuid()))),
    )
    sooner = func.least(func.coalesce(lane.next_at, at), at)
    decided = case((lane.is_open, func.coalesce(lane.next_at, at)), else_=sooner)
    at_last = sooner if is_probe else decided
    await writing.session.execute(update(lane).where(*own).values(next_at=at_last))


async def begin_anew(writing: Writing, webhook_id: UUID) -> None:
    """Let an endpoint be sent all that waits for it now, as if it had never failed."""
    lane = (await writing.for_all().lock(WebhookLane, {webhook_id: _PATH}))[webhook_id]
    lane.failures, lane.failing_since, lane.is_open = 0, None, False
    lane.next_at = writing.now
    await hurry_failed(writing, webhook_id)


async def hurry_failed(writing: Writing, webhook_id: UUID) -> None:
    """Let what has failed because of its endpoint be tried at once."""
    of = WebhookMessage
    own = (of.merchant_id == writing.viewer.merchant_id, of.webhook_id == webhook_id)
    late = (of.state == WebhookMessageState.PENDING, of.next_at > writing.now)
    await writing.session.execute(update(of).where(*own, *late).values(next_at=writing.now))


async def let_next_go(writing: Writing, webhook_id: UUID, objects: Collection[UUID]) -> None:
    """Let the oldest message that waits for an endpoint of each of some objects be the next one."""
    if objects:
        own = {**writing.parameters, "webhook": webhook_id, "objects": sorted(objects)}
        await writing.session.rows(_oldest(), own)


async def find_firsts(writing: Writing, webhook_id: UUID) -> None:
    """Look for the oldest message of each object: before it some may have been forgotten."""
    await writing.session.rows(_every_oldest(), {**writing.parameters, "webhook": webhook_id})


@cache
def _oldest() -> Statement:
    """Build the statement of `let_next_go`."""
    objects = bindparam("objects", type_=ARRAY(Uuid()))
    each = func.unnest(objects).table_valued(column("id", Uuid())).render_derived("each")
    of = aliased(WebhookMessage)
    own = (*_waiting(of), of.aggregate_id == each.c.id)
    first = select(of.id).where(*own).order_by(of.position, of.id).limit(literal_column("1"))
    found = select(first.correlate(each).scalar_subquery()).select_from(each)
    # An array is made once; PostgreSQL would read all that wait for a join.
    once: Any = func.array(found.scalar_subquery(), type_=ARRAY(Uuid()))
    return _made_first(WebhookMessage.id == any_(once))


@cache
def _every_oldest() -> Statement:
    """Build the statement of `find_firsts`."""
    of, before = WebhookMessage, aliased(WebhookMessage)
    older = tuple_(before.position, before.id) < tuple_(of.position, of.id)
    same = before.aggregate_id == of.aggregate_id
    return _made_first(and_(*_waiting(of), not_(exists().where(*_waiting(before), same, older))))


def _waiting(of: Any) -> tuple[ColumnElement[bool], ...]:
    is_pending = of.state == fixed(WebhookMessageState.PENDING.value)
    return of.merchant_id == _MERCHANT, of.webhook_id == _WEBHOOK, is_pending


def _made_first(which: ColumnElement[bool]) -> Statement:
    of = WebhookMessage
    firsts = update(of).where(of.merchant_id == _MERCHANT, which, not_(of.is_first))
    return Statement(firsts.values(is_first=true()))
