"""Notifications and preferences as types."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from execution.fields import related
from kit.standards.languages import Spoken
from loaders.fulfilment import deliveries as delivery_loaders
from loaders.master import parties as party_loaders
from loaders.messages import notifications as loaders
from loaders.messages import webhooks as webhook_loaders
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
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.fulfilment.deliveries.types import Delivery
from schema.graphql.nodes import Node, node
from schema.graphql.scopes import Requires
from schema.master.parties import Contact
from schema.messages.notifications import enums  # noqa: F401 -- they are described there.
from schema.trade.contracts.types import Contract
from schema.trade.orders.types import Order

if TYPE_CHECKING:
    from schema.messages.webhooks.types import Webhook


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
    webhook: Annotated["Webhook", strawberry.lazy("schema.messages.webhooks.types")] | None = (
        related(webhook_loaders.by_id, "The webhook.", key="webhook_id")
    )
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
    description="Where a mail is shown for some minutes to whoever follows the link, without a"
    " key.",
    directives=[Requires(scope=Scope.NOTIFICATIONS_READ)],
)
class NotificationPicture:
    """A link to a mail."""

    path: str = strawberry.field(
        description="Path at this server of a page that shows the mail as HTML, and as text beside"
        " it. It names one mail, and nobody who may see it."
    )
    ends_at: datetime = strawberry.field(description="When the link leads nowhere any more.")


@strawberry.type(
    description="What a mail would say.", directives=[Requires(scope=Scope.NOTIFICATIONS_READ)]
)
class NotificationPreview:
    """A mail in words."""

    subject: str = strawberry.field(description="Its subject.")
    text: str = strawberry.field(description="What it says as plain text.")
    html: str = strawberry.field(description="What it says as HTML.")
