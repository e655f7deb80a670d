"""The lane of an endpoint: what is sent next, and what became of what was sent.

One process at a time sends for an endpoint, by a lease that ends by itself. Of each object the
oldest message is sent until it is settled; those behind it wait, and nobody else does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Integer,
    Uuid,
    any_,
    bindparam,
    literal_column,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from commands.messages.webhooks.again import may_replay
from commands.messages.webhooks.judging import Result, RetrySchedule, judge
from commands.messages.webhooks.owned import find_firsts, hurry_failed, let_next_go
from commands.writing.rows import WrittenRow, write_rows
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.base.records import columns, record
from models.base.tables import fixed
from models.messages.webhooks.states import WebhookMessageState, WebhookState
from models.messages.webhooks.tables import (
    Webhook,
    WebhookAttempt,
    WebhookLane,
    WebhookMessage,
    WebhookSecret,
)

_MERCHANT = bindparam("merchant", type_=Uuid())
_WEBHOOK = bindparam("webhook", type_=Uuid())


@dataclass(frozen=True)
class WebhookBatch:
    """What is sent next for an endpoint. secrets: that sign now, the newest first."""

    webhook: Any
    secrets: Sequence[bytes]
    messages: Sequence[Any]


@dataclass(frozen=True)
class Underway:
    """Where a process stands with an endpoint.

    process: who has the lease. results: of what has come back since the last turn. flying: messages
    that are under way. room: how many more may be. is_last: whether nothing more is begun.
    """

    webhook_id: UUID
    process: UUID
    schedule: RetrySchedule
    results: Sequence[Result] = ()
    flying: Collection[UUID] = ()
    room: int = 0
    is_last: bool = False


class Leased(NamedTuple):
    """An endpoint in hand. client: whose it is, None for the merchant itself."""

    is_replayed: bool
    client: UUID | None


async def claim(
    writing: Writing, webhook_id: UUID, process: UUID, lease: timedelta
) -> Leased | None:
    """Take the lease of an endpoint whose time has come.

    None: another process has it, or there is nothing to do.
    """
    lane = WebhookLane
    free = or_(lane.leased_until.is_(None), lane.leased_until <= writing.now)
    own = (lane.merchant_id == writing.viewer.merchant_id, lane.id == webhook_id)
    taken = update(lane).where(*own, lane.next_at <= writing.now, free)
    taken = taken.values(leased_until=writing.now + lease, leased_by=process)
    its = (Webhook.merchant_id == writing.viewer.merchant_id, Webhook.id == lane.id)
    found = [
        select(name).where(*its).scalar_subquery()
        for name in (Webhook.replay_to.is_not(None), Webhook.party_id)
    ]
    rows: Sequence[Any] = (await writing.session.execute(taken.returning(*found))).all()
    return Leased(*rows[0]) if rows else None


async def proceed(writing: Writing, sent: Underway) -> WebhookBatch | None:
    """Note what became of messages, and return what is sent next.

    None: the lease is somebody else's now, or it was given back because nothing is to be done.
    """
    lane = await _lane(writing, sent.webhook_id)
    webhook = await _webhook(writing, sent.webhook_id)
    if lane is None or webhook is None:
        return None
    await _note(writing, sent, webhook, lane)
    is_mine = lane.leased_by == sent.process
    if not is_mine:
        return None
    heads = await _heads(writing, sent, webhook)
    due = [it for it in heads if it.next_at <= writing.now]
    if lane.is_open:
        is_time = lane.next_at is not None and lane.next_at <= writing.now
        due = list(heads[:1]) if is_time and not sent.flying else []
    due = [] if sent.is_last else due[: sent.room]
    if due or sent.flying:
        lane.leased_until = writing.now + sent.schedule.lease
        # Whoever takes over from a process that is gone finds it by this.
        lane.next_at = lane.next_at if lane.is_open else writing.now
        return WebhookBatch(webhook, await _secrets(writing, webhook.id), due)
    lane.leased_until = lane.leased_by = None
    if await may_replay(writing, webhook):
        lane.next_at = lane.next_at if lane.is_open else writing.now
    elif not heads:
        lane.next_at = writing.now if await _are_found_again(writing, webhook) else None
    elif not lane.is_open:
        lane.next_at = heads[0].next_at
    return None


async def _are_found_again(writing: Writing, webhook: Webhook) -> bool:
    """Tell whether something waits of which nobody says that it is first: then that is looked for.

    A worker of a former release settles messages, and lets none go that waits behind them.
    """
    of, pending = WebhookMessage, WebhookMessageState.PENDING
    own = (of.merchant_id == webhook.merchant_id, of.webhook_id == webhook.id)
    some = select(of.id).where(*own, of.state == pending).limit(1)
    if webhook.state is not WebhookState.ACTIVE or await writing.session.scalar(some) is None:
        return False
    await find_firsts(writing, webhook.id)
    return True


async def _lane(writing: Writing, webhook_id: UUID) -> WebhookLane | None:
    """Lock the lane, so that whoever keeps messages for it comes before or after."""
    lane = WebhookLane
    own = (lane.merchant_id == writing.viewer.merchant_id, lane.id == webhook_id)
    found = await writing.all(select(lane).where(*own).with_for_update())
    return found[0] if found else None


async def _webhook(writing: Writing, webhook_id: UUID) -> Webhook | None:
    own = (Webhook.merchant_id == writing.viewer.merchant_id, Webhook.id == webhook_id)
    found = await writing.all(select(Webhook).where(*own))
    return found[0] if found else None


async def _note(writing: Writing, sent: Underway, webhook: Webhook, lane: WebhookLane) -> None:
    """Write attempts and what follows from them; of a deleted endpoint nothing is kept."""
    if not sent.results or webhook.state is WebhookState.DELETED:
        return
    was_open = lane.is_open
    fates = [judge(writing, sent.schedule, webhook, lane, it) for it in sent.results]
    pairs = [*zip(sent.results, fates, strict=True)]
    changed = [(WrittenRow(it.message_id), fate) for it, fate in pairs]
    tried_again = [None if fate["settled_at"] else fate["next_at"] for fate in fates]
    attempts = [
        result.attempt(webhook, next_at)
        for result, next_at in zip(sent.results, tried_again, strict=True)
        if not result.is_withdrawn
    ]
    await write_rows(writing, {WebhookAttempt: attempts}, {WebhookMessage: changed})
    over = {it.message.aggregate_id for it, fate in pairs if fate["settled_at"]}
    await let_next_go(writing, webhook.id, over)
    if was_open and not lane.is_open:
        await hurry_failed(writing, webhook.id)


async def _heads(writing: Writing, sent: Underway, webhook: Webhook) -> Sequence[Any]:
    """Return the oldest messages of objects of which none is under way, first those that are due.

    Of an endpoint that is sent nothing only tests are.
    """
    values = {
        "merchant": webhook.merchant_id,
        "webhook": webhook.id,
        "flying": list(sent.flying),
        "most": sent.room + 1,
    }
    if webhook.state is WebhookState.DELETED:
        return ()
    return await writing.session.rows(_of_heads(webhook.state is WebhookState.ACTIVE), values)


@cache
def _of_heads(is_active: bool) -> Statement:  # noqa: FBT001 -- part of a cache's key.
    """Build the statement of `_heads`: it reads no more messages than it may return, hardly."""
    of, before = WebhookMessage, aliased(WebhookMessage)
    pending = fixed(WebhookMessageState.PENDING.value)
    # Looked up for each, by its key: PostgreSQL would read all that wait for a join.
    first = (
        select(before.id)
        .where(
            before.merchant_id == _MERCHANT,
            before.webhook_id == _WEBHOOK,
            before.state == pending,
            before.aggregate_id == of.aggregate_id,
        )
        .order_by(before.position, before.id)
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    mine = (of.merchant_id == _MERCHANT, of.webhook_id == _WEBHOOK, of.state == pending)
    sendable = () if is_active else (of.entry_id.is_(None),)
    here = of.id == any_(bindparam("flying", type_=ARRAY(Uuid())))
    rows = select(*columns(of)).where(*mine, of.is_first, *sendable, not_(here), of.id == first)
    rows = rows.order_by(of.next_at, of.position).limit(bindparam("most", type_=Integer()))
    return Statement(rows, record(of))


async def _secrets(writing: Writing, webhook_id: UUID) -> Sequence[bytes]:
    values = {"merchant": writing.viewer.merchant_id, "webhook": webhook_id, "now": writing.now}
    return [row.secret for row in await writing.session.rows(_of_secrets(), values)]


@cache
def _of_secrets() -> Statement:
    """Build the statement that selects what signs now."""
    of, now = WebhookSecret, bindparam("now", type_=DateTime(timezone=True))
    lives = or_(of.ends_at.is_(None), of.ends_at > now)
    own = (of.merchant_id == _MERCHANT, of.webhook_id == _WEBHOOK, lives)
    return Statement(select(of.secret).where(*own).order_by(of.created_at.desc(), of.id.desc()))
