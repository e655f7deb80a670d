"""Notifications for the merchant's staff: who is told what by mail, and when."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import Info

from admission.costs import Cost
from commands.messages.notifications import manage
from execution.fields import each_related, related
from kit.standards.languages import Spoken
from loaders.fulfilment import deliveries as delivery_loaders
from loaders.master import parties as party_loaders
from loaders.messages import notifications as loaders
from loaders.trade import contracts as contract_loaders
from loaders.trade import orders as order_loaders
from models.access.viewers import Scope
from models.messages.notifications import Notification as NotificationRow
from models.messages.notifications import (
    NotificationKind,
    NotificationReason,
    NotificationState,
    NotificationTiming,
)
from models.messages.notifications import NotificationPreference as NotificationPreferenceRow
from resolvers.messages import notifications as resolvers
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.fulfilment.deliveries.types import Delivery
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.graphql.scopes import Requires
from schema.master.parties import Contact
from schema.trade.contracts.types import Contract
from schema.trade.orders.types import Order

described(
    NotificationKind,
    "NotificationKind",
    "What people are told by mail.",
    ORDER_CANCELLED="An order was cancelled or rejected; its buyer.",
    APPROVAL_AWAITED="An order waits for its approval; the company's contacts that want to know it,"
    " else the company's address; for the merchant's approval staff that want to know it.",
    ORDER_CONFIRMED="An order is confirmed; its buyer.",
    CALL_OFF_CONFIRMED="A call-off is confirmed; its buyer.",
    DELIVERY_DELIVERED="All of a delivery has arrived; its recipient and its buyer, as always.",
    DELIVERY_PARTLY_DELIVERED="A part of a delivery has arrived.",
    DELIVERY_ATTEMPT_FAILED="Nobody took a parcel in.",
    DELIVERY_AT_THE_DOOR="A parcel is on its last mile.",
    DELIVERY_DISPATCHED="A delivery left, with where its parcels can be followed.",
    DELIVERY_PLANNED="A delivery was planned.",
    DELIVERY_RESCHEDULED="A delivery comes at another time.",
    ORDER_CHANGED="An order was changed, or the merchant has answered to it; its buyer.",
    CONTRACT_SHORTFALL="Less of a contract was called off than agreed; its company.",
)
described(
    NotificationState,
    "NotificationState",
    "What became of a notification.",
    PENDING="It waits: for what else happens, for the day, or for the mail server.",
    SENT="A mail server has taken it.",
    FAILED="It could not be sent.",
    SUPPRESSED="It was not to be sent.",
)
described(
    NotificationReason,
    "NotificationReason",
    "Why a notification was not sent.",
    OVERTAKEN="When it was to be sent it was not true any more.",
    NOT_WANTED="Its reader does not want this kind.",
    FORGOTTEN="Its reader was forgotten.",
    BAD_ADDRESS="Its address is none of ASCII.",
    REFUSED="The mail server refused it for good.",
    UNREACHABLE="It was tried for three days.",
)
described(
    NotificationTiming,
    "NotificationTiming",
    "When somebody wants to be told.",
    NOW="Soon after it happened.",
    DAILY="In one mail a day.",
    NEVER="Not at all.",
)
described(
    loaders.NotificationSort,
    "NotificationSort",
    "Order of a list of notifications.",
    NEWEST_FIRST="The newest first.",
    OLDEST_FIRST="The oldest first.",
)


@node(
    NotificationRow,
    loaders.by_id,
    Scope.NOTIFICATIONS_READ,
    "What one person is told by mail of one thing that happened.",
)
class Notification(Node):
    """A notification."""

    kind: NotificationKind = strawberry.field(description="What it tells.")
    contact: Contact | None = related(
        party_loaders.contact_by_id, "Who is told, where it is a contact.", key="contact_id"
    )
    address: str | None = strawberry.field(
        description="To which address; null once its reader was forgotten."
    )
    language: Spoken = strawberry.field(description="In which language.")
    time_zone: str = strawberry.field(description="IANA time zone of its quiet hours.")
    order: Order | None = related(order_loaders.by_id, "The order.", key="order_id")
    delivery: Delivery | None = related(delivery_loaders.by_id, "The delivery.", key="delivery_id")
    contract: Contract | None = related(contract_loaders.by_id, "The contract.", key="contract_id")
    is_daily: bool = strawberry.field(description="Whether it is told in the mail of the day.")
    state: NotificationState = strawberry.field(description="What became of it.")
    reason: NotificationReason | None = strawberry.field(description="Why it was not sent.")
    code: int | None = strawberry.field(
        description="What the mail server answered last (RFC 5321); null where it has not."
    )
    message_id: str | None = strawberry.field(
        description="Message-ID of its mail, which may tell others, too."
    )
    created_at: datetime = strawberry.field(description="When it was noted.")
    sent_at: datetime | None = strawberry.field(description="When a mail server took it.")
    events: Events = events()
    timeline: Timeline = timeline()


@node(
    NotificationPreferenceRow,
    loaders.preference_by_id,
    Scope.NOTIFICATIONS_READ,
    "When a contact, a guest or somebody of the staff is told of one kind.",
)
class NotificationPreference(Node):
    """A preference."""

    contact: Contact | None = related(party_loaders.contact_by_id, "The contact.", key="contact_id")
    address: str | None = strawberry.field(description="The address, where it is no contact.")
    is_staff: bool = strawberry.field(description="Whether it is told whoever has ordered.")
    kind: NotificationKind = strawberry.field(description="The kind.")
    timing: NotificationTiming = strawberry.field(description="When it is told of it.")
    events: Events = events()
    timeline: Timeline = timeline()


@strawberry.type(
    description="What a mail would say.", directives=[Requires(scope=Scope.NOTIFICATIONS_READ)]
)
class NotificationPreview:
    """A mail in words."""

    subject: str = strawberry.field(description="Its subject.")
    text: str = strawberry.field(description="What it says as plain text.")
    html: str = strawberry.field(description="What it says as HTML.")


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
        description="What a mail would say now; null where there is no such row; for staff.",
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
        return await resolvers.preview(info.context, kind, id, language)


@strawberry.type
class NotificationsMutation:
    """Mutations of notifications."""

    notification_resend: NotificationResendPayload = mutation(manage.resend)
    notification_preferences_set: NotificationPreferencesSetPayload = mutation(manage.prefer)
