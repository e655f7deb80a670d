"""What is read and done at the root with notifications."""

from typing import Annotated, Any

import strawberry
from strawberry import Info

from admission.costs import Cost
from commands.messages.notifications import manage
from execution.fields import each_related, related
from kit.standards.languages import Spoken
from loaders.messages import notifications as loaders
from models.access.viewers import Scope
from models.messages.notifications import (
    NotificationKind,
)
from resolvers.messages.notifications import pictures, preview
from schema.graphql.connections import Connection, connection
from schema.graphql.mutations import Payload, mutation
from schema.graphql.scopes import Requires
from schema.messages.notifications.types import (
    Notification,
    NotificationPicture,
    NotificationPreference,
    NotificationPreview,
)


@strawberry.type(description="Outcome of `notificationResend`.")
class NotificationResendPayload(Payload):
    """The notification."""

    notification: Notification | None = related(
        loaders.by_id, "The notification; null when refused.", key="notification_id"
    )


@strawberry.type(description="Outcome of `notificationPreferencesSet`.")
class NotificationPreferencesSetPayload(Payload):
    """The preferences."""

    notification_preferences: list[NotificationPreference] | None = each_related(
        loaders.preference_by_id,
        "The preferences of the input, in its order; null when refused.",
        key="notification_preference_ids",
    )


_LETTER = Cost(weight=20)
"""Points of a mail that is written to be looked at."""


@strawberry.type
class NotificationsQuery:
    """Root fields that read notifications."""

    notifications: Connection[Notification] | None = connection(
        loaders.every,
        "Who is told what by mail; for staff.",
        key=None,
        filters=loaders.NotificationFilter,
        sorts=loaders.NotificationSort,
    )
    notification_preferences: Connection[NotificationPreference] | None = connection(
        loaders.preferences,
        "Who wants to be told of what, and when; for staff.",
        key=None,
        filters=loaders.NotificationPreferenceFilter,
    )

    @strawberry.field(
        description="What a mail would say now; null where there is no such row, or where the token"
        " lacks the scope of something that it tells: orders, deliveries and master data, or"
        " contracts and master data, or webhooks; for staff.",
        graphql_type=NotificationPreview | None,
        directives=[Requires(scope=Scope.NOTIFICATIONS_READ), _LETTER],
    )
    async def notification_preview(
        self,
        info: Info,
        kind: Annotated[NotificationKind, strawberry.argument(description="What it tells.")],
        id: Annotated[  # noqa: A002 -- the API's name.
            strawberry.ID,
            strawberry.argument(
                description="Global id of the order, delivery or contract that it tells of."
            ),
        ],
        language: Annotated[
            Spoken, strawberry.argument(description="In which language.")
        ] = Spoken.EN,
    ) -> Any:
        return await preview.preview(info.context, kind, id, language)

    @strawberry.field(
        description="A link that shows the mail of a notification for five minutes, as it would be"
        " sent now; null where there is no such notification, its reader was forgotten, or the"
        " token lacks the scope of something that it tells, as for `notificationPreview`; for"
        " staff.",
        graphql_type=NotificationPicture | None,
        directives=[Requires(scope=Scope.NOTIFICATIONS_READ), _LETTER],
    )
    async def notification_picture(
        self,
        info: Info,
        id: Annotated[  # noqa: A002 -- the API's name.
            strawberry.ID, strawberry.argument(description="Global id of the notification.")
        ],
    ) -> Any:
        return await pictures.picture(info.context, id)


@strawberry.type
class NotificationsMutation:
    """Mutations of notifications."""

    notification_resend: NotificationResendPayload = mutation(manage.resend)
    notification_preferences_set: NotificationPreferencesSetPayload = mutation(manage.prefer)
