"""Channels for clients."""

import strawberry

from commands.master import channels
from execution.fields import related
from loaders.master import channels as loaders
from models.access.viewers import Scope
from models.master.channels import Channel as ChannelRow
from models.master.channels import ChannelKind, DeliveryMethod, ReleaseWhen
from schema.access.journal import Timeline, timeline
from schema.graphql.bulk import OpenWork, UpsertResult, goes_on_with
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.graphql.roots import one_by

described(
    ChannelKind,
    "ChannelKind",
    "What sort of shop window a channel is.",
    B2B_PORTAL="Portal for business clients.",
    EDI="Electronic data interchange.",
)
described(
    DeliveryMethod,
    "DeliveryMethod",
    "How goods reach the recipient.",
    FREIGHT="By a forwarder, on pallets.",
    LOCKER="Into a parcel locker; never for a business.",
    SHOP_PICKUP="Fetched from a shop; never for a business.",
    NEIGHBOUR="Left with a neighbour; never for a business.",
)
described(
    ReleaseWhen,
    "ReleaseWhen",
    "What must be known of an order's payment before its goods are released, packed and"
    " dispatched. Where none is required, it never stops them; where it failed, it always does.",
    NOT_FAILED="Nothing, unless it failed: the goods go first.",
    AUTHORISED="That it is authorised, or paid.",
    PAID="That all of it is paid.",
)
described(
    loaders.ChannelSort,
    "ChannelSort",
    "Order of a channel list.",
    CODE="By code.",
    CODE_DESC="By code, last first.",
)


@node(ChannelRow, loaders.by_id, Scope.MASTER_DATA_READ, "A source of orders, and what it allows.")
class Channel(Node):
    """A channel."""

    code: str = strawberry.field(description="The merchant's own code.")
    name: str = strawberry.field(description="Name for people.")
    kind: ChannelKind = strawberry.field(description="What sort of shop window it is.")
    guests_allowed: bool = strawberry.field(
        description="Whether persons who are no party of the merchant may order."
    )
    approval_required: bool = strawberry.field(
        description="Whether its orders wait for an approval."
    )
    takes_unpriced: bool = strawberry.field(
        description="Whether an order of something without a known price waits for the merchant's"
        " approval instead of being refused."
    )
    withdrawable: bool = strawberry.field(
        description="Whether who orders over it may cancel what no delivery has taken."
    )
    reschedulable: bool = strawberry.field(
        description="Whether who orders over it may propose another window."
    )
    release_when: ReleaseWhen = strawberry.field(
        description="What must be known of a payment before goods go on, for orders of guests and"
        " of parties without a rule of their own."
    )
    delivery_methods: list[DeliveryMethod] = strawberry.field(
        description="How its orders may be delivered."
    )
    is_active: bool = strawberry.field(description="Whether it takes orders.")
    timeline: Timeline = timeline()


@strawberry.type(description="What happened to one channel of a bulk call.")
class ChannelUpsertResult(UpsertResult):
    """One result."""

    channel: Channel | None = related(loaders.by_id, "The channel.", key="channel_id")
    open_work: list[OpenWork] = goes_on_with("channel")


@strawberry.type(description="Outcome of `channelsUpsert`.")
class ChannelsUpsertPayload(Payload):
    """The results, in the order of the input."""

    results: list[ChannelUpsertResult] | None = strawberry.field(
        description="One result for each channel; null when the whole call was refused."
    )


@strawberry.type
class ChannelsQuery:
    """Root fields that read channels."""

    channel: Channel | None = one_by(
        "One channel, by id or code.", Channel=loaders.by_id, code=loaders.by_code
    )
    channels: Connection[Channel] | None = connection(
        loaders.every,
        "Channels.",
        key=None,
        filters=loaders.ChannelFilter,
        sorts=loaders.ChannelSort,
    )


@strawberry.type
class ChannelsMutation:
    """Mutations of channels."""

    channels_upsert: ChannelsUpsertPayload = mutation(channels.upsert_all)
