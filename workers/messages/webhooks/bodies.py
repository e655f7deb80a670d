"""What an endpoint is sent of an event: ids and what changed, or what a document asks for, too."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from kit.db.database import Database
from kit.db.lost import Unavailable
from kit.ids import to_global
from loaders.access.journal import TYPES_OF_AGGREGATES, events
from loaders.reading.batch import Loaders
from loaders.reading.relations import Reader
from models.access.viewers import Viewer
from models.messages.webhooks.matching import changed_fields, events_for
from models.messages.webhooks.tables import owner_of

_log = logging.getLogger("abruf")
Ask = Callable[[Viewer, str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Answers a registered document, by its key, in somebody's name: `data`, and `errors` if any.

Unanswered: not for the moment.
"""


class Unanswered(Exception):
    """A document has no answer for the moment: another time it may have. code: of its error."""

    def __init__(self, code: str) -> None:
        """Take what has failed."""
        super().__init__(code)
        self.code = code


class UnwrittenBody(NamedTuple):
    """A body that could not be written. kind: of the error, or its code."""

    kind: str


WrittenBody = str | UnwrittenBody | None
"""A body; None where its owner does not see what it tells of."""


async def bodies(
    database: Database, ask: Ask, webhook: Any, messages: Sequence[Any], now: datetime
) -> Mapping[UUID, WrittenBody]:
    """Return what is sent for messages, each by itself where one of them fails.

    What was sent before is sent again as it was, unless the endpoint was changed meanwhile: then it
    is written anew, with the rights of now.
    """
    written = [it for it in messages if it.body is not None and it.body_version == webhook.version]
    found: dict[UUID, WrittenBody] = {it.id: it.body for it in written}
    new = [it for it in messages if it.id not in found]
    if not new:
        return found
    try:
        return found | await _written(database, ask, webhook, new, now)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever it is, others are sent.
        if len(new) == 1:
            _log.warning("A webhook's body fails: %s", new[0].id, exc_info=True)
            return found | {new[0].id: UnwrittenBody(type(error).__name__)}
    for each in new:
        found |= await bodies(database, ask, webhook, [each], now)
    return found


async def _written(
    database: Database, ask: Ask, webhook: Any, new: Sequence[Any], now: datetime
) -> dict[UUID, WrittenBody]:
    """Return what is sent for messages that were not sent before, None beyond its rights."""
    found = dict[UUID, WrittenBody]()
    owner = owner_of(webhook)
    types = events_for({it.type for it in new}, owner.scopes, owner.actor)
    readable = [it.entry_id for it in new if it.entry_id and it.type in types]
    entries = await _entries(database, webhook, readable, now)
    for each in new:
        entry = entries.get(each.entry_id)
        if entry is None and each.entry_id is not None:
            found[each.id] = None
        else:
            found[each.id] = await _answered(ask, webhook, each, entry)
    return found


async def _answered(ask: Ask, webhook: Any, message: Any, entry: Any) -> WrittenBody:
    try:
        return await _body(ask, webhook, message, entry)
    except Unanswered as error:
        _log.warning("A webhook's document has no answer: %s, %s", message.id, error.code)
        return UnwrittenBody(error.code)


async def _entries(
    database: Database, webhook: Any, ids: Sequence[UUID], now: datetime
) -> Mapping[UUID, Any]:
    """Return entries of the journal as the endpoint's owner reads them, those that it sees."""
    if not ids:
        return {}
    reads = database.reading(webhook.merchant_id)
    try:
        loaders = Loaders(Reader(owner_of(webhook), now), reads)
        rows = await loaders.load_level(events.by_id, ids)
    finally:
        await reads.close()
    return {it.id: it for it in rows if it is not None}


async def _body(ask: Ask, webhook: Any, message: Any, entry: Any) -> str:
    # A test is an object of its own in the lane, and tells of its endpoint.
    about = message.aggregate_id if message.entry_id else message.webhook_id
    name = to_global(TYPES_OF_AGGREGATES[message.aggregate], about)
    data: dict[str, Any] = {"id": name}
    if entry is not None:
        data["sequence"] = entry.sequence
        data["changed"] = changed_fields(message.type, entry.payload)
        data["payload"] = entry.payload
    if entry is not None and webhook.document is not None:
        answer = await ask(owner_of(webhook), webhook.document, {"id": name})
        data["document"] = answer.get("data")
        if answer.get("errors"):
            data["errors"] = answer["errors"]
    at = message.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return orjson.dumps({"type": message.type, "timestamp": at, "data": data}).decode()
