"""A merchant's settings for clients."""

import strawberry

from commands.access import settings
from execution.fields import related
from loaders.access import settings as loaders
from models.access.settings import MerchantSettings as MerchantSettingsRow
from models.access.viewers import Scope
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.graphql.roots import only
from schema.graphql.scalars import Currency


@node(
    MerchantSettingsRow,
    loaders.by_id,
    Scope.MASTER_DATA_READ,
    "What the merchant says of itself to everybody who asks in its name.",
)
class MerchantSettings(Node):
    """The settings."""

    currency: Currency | None = strawberry.field(
        description="In which it counts where nothing else is agreed on."
    )
    language: str | None = strawberry.field(
        description="In which its people are told what happens, a tag of BCP 47."
    )
    support_email: str | None = strawberry.field(description="Where its clients write to for help.")
    support_phone: str | None = strawberry.field(description="Where its clients call for help.")
    logo_url: str | None = strawberry.field(
        description="Where mails to its clients take its logo from."
    )
    colour: str | None = strawberry.field(description="Its colour in mails, such as `#1f4e79`.")
    gather_minutes: int | None = strawberry.field(
        description="How long what happens to one order is gathered into one mail; null for 2."
    )
    quiet_from: str | None = strawberry.field(
        description="From which time of its reader's clock no mail is sent, HH:MM; null for none."
    )
    quiet_until: str | None = strawberry.field(description="Until which time, HH:MM.")
    events: Events = events()
    timeline: Timeline = timeline()


@strawberry.type(description="Outcome of `merchantSettingsUpdate`.")
class MerchantSettingsUpdatePayload(Payload):
    """The settings."""

    merchant_settings: MerchantSettings | None = related(
        loaders.by_id, "The settings; null when refused.", key="merchant_settings_id"
    )


@strawberry.type
class SettingsQuery:
    """The root field that reads settings."""

    merchant_settings: MerchantSettings | None = only(
        loaders.OfViewer(),
        lambda info: info.context.load(loaders.by_id, info.context.viewer.merchant_id),
        "The merchant's settings; null before any are written.",
    )


@strawberry.type
class SettingsMutation:
    """The mutation of settings."""

    merchant_settings_update: MerchantSettingsUpdatePayload = mutation(settings.update_settings)
