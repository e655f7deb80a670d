"""What was sent is sent once more: one message, or what has happened since some time."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
)

from commands.access.followers.entries import JournalEvent
from commands.messages.webhooks.choosing import chosen
from commands.messages.webhooks.inputs import WebhookRedeliver, WebhookReplay
from commands.messages.webhooks.note import keep
from commands.messages.webhooks.owned import journal_end, lock_webhook, start_lanes
from commands.writing.transaction import Outcome, Writing, check_state
from commands.writing.verbs import verb
from kit.db.statements import Statement
from kit.errors import Code, Refused
from models.access.followers import FollowerLane, JournalFollower
from models.access.journal import JournalEntry
from models.access.journal.instants import perhaps_before, surely_before
from models.access.viewers import Actor
from models.base.tables import fixed
from models.events.messages.webhooks import WebhookReplayed
from models.messages.webhooks.matching import events_for
from models.messages.webhooks.states import CHANGE, REDELIVER, WebhookMessageState, WebhookState
from models.messages.webhooks.tables import FOLLOWER, Webhook, WebhookMessage

REPLAYED_AT_ONCE = 500
"""Entries that are replayed at once; the next ones when few messages wait."""
_AHEAD = timedelta(minutes=1)
"""How far a client's clock may be ahead of ours."""
_MERCHANT = bindparam("merchant", type_=Uuid())
_AT = bindparam("at", type_=DateTime(timezone=True))
_FIELDS = tuple(JournalEvent.__dataclass_fields__)


@verb(REDELIVER, "Send a message once more, under its own id, whatever became of it.")
async def redeliver(writing: Writing, command: WebhookRedeliver) -> Outcome:
    """Want a message again. Refused: NOT_FOUND, WRONG_STATE while it is tried."""
    path = ("message_id",)
    message = (await writing.lock(WebhookMessage, {command.message_id: path}))[command.message_id]
    check_state(message, REDELIVER.states, path, "This message")
    webhook = (await writing.get(Webhook, {message.webhook_id: path}))[message.webhook_id]
    check_state(webhook, CHANGE.states, path, "Its webhook")
    message.state, message.settled_at = WebhookMessageState.PENDING, None
    message.attempts, message.next_at, message.is_first = 0, writing.now, True
    await writing.session.flush()
    await start_lanes(writing, [webhook.id], writing.now)
    return {"message_id": message.id}


@verb(
    CHANGE,
    "Send an endpoint once more what has happened since an instant or a position, a page after the"
    " other, as fast as it is sent anything. Each message has its own id again, and the header"
    " `webhook-replay: true`.",
)
async def replay(writing: Writing, command: WebhookReplay) -> Outcome:
    """Want what has happened again.

    Refused: INVALID, INVALID_DATE and INVALID_WINDOW for instants at which nothing can have
    happened, OUT_OF_RANGE for a position behind the journal's end, NOT_ALLOWED, NOT_FOUND,
    WRONG_STATE.
    """
    webhook = await lock_webhook(writing, command, CHANGE)
    _check(writing, webhook, command)
    after = command.after_position
    if after is None:
        assert command.since is not None  # noqa: S101 -- it was asked above.
        after = await _position(writing, _BEGINS, command.since)
    end = writing.now if command.until is None else command.until
    to = await _position(writing, _ENDS, end)
    if command.after_position is not None and after > await journal_end(writing):
        raise Refused(Code.OUT_OF_RANGE, "The journal is not as long.", ("after_position",))
    if after < to:
        webhook.replay_after, webhook.replay_to = after, to
        await writing.session.flush()
        await start_lanes(writing, [webhook.id], writing.now)
    writing.record(WebhookReplayed(webhook.id))
    return {"webhook_id": webhook.id}


def _check(writing: Writing, webhook: Webhook, command: WebhookReplay) -> None:
    """Refused: INVALID, NOT_ALLOWED, WRONG_STATE."""
    refusals = writing.refusals
    with refusals:
        if (command.since is None) == (command.after_position is None):
            raise Refused(Code.INVALID, "Give an instant or a position.", ("since",))
    with refusals:
        if command.since is not None and command.since - _AHEAD > writing.now:
            raise Refused(Code.INVALID_DATE, "This is in the future.", ("since",))
    with refusals:
        if command.since and command.until and command.until <= command.since:
            raise Refused(Code.INVALID_WINDOW, "It must end after it begins.", ("until",))
    with refusals:
        if command.after_position is not None and writing.viewer.actor is not Actor.STAFF:
            text = "Positions are the merchant's: give an instant."
            raise Refused(Code.NOT_ALLOWED, text, ("after_position",))
    with refusals:
        if webhook.replay_to is not None:
            text = "It is being replayed already."
            raise Refused(Code.WRONG_STATE, text, ("webhook_id",))
    refusals.end()


async def replay_page(writing: Writing, webhook_id: UUID) -> bool:
    """Keep the next page of a replay that waits; tells whether there is more of it."""
    rows = await writing.all(
        select(Webhook)
        .where(Webhook.merchant_id == writing.viewer.merchant_id, Webhook.id == webhook_id)
        .with_for_update(key_share=True)
    )
    if not rows or not await may_replay(writing, rows[0]):
        return False
    webhook = rows[0]
    actor = Actor.STAFF if webhook.party_id is None else Actor.BUYER
    values = {
        "merchant": webhook.merchant_id,
        "after": webhook.replay_after,
        "to": webhook.replay_to,
        "since": webhook.after_position,
        "size": REPLAYED_AT_ONCE,
        "types": sorted(events_for(webhook.event_types, webhook.scopes, actor)),
    }
    entries = [JournalEvent(*row) for row in await writing.session.rows(_page(), values)]
    await keep(writing, await chosen(writing.session, [webhook], entries), is_replay=True)
    if len(entries) < REPLAYED_AT_ONCE:
        webhook.replay_after = webhook.replay_to = None
    else:
        webhook.replay_after = entries[-1].position
    return len(entries) == REPLAYED_AT_ONCE


async def may_replay(writing: Writing, webhook: Webhook) -> bool:
    """Tell whether a page of a replay would be kept now: the endpoint is sent messages, few wait.

    Otherwise a replay waits without any work: until somebody resumes the endpoint, or until the
    next of its messages is tried.
    """
    if webhook.replay_to is None or webhook.state is not WebhookState.ACTIVE:
        return False
    return not await _are_many_waiting(writing, webhook.id)


async def _are_many_waiting(writing: Writing, webhook_id: UUID) -> bool:
    """Tell whether a page of messages waits for an endpoint already."""
    of = WebhookMessage
    own = (of.merchant_id == writing.viewer.merchant_id, of.webhook_id == webhook_id)
    some = (
        select(of.id).where(*own, of.state == WebhookMessageState.PENDING).limit(REPLAYED_AT_ONCE)
    )
    there = select(func.count()).select_from(some.subquery())
    return bool(await writing.session.scalar(there) == REPLAYED_AT_ONCE)


@cache
def _page() -> Statement:
    """Build the statement that selects entries of some types between two positions.

    Those that an endpoint was told, or that were there before it: all others it is told yet, and
    not as what is replayed.
    """
    of = JournalEntry
    is_older = of.position <= bindparam("since", type_=BigInteger())
    rows = select(*(getattr(of, name) for name in _FIELDS)).where(
        of.merchant_id == _MERCHANT,
        of.position > bindparam("after", type_=BigInteger()),
        of.position <= bindparam("to", type_=BigInteger()),
        of.type == any_(bindparam("types", type_=ARRAY(Text()))),
        or_(is_older, _is_known(of)),
    )
    return Statement(rows.order_by(of.position).limit(bindparam("size", type_=Integer())))


def _is_known(entry: Any) -> ColumnElement[bool]:
    """Return that an entry has become messages: the follower has read it, and not set it aside."""
    follower, lane = JournalFollower, FollowerLane
    own = (follower.merchant_id == _MERCHANT, follower.name == fixed(FOLLOWER))
    read = select(follower.position).where(*own).scalar_subquery()
    aside = exists().where(
        *own,
        lane.merchant_id == _MERCHANT,
        lane.follower_id == follower.id,
        lane.aggregate_id == entry.aggregate_id,
        lane.position <= entry.position,
    )
    return and_(entry.position <= read, not_(aside))


async def _position(writing: Writing, statement: Statement, at: datetime) -> int:
    values = {"merchant": writing.viewer.merchant_id, "at": at}
    ((position,),) = await writing.session.rows(statement, values)
    return int(position)


_BEGINS = Statement(select(surely_before(_MERCHANT, _AT).label("position")))
_ENDS = Statement(select(perhaps_before(_MERCHANT, _AT).label("position")))
