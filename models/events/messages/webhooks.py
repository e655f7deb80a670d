"""What the journal tells of webhooks."""

from typing import Annotated
from uuid import UUID

from models.base.events import Created, Event, Updated, event
from models.base.payloads import IdOf
from models.messages.webhooks.states import WebhookDisabling
from models.messages.webhooks.tables import Webhook


@event("webhook.created", Webhook)
class WebhookCreated(Created):
    """From now on an endpoint is told what happens."""


@event("webhook.updated", Webhook)
class WebhookUpdated(Updated):
    """It was changed."""


@event("webhook.secret_rotated", Webhook)
class WebhookSecretRotated(Event):
    """It has a new secret; the one before signs for a day more."""


@event("webhook.tested", Webhook)
class WebhookTested(Event):
    """Somebody has it sent this event, to try it."""

    message_id: Annotated[UUID, IdOf("WebhookMessage"), "The message."]


@event("webhook.paused", Webhook)
class WebhookPaused(Event):
    """What happens is kept for it, and not sent."""


@event("webhook.resumed", Webhook)
class WebhookResumed(Event):
    """It is sent what happens again."""


@event("webhook.disabled", Webhook)
class WebhookDisabled(Event):
    """It is told nothing any more, by itself: its owner has to look at it."""

    reason: Annotated[WebhookDisabling, "Why."]


@event("webhook.replayed", Webhook)
class WebhookReplayed(Event):
    """It is sent once more what has happened between two instants."""


@event("webhook.deleted", Webhook)
class WebhookDeleted(Event):
    """It is told nothing any more, and forgotten."""
