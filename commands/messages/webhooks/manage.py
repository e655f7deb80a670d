"""Endpoints are set up, changed and removed by their owners."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from commands.messages.webhooks.inputs import (
    WebhookCreate,
    WebhookDelete,
    WebhookTerms,
    WebhookUpdate,
)
from commands.messages.webhooks.owned import begin_anew, journal_end, lock_webhook
from commands.messages.webhooks.secrets import add_secret, forget_secrets
from commands.writing.counters import stand_in_line
from commands.writing.transaction import Outcome, Writing, check_state, check_version
from commands.writing.upserts.items import UpsertColumns as Columns
from commands.writing.upserts.items import put
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from kit.ids import new_id
from kit.inputs import refuse_duplicates
from models.access.documents import Document
from models.access.dues import DueKind
from models.access.viewers import Actor, Scope, allowed
from models.base.events import EVENTS, Event
from models.base.payloads import ColumnName
from models.events.messages.webhooks import WebhookCreated, WebhookDeleted, WebhookUpdated
from models.events.schemas import may_say
from models.messages.webhooks.matching import (
    ALL_EVENTS,
    events_for,
    fields_of,
    hidden_fields,
    payload_fields,
)
from models.messages.webhooks.states import CHANGE, CREATE, DELETE, THERE, WebhookState
from models.messages.webhooks.tables import Webhook, WebhookLane

MOST_WEBHOOKS = 50
"""Of the merchant, and of each client."""
_ITS_OWN = {"idempotency_key", "webhook_id", "expected_version"}


@verb(
    CREATE,
    "Have what happens sent to an endpoint, signed with a secret that is shown only now: for staff"
    " everything that its key may read, for a client what it sees.",
)
async def create(writing: Writing, command: WebhookCreate) -> Outcome:
    """Set up an endpoint. Refused: DUPLICATE, INVALID, NOT_ALLOWED, NOT_FOUND, TOO_MANY_ITEMS."""
    viewer, now = writing.viewer, writing.now
    await _check_count(writing)
    values = _columns(command)
    own = {
        "party_id": viewer.company_id,
        "role": viewer.role,
        "scopes": _scopes(writing, viewer.actor),
        "state": WebhookState.ACTIVE,
        "state_since": now,
        "created_at": now,
        "after_position": await journal_end(writing),
    }
    await _check(writing, {**values, **own})
    key = {"merchant_id": viewer.merchant_id, "id": new_id()}
    webhook = Webhook(**key, **values, **own)
    writing.session.add(webhook)
    await writing.session.flush()
    writing.session.add(WebhookLane(**key))
    secret = add_secret(writing, webhook.id)
    writing.later(DueKind.FORGET_WEBHOOK_MESSAGES, webhook.id, now + timedelta(days=1))
    writing.record(WebhookCreated(webhook.id))
    return {"webhook_id": webhook.id, "secret": secret}


@verb(CHANGE, "Change what an endpoint is told, and how. From then on it has your rights.")
async def change(writing: Writing, command: WebhookUpdate) -> Outcome:
    """Change an endpoint. Refused: as `webhookCreate`; WRONG_STATE if deleted, VERSION_CONFLICT."""
    path = ("webhook_id",)
    webhook = (await writing.lock(Webhook, {command.webhook_id: path}))[command.webhook_id]
    with writing.refusals:
        check_state(webhook, CHANGE.states, path, "This webhook")
    with writing.refusals:
        check_version(webhook.version, command.expected_version)
    fields = _columns(command).items()
    values = {name: it for name, it in fields if name in command.model_fields_set}
    actor = Actor.STAFF if webhook.party_id is None else Actor.BUYER
    scopes = _scopes(writing, actor)
    kept = {it: getattr(webhook, it) for it in ("event_types", "triggers", "conditions")}
    own = {"scopes": scopes, "party_id": webhook.party_id}
    await _check(writing, {**kept, "document": None, **values, **own})
    _, changed = put(writing, Webhook, webhook, Columns({}, {**values, "scopes": scopes}))
    if changed:
        webhook.version += 1
        if "url" in changed:
            await begin_anew(writing, webhook.id)
        writing.record(WebhookUpdated(webhook.id, fields=tuple(map(ColumnName, changed))))
    return {"webhook_id": webhook.id}


@verb(DELETE, "Send an endpoint nothing any more, and forget its secrets and what it was sent.")
async def remove(writing: Writing, command: WebhookDelete) -> Outcome:
    """End an endpoint. Refused: NOT_FOUND, WRONG_STATE for a deleted one."""
    webhook = await lock_webhook(writing, command, DELETE)
    await end(writing, webhook)
    return {"webhook_id": webhook.id}


async def end(writing: Writing, webhook: Webhook) -> None:
    """Send a locked endpoint nothing any more."""
    webhook.state, webhook.state_since, webhook.disabled_for = DELETE.becomes, writing.now, None
    webhook.replay_after = webhook.replay_to = None
    writing.later(DueKind.FORGET_WEBHOOK_MESSAGES, webhook.id, writing.now)
    await forget_secrets(writing, webhook.id)
    writing.record(WebhookDeleted(webhook.id))


def _columns(command: WebhookTerms) -> dict[str, Any]:
    return command.model_dump(exclude=_ITS_OWN)


def _scopes(writing: Writing, actor: Actor) -> list[Scope]:
    """Return the rights of an endpoint: of those of who writes it, what its kind may have."""
    return sorted(writing.viewer.scopes & allowed(actor))


async def _check_count(writing: Writing) -> None:
    """Look how many there are, after who makes one at the same time. Refused: TOO_MANY_ITEMS."""
    await stand_in_line(writing, "webhooks ")
    own = Webhook.party_id.is_not_distinct_from(writing.viewer.company_id)
    there = (
        select(func.count())
        .select_from(Webhook)
        .where(
            Webhook.merchant_id == writing.viewer.merchant_id, own, Webhook.state.in_(sorted(THERE))
        )
    )
    if await writing.session.scalar(there) >= MOST_WEBHOOKS:  # type: ignore[operator]
        raise Refused(Code.TOO_MANY_ITEMS, f"There are {MOST_WEBHOOKS} webhooks already.")


async def _check(writing: Writing, row: Mapping[str, Any]) -> None:
    """Refused: DUPLICATE, INVALID, NOT_ALLOWED, NOT_FOUND. row: the columns that it will have."""
    with writing.refusals:
        refuse_duplicates(row["event_types"], ("event_types",))
    with writing.refusals:
        refuse_duplicates(row["triggers"], ("triggers",))
    with writing.refusals:
        refuse_duplicates((it["field"] for it in row["conditions"]), ("conditions",), "field")
    for place, each in enumerate(row["conditions"]):
        with writing.refusals:
            refuse_duplicates(each["values"], ("conditions", place, "values"))
    tells = _check_types(writing, row)
    actor = Actor.STAFF if row["party_id"] is None else Actor.BUYER
    _check_fields(writing, tells, actor, row)
    with writing.refusals:
        await _check_document(writing, row["document"])
    writing.refusals.end()


def _check_fields(
    writing: Writing, tells: Collection[str], actor: Actor, row: Mapping[str, Any]
) -> None:
    """Refuse what no event tells, and what one of them hides: kept in refusals."""
    if not tells:
        return
    changed = {it for each in tells for it in fields_of(each, actor)}
    for place, trigger in enumerate(row["triggers"]):
        with writing.refusals:
            if trigger not in changed:
                text = "No event that it is told changes this."
                raise Refused(Code.INVALID, text, ("triggers", place))
    readable = {it for each in tells for it in payload_fields(each, actor)}
    for place, condition in enumerate(row["conditions"]):
        field, path = condition["field"], ("conditions", place, "field")
        hiding = sorted(it for it in tells if field in hidden_fields(it, actor))
        with writing.refusals:
            if hiding:
                raise Refused(Code.INVALID, f"{hiding[0]} does not show this to you.", path)
            if field not in readable:
                raise Refused(Code.INVALID, "No event that it is told has this field.", path)
            kinds = [EVENTS[it] for it in tells if field in payload_fields(it, actor)]
            _check_values(writing, kinds, condition, place)


def _check_values(
    writing: Writing, kinds: Sequence[type[Event]], condition: Mapping[str, Any], place: int
) -> None:
    """Refuse what no event says in a field: kept in refusals."""
    for at, text in enumerate(condition["values"]):
        with writing.refusals:
            if not any(may_say(it, condition["field"], text) for it in kinds):
                path = ("conditions", place, "values", at)
                raise Refused(Code.INVALID, "No event that it is told says this.", path)


def _check_types(writing: Writing, row: Mapping[str, Any]) -> Collection[str]:
    """Return the events that it is told; what nobody may be told is refused, kept in refusals."""
    found = set[str]()
    actor = Actor.STAFF if row["party_id"] is None else Actor.BUYER
    for place, pattern in enumerate(row["event_types"]):
        mine = events_for([pattern], row["scopes"], actor)
        with writing.refusals:
            if not mine:
                what = "all" if pattern == ALL_EVENTS else pattern
                text = f"Your own key may not read {what}."
                raise Refused(Code.NOT_ALLOWED, text, ("event_types", place))
        found |= mine
    return found


async def _check_document(writing: Writing, key: str | None) -> None:
    """Refused: NOT_FOUND."""
    if key is not None and not await writing.for_all().by_key(Document, "key", [key]):
        raise Refused(Code.NOT_FOUND, "No document is registered so.", ("document",))
