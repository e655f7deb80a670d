"""Which of a page of journal entries an endpoint is told of."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from commands.access.followers.entries import JournalEvent
from kit.db.sessions import Session
from kit.db.statements import Statement
from models.access.journal import JournalEntry
from models.access.viewers import Actor, Viewer, anyone
from models.base.events import EVENTS
from models.base.tables import entity_named, fixed
from models.base.visibility import parameters, seen_by
from models.messages.webhooks.matching import EventAsRead, events_for, is_wanted
from models.messages.webhooks.tables import Webhook, owner_of

UNTOLD = frozenset({"webhook.tested"})
"""What is told only to the endpoint that is tried."""


async def chosen(
    session: Session, webhooks: Sequence[Webhook], entries: Sequence[JournalEvent]
) -> list[tuple[Webhook, JournalEvent]]:
    """Return which entries are for which endpoints: one statement for each client among them."""
    payloads = {it.id: it.event.payload() for it in entries}
    read = {
        actor: [(it, EventAsRead(it.type, payloads[it.id], actor)) for it in entries]
        for actor in {_actor_of(it) for it in webhooks}
    }
    wanted = {it.id: list(_wanted_by(it, read[_actor_of(it)])) for it in webhooks}
    seen: dict[UUID | None, Collection[UUID]] = {}
    for webhook in webhooks:
        client = webhook.party_id
        if client is not None and client not in seen:
            mine = [it for it in webhooks if it.party_id == client]
            ids = {each.id for it in mine for each in wanted[it.id]}
            seen[client] = await _seen(session, owner_of(webhook), ids)
    return [
        (webhook, entry)
        for webhook in webhooks
        for entry in wanted[webhook.id]
        if webhook.party_id is None or entry.id in seen[webhook.party_id]
    ]


def _actor_of(webhook: Webhook) -> Actor:
    return Actor.STAFF if webhook.party_id is None else Actor.BUYER


def _wanted_by(
    webhook: Webhook, read: Iterable[tuple[JournalEvent, EventAsRead]]
) -> Iterable[JournalEvent]:
    """Yield what an endpoint asks for, whether its owner sees it or not. read: as its owner."""
    types = events_for(webhook.event_types, webhook.scopes, _actor_of(webhook)) - UNTOLD
    for each, event in read:
        if each.type in types and is_wanted(webhook.triggers, webhook.conditions, event):
            yield each


async def _seen(session: Session, viewer: Viewer, ids: Collection[UUID]) -> Collection[UUID]:
    """Return the entries among some that a viewer sees, because it sees what they are about."""
    if not ids:
        return ()
    values = {**parameters(viewer), "ids": list(ids)}
    return {row.id for row in await session.rows(_of_seen(viewer.actor), values)}


@cache
def _of_seen(actor: Actor) -> Statement:
    """Build the statement that selects those entries that tell of rows which an actor sees."""
    entry: Any = aliased(JournalEntry)
    viewer, seen = anyone(actor), []
    about = {kind.aggregate: kind.about.__name__ for kind in EVENTS.values()}
    for aggregate, name in sorted(about.items()):
        entity = entity_named(name)
        if actor in entity.__seen__:
            row: Any = aliased(entity)
            found = exists().where(row.id == entry.aggregate_id, *seen_by(viewer, row))
            seen.append(and_(entry.aggregate == fixed(aggregate), found.correlate_except(row)))
    wanted = entry.id == any_(bindparam("ids", type_=ARRAY(Uuid())))
    return Statement(select(entry.id).where(*seen_by(viewer, entry), wanted, or_(*seen)))
