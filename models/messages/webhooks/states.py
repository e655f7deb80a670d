"""States of webhooks and of their messages, and what may be done in which."""

from enum import StrEnum

from models.access.viewers import Scope
from models.base.acts import Act, Transition


class WebhookState(StrEnum):
    """Whether an endpoint is sent anything."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    DISABLED = "DISABLED"
    DELETED = "DELETED"


class WebhookDisabling(StrEnum):
    """Why an endpoint was disabled."""

    GONE = "GONE"
    FAILING = "FAILING"


class WebhookMessageState(StrEnum):
    """What became of a message."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    WITHDRAWN = "WITHDRAWN"


class WebhookFault(StrEnum):
    """Why a request had no answer: the words of `kit.outgoing.client.OutgoingFault`, and our own.

    UNWRITTEN: it was not sent, for its body could not be written.
    """

    FORBIDDEN = "FORBIDDEN"
    UNRESOLVED = "UNRESOLVED"
    UNREACHABLE = "UNREACHABLE"
    UNTRUSTED = "UNTRUSTED"
    LATE = "LATE"
    BROKEN = "BROKEN"
    UNWRITTEN = "UNWRITTEN"


COLLECTING = frozenset({WebhookState.ACTIVE, WebhookState.PAUSED})
"""States in which what happens is kept for an endpoint."""
THERE = frozenset(WebhookState) - {WebhookState.DELETED}
SETTLED = frozenset(WebhookMessageState) - {WebhookMessageState.PENDING}
"""Fates of messages that nobody tries any more."""

CREATE = Act(Scope.WEBHOOKS_MANAGE)
CHANGE = Act(Scope.WEBHOOKS_MANAGE, THERE)
PAUSE_SENDING = Transition(
    Scope.WEBHOOKS_MANAGE, frozenset({WebhookState.ACTIVE}), becomes=WebhookState.PAUSED
)
RESUME_SENDING = Transition(
    Scope.WEBHOOKS_MANAGE,
    frozenset({WebhookState.PAUSED, WebhookState.DISABLED}),
    becomes=WebhookState.ACTIVE,
)
DELETE = Transition(Scope.WEBHOOKS_MANAGE, THERE, becomes=WebhookState.DELETED)
REDELIVER = Act(Scope.WEBHOOKS_MANAGE, SETTLED)
