"""What happens becomes messages for endpoints: what the journal's follower does."""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Uuid,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    not_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from commands.access.followers.entries import JournalEvent
from commands.messages.webhooks.choosing import chosen
from commands.messages.webhooks.owned import start_lanes
from commands.writing.rows import json_rows
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.base.tables import fixed
from models.messages.webhooks.states import COLLECTING, WebhookMessageState
from models.messages.webhooks.tables import Webhook, WebhookMessage

_MERCHANT = bindparam("merchant", type_=Uuid())
_COLUMNS = (
    *("merchant_id", "id", "webhook_id", "entry_id", "position", "type", "aggregate"),
    *("aggregate_id", "occurred_at", "state", "attempts", "next_at", "created_at", "is_replay"),
)
_ANEW = ("state", "attempts", "next_at", "settled_at", "is_replay", "is_first")
"""Columns of a message that is sent once more."""


def message_id(webhook_id: UUID, entry_id: UUID) -> UUID:
    """Return the id of an entry's message for a webhook, the same whoever asks, and whenever."""
    digest = hashlib.sha256(webhook_id.bytes + entry_id.bytes).digest()
    return UUID(bytes=digest[:16])


async def note_messages(writing: Writing, entries: Sequence[JournalEvent]) -> None:
    """Keep a page of the journal for the endpoints that are told of it."""
    own = (
        Webhook.merchant_id == writing.viewer.merchant_id,
        Webhook.state.in_(sorted(COLLECTING)),
        Webhook.after_position < entries[-1].position,
    )
    webhooks = await writing.all(select(Webhook).where(*own).order_by(Webhook.id))
    if webhooks:
        pairs = await chosen(writing.session, webhooks, entries)
        new = [(it, entry) for it, entry in pairs if entry.position > it.after_position]
        await keep(writing, new)


async def keep(
    writing: Writing, pairs: Sequence[tuple[Webhook, JournalEvent]], *, is_replay: bool = False
) -> None:
    """Write messages, unless they are there; those of a replay are wanted anew then.

    Lanes are locked before: nobody settles a message meanwhile of which these are the next.
    """
    if not pairs:
        return
    await start_lanes(writing, {webhook.id for webhook, _ in pairs}, writing.now)
    rows = [_row(writing, webhook, entry, is_replay=is_replay) for webhook, entry in pairs]
    await writing.session.rows(_keep(is_replay), {**writing.parameters, "rows": rows})


def _row(
    writing: Writing, webhook: Webhook, entry: JournalEvent, *, is_replay: bool
) -> dict[str, Any]:
    return {
        "merchant_id": webhook.merchant_id,
        "id": message_id(webhook.id, entry.id),
        "webhook_id": webhook.id,
        "entry_id": entry.id,
        "position": entry.position,
        "type": entry.type,
        "aggregate": entry.aggregate,
        "aggregate_id": entry.aggregate_id,
        "occurred_at": entry.occurred_at,
        "state": WebhookMessageState.PENDING.value,
        "attempts": 0,
        "next_at": writing.now,
        "created_at": writing.now,
        "is_replay": is_replay,
    }


@cache
def _keep(is_replay: bool) -> Statement:  # noqa: FBT001 -- part of a cache's key.
    """Build the statement that writes messages."""
    of, columns = aliased(WebhookMessage), [*_COLUMNS, "is_first"]
    wanted = json_rows(WebhookMessage, "rows").c
    there = exists().where(of.merchant_id == _MERCHANT, of.id == wanted.id)
    stays = there.where(of.settled_at.is_(None)) if is_replay else there
    row = select(*(wanted[name] for name in _COLUMNS)).where(not_(stays)).subquery("new").c
    rows = select(*(row[name] for name in _COLUMNS), _is_first(row))
    made = insert(WebhookMessage).from_select(columns, rows, include_defaults=False)
    if not is_replay:
        return Statement(made.on_conflict_do_nothing())
    anew = {name: made.excluded[name] for name in _ANEW}
    settled = WebhookMessage.settled_at.is_not(None)
    return Statement(
        made.on_conflict_do_update(index_elements=["merchant_id", "id"], set_=anew, where=settled)
    )


def _is_first(new: Any) -> ColumnElement[bool]:
    """Return that of a new message's object none is older that waits, or is new too."""
    before, place = aliased(WebhookMessage), (new.position, new.id)
    waits = exists().where(
        before.merchant_id == _MERCHANT,
        before.webhook_id == new.webhook_id,
        before.state == fixed(WebhookMessageState.PENDING.value),
        before.aggregate_id == new.aggregate_id,
        tuple_(before.position, before.id) < tuple_(*place),
    )
    among = func.row_number().over(partition_by=(new.webhook_id, new.aggregate_id), order_by=place)
    return and_(not_(waits), among == literal_column("1"))
