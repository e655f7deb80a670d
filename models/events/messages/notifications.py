"""What the journal tells of notifications: what people decide on them, not each mail."""

from typing import Annotated

from models.base.events import Event, event
from models.messages.notifications import (
    Notification,
    NotificationKind,
    NotificationPreference,
    NotificationTiming,
)


@event("notification.wanted_again", Notification)
class NotificationWantedAgain(Event):
    """Somebody let it be sent once more, or at once."""


@event("notification_preference.stated", NotificationPreference)
class NotificationPreferenceStated(Event):
    """Somebody said when it is told of a kind."""

    kind: Annotated[NotificationKind, "The kind."]
    timing: Annotated[NotificationTiming, "When it is told of it."]
