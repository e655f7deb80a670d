"""Webhooks, their secrets, and what is sent to each."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, Computed, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.db.statements import UNRECORDED
from models.access.viewers import Actor, CompanyRole, Scope, Viewer
from models.base.masks import NULL, Hidden
from models.base.tables import OneOf, Owned, Secret, check, indexed, known, to
from models.base.visibility import Seen, own, through
from models.messages.webhooks.states import (
    WebhookDisabling,
    WebhookFault,
    WebhookMessageState,
    WebhookState,
)

FOLLOWER = "webhooks"
"""Under which name it is kept up to where the journal has become messages."""
FAILED = "(status BETWEEN 200 AND 299) IS NOT TRUE"
"""Whether an endpoint has not taken what it was sent."""
ROTATION = timedelta(hours=24)
"""How long a secret still signs once there is a newer one."""


class Webhook(Owned):
    """An endpoint that is told what happens: to the merchant, or as far as a client sees it.

    party_id: the client, None for the merchant itself. scopes, role: of who wrote it, beyond which
    it is told nothing. event_types: names of events, `order.*` for all of one kind, `*` for all.
    triggers: names of fields; others than these are not told, none for no such bound.
    conditions: {field, values} of each field of an event that must have one of some values.
    document: key of the registered document that is asked for each event; None for ids alone.
    per_second: messages at most. after_position: of the last entry that was there before it.
    replay_after, replay_to: positions between which it is told everything anew.
    """

    __tablename__ = "webhooks"
    __seen__: ClassVar[Seen] = {Actor.BUYER: own("party_id")}
    __hidden__: ClassVar[Hidden] = {
        Actor.BUYER: dict.fromkeys(("after_position", "replay_after", "replay_to"), NULL)
    }
    __table_args__ = (
        to("parties", "party_id"),
        indexed("webhooks", "party_id"),
        indexed("webhooks", "state"),
        known("state", WebhookState),
        known("role", CompanyRole),
        known("disabled_for", WebhookDisabling),
        check("disabled_for_something", "(state = 'DISABLED') = (disabled_for IS NOT NULL)"),
        check("role_of_clients", "(party_id IS NULL) = (role IS NULL)"),
        check("per_second_positive", "per_second > 0"),
        check("replay_whole", "(replay_after IS NULL) = (replay_to IS NULL)"),
    )

    party_id: Mapped[UUID | None]
    scopes: Mapped[list[Scope]] = mapped_column(ARRAY(OneOf(Scope)))
    role: Mapped[CompanyRole | None] = mapped_column(OneOf(CompanyRole))
    url: Mapped[str]
    description: Mapped[str | None]
    event_types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    triggers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    conditions: Mapped[list[dict[str, Any]]]
    document: Mapped[str | None]
    per_second: Mapped[int]
    state: Mapped[WebhookState] = mapped_column(OneOf(WebhookState))
    state_since: Mapped[datetime]
    disabled_for: Mapped[WebhookDisabling | None] = mapped_column(OneOf(WebhookDisabling))
    created_at: Mapped[datetime]
    after_position: Mapped[int]
    replay_after: Mapped[int | None] = mapped_column(info=UNRECORDED)
    replay_to: Mapped[int | None] = mapped_column(info=UNRECORDED)
    version: Mapped[int] = mapped_column(default=1)


def owner_of(row: Any) -> Viewer:
    """Return in whose name a webhook is told: with its rights, and no token. row: or its record."""
    return Viewer(
        row.merchant_id,
        Actor.STAFF if row.party_id is None else Actor.BUYER,
        row.id,
        "Webhook",
        frozenset(row.scopes),
        row.party_id,
        role=row.role,
        subject="webhook",
    )


class WebhookSecret(Owned):
    """What signs the messages of a webhook, behind the merchant's wall; no viewer sees it.

    ends_at: when it signs no more; None for the newest.
    """

    __tablename__ = "webhook_secrets"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        to("webhooks", "webhook_id", ondelete="CASCADE"),
        indexed("webhook_secrets", "webhook_id", "created_at"),
        check("length", "length(secret) = 32"),
    )

    webhook_id: Mapped[UUID]
    secret: Mapped[Secret]
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]


class WebhookLane(Owned):
    """When a webhook is to be tried, and who does; id: the webhook's. Found without a merchant.

    failures: since it last answered well, from failing_since on. is_open: whether it is only
    probed, one message at a time (a circuit breaker).
    """

    __tablename__ = "webhook_lanes"
    __seen__: ClassVar[Seen] = {}
    __found__ = True
    __table_args__ = (
        to("webhooks", "id", ondelete="CASCADE"),
        Index("ix_webhook_lanes_next_at", "next_at", postgresql_where="next_at IS NOT NULL"),
        check("failures_counted", "failures >= 0"),
        check("failing_whole", "(failures = 0) = (failing_since IS NULL)"),
        {"info": UNRECORDED},
    )

    next_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[UUID | None]
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    is_open: Mapped[bool] = mapped_column(default=False)


class WebhookMessage(Owned):
    """An event for a webhook; its id stays the same however often it is sent.

    entry_id, position: of the journal; None and 0 for a test. attempts: since it was last wanted.
    next_at: when it is tried again. is_first: whether of its object's messages that wait none is
    older, as far as is known; only such are looked at. body: what is sent, from the first attempt
    on. body_version: of the endpoint, with whose rights and document it was written; None before
    0083.
    """

    __tablename__ = "webhook_messages"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("Webhook", "webhook_id")}
    __hidden__: ClassVar[Hidden] = {Actor.BUYER: {"position": NULL}}
    __table_args__ = (
        to("webhooks", "webhook_id", ondelete="CASCADE"),
        to("journal", "entry_id"),
        indexed("webhook_messages", "entry_id"),
        indexed("webhook_messages", "webhook_id", "created_at", "id"),
        indexed("webhook_messages", "webhook_id", "state", "created_at", "id"),
        indexed("webhook_messages", "webhook_id", "type", "created_at", "id"),
        indexed("webhook_messages", "created_at", "id"),
        Index(
            "ix_webhook_messages_first",
            *("merchant_id", "webhook_id", "next_at", "position"),
            postgresql_where="state = 'PENDING' AND is_first",
        ),
        Index(
            "ix_webhook_messages_in_order",
            *("merchant_id", "webhook_id", "aggregate_id", "position", "id"),
            postgresql_where="state = 'PENDING'",
        ),
        known("state", WebhookMessageState),
        check("settled_whole", "(state = 'PENDING') = (settled_at IS NULL)"),
        {"info": UNRECORDED},
    )

    webhook_id: Mapped[UUID]
    entry_id: Mapped[UUID | None]
    position: Mapped[int]
    type: Mapped[str]
    aggregate: Mapped[str]
    aggregate_id: Mapped[UUID]
    occurred_at: Mapped[datetime]
    state: Mapped[WebhookMessageState] = mapped_column(OneOf(WebhookMessageState))
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    is_replay: Mapped[bool]
    is_first: Mapped[bool] = mapped_column(default=True, server_default="true")
    body: Mapped[str | None]
    body_version: Mapped[int | None]


class WebhookAttempt(Owned):
    """A message that was sent once, and what was answered.

    type: of the message, None where a worker of before 0115 sent it. version: of the endpoint as it
    was sent, None where a worker of before 0116 did. status: of HTTP, None without
    an answer, for which fault says why. answer: its beginning. next_at: when the message is tried
    again, None where it is not.
    """

    __tablename__ = "webhook_attempts"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("Webhook", "webhook_id")}
    __table_args__ = (
        to("webhooks", "webhook_id", ondelete="CASCADE"),
        to("webhook_messages", "message_id", ondelete="CASCADE"),
        indexed("webhook_attempts", "webhook_id", "attempted_at", "id"),
        indexed("webhook_attempts", "message_id", "attempted_at", "id"),
        indexed("webhook_attempts", "attempted_at", "id"),
        indexed("webhook_attempts", "type", "attempted_at", "id"),
        indexed("webhook_attempts", "is_failed", "attempted_at", "id"),
        indexed(
            *("webhook_attempts", "fault", "attempted_at", "id"),
            postgresql_where=text("fault IS NOT NULL"),
        ),
        known("fault", WebhookFault),
        check("answered_or_not", "(status IS NULL) = (fault IS NOT NULL)"),
        {"info": UNRECORDED},
    )

    webhook_id: Mapped[UUID]
    message_id: Mapped[UUID]
    type: Mapped[str | None]
    version: Mapped[int | None]
    attempted_at: Mapped[datetime]
    duration_ms: Mapped[int]
    status: Mapped[int | None]
    fault: Mapped[WebhookFault | None] = mapped_column(OneOf(WebhookFault))
    is_failed: Mapped[bool] = mapped_column(Computed(FAILED, persisted=True))
    answer: Mapped[str | None]
    next_at: Mapped[datetime | None]
