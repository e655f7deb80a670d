"""What was sent is forgotten in the end, and endpoints that are deleted with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
)

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.base.tables import fixed
from models.messages.webhooks.states import WebhookState
from models.messages.webhooks.tables import Webhook, WebhookMessage

_AT_ONCE = 5_000
_SOONEST, _LATEST = timedelta(minutes=10), timedelta(days=1)
"""After which it is looked again; the latter, since it is a setting how long messages are kept."""
_MERCHANT = bindparam("merchant", type_=Uuid())
_BEFORE = bindparam("before", type_=DateTime(timezone=True))


async def forget(keep: timedelta, writing: Writing, due: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """Delete messages of endpoints with their attempts that are as old, and endpoints that ended.

    Of an endpoint that is sent something, none that is still to be sent; of one that was deleted
    all, however old. Returns the endpoints that are left, with when to do that again.
    """
    now, session = writing.now, writing.session
    values = {**writing.parameters, "before": now - keep, "most": _AT_ONCE, "due": list(due)}
    for messages in (_messages_of_deleted(), _old_messages()):
        ((deleted,),) = await session.rows(messages, values)
        if deleted == _AT_ONCE:
            return dict.fromkeys(due, now)
    gone = await session.rows(_deleted_webhooks(), values)
    writing.unrecorded.extend(row.id for row in gone)
    left = await session.rows(_left_webhooks(), values)
    return {key: _again(now, oldest and oldest + keep) for key, oldest in left}


def _again(now: datetime, at: datetime | None) -> datetime:
    """Return when to look again. at: when the oldest message is to go, None where there is none."""
    latest = now + _LATEST
    return latest if at is None else max(now + _SOONEST, min(at, latest))


@cache
def _messages_of_deleted() -> Statement:
    """Build the statement that deletes messages of endpoints that are due and were deleted."""
    due = WebhookMessage.webhook_id == any_(bindparam("due", type_=ARRAY(Uuid())))
    return _deleting(and_(due, _of(Webhook.state == fixed(WebhookState.DELETED.value))))


@cache
def _old_messages() -> Statement:
    """Build the statement that deletes messages that are old, and nobody waits for."""
    of = WebhookMessage
    of_another_state = _of(Webhook.state != fixed(WebhookState.ACTIVE.value))
    is_over = or_(of.settled_at.is_not(None), of_another_state)
    return _deleting(and_(of.created_at <= _BEFORE, is_over))


def _of(is_so: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return that a message's endpoint is so."""
    own = (Webhook.merchant_id == _MERCHANT, Webhook.id == WebhookMessage.webhook_id)
    return exists().where(*own, is_so)


def _deleting(over: ColumnElement[bool]) -> Statement:
    """Return a statement that deletes messages and counts them."""
    of = WebhookMessage
    rows = select(of.id).where(of.merchant_id == _MERCHANT, over)
    rows = rows.limit(bindparam("most", type_=Integer())).with_for_update(skip_locked=True)
    once: Any = func.array(rows.scalar_subquery(), type_=ARRAY(Uuid()))
    gone = delete(of).where(of.merchant_id == _MERCHANT, of.id == any_(once))
    ids = gone.returning(of.id).cte("gone")
    return Statement(select(func.count().label("deleted")).select_from(ids))


@cache
def _deleted_webhooks() -> Statement:
    """Build the statement that deletes endpoints of which no message is left."""
    of, message = Webhook, WebhookMessage
    left = exists().where(message.merchant_id == _MERCHANT, message.webhook_id == of.id)
    is_deleted = of.state == fixed(WebhookState.DELETED.value)
    gone = delete(of).where(
        of.merchant_id == _MERCHANT, is_deleted, of.state_since <= _BEFORE, not_(left)
    )
    return Statement(gone.returning(of.id))


@cache
def _left_webhooks() -> Statement:
    """Build the statement that reads endpoints with when their oldest message was made."""
    of, message = Webhook, WebhookMessage
    oldest = select(func.min(message.created_at)).where(
        message.merchant_id == _MERCHANT, message.webhook_id == of.id
    )
    due = any_(bindparam("due", type_=ARRAY(Uuid())))
    own = select(of.id, oldest.scalar_subquery().label("oldest"))
    return Statement(own.where(of.merchant_id == _MERCHANT, of.id == due))
