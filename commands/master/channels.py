"""Channels: written in bulk from the merchant's system of record, and asked who orders there."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from commands.writing.transaction import Outcome, Writing
from commands.writing.upserts.inactive import open_work
from commands.writing.upserts.items import UpsertEvents, item_of, results, upsert
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from kit.inputs import Command, Each, Name, Reference, Upsert, refuse_duplicates
from models.access.viewers import Actor, Scope
from models.base.acts import Act
from models.events.master.channels import ChannelCreated, ChannelUpdated
from models.master.channels import Channel, ChannelKind, DeliveryMethod, ReleaseWhen
from models.master.parties import Party


def _in_order(methods: list[DeliveryMethod]) -> list[DeliveryMethod]:
    return sorted(set(methods))


Methods = Annotated[list[DeliveryMethod], Field(min_length=1), AfterValidator(_in_order)]


_EVENTS = UpsertEvents(ChannelCreated, ChannelUpdated)


class ChannelUpsert(Upsert):
    """One source of orders, known by its code."""

    code: Reference = Field(description="The merchant's own code; the key of the upsert.")
    name: Name = Field(description="Name for people.")
    kind: ChannelKind = Field(description="What sort of shop window it is.")
    guests_allowed: bool = Field(
        default=False, description="Whether persons who are no party of the merchant may order."
    )
    approval_required: bool = Field(
        default=False, description="Whether its orders wait for an approval."
    )
    takes_unpriced: bool = Field(
        default=False,
        description="Whether an order of something without a known price waits for the merchant's"
        " approval, who states it then; otherwise it is refused.",
    )
    withdrawable: bool = Field(
        default=False,
        description="Whether who orders over it may cancel what no delivery has taken"
        " (`orderWithdraw`).",
    )
    reschedulable: bool = Field(
        default=False,
        description="Whether who orders over it may propose another window while something is in no"
        " delivery (`orderProposeWindow`).",
    )
    release_when: ReleaseWhen = Field(
        ReleaseWhen.NOT_FAILED,
        description="What must be known of an order's payment before its goods are released, packed"
        " and dispatched; a party may have a rule of its own.",
    )
    delivery_methods: Methods = Field(description="How its orders may be delivered.")
    is_active: bool = Field(
        default=True,
        description="Whether it takes orders and call-offs; those that are there go on: see"
        " `openWork`.",
    )


class ChannelsUpsert(Command):
    """Up to 250 channels."""

    channels: Each[ChannelUpsert] = Field(description="The channels; each code once.")


@verb(
    Act(Scope.MASTER_DATA_WRITE),
    "Create or change up to 250 channels by code.",
)
async def upsert_all(writing: Writing, command: ChannelsUpsert) -> Outcome:
    """Write channels by code. Refused: DUPLICATE when a code stands twice."""
    refuse_duplicates((it.code for it in command.channels), ("channels",), "code")
    items = [item_of(it) for it in command.channels]
    rows, statuses = await upsert(writing, Channel, _EVENTS, "code", items, ("channels",))
    return results("channel_id", rows, statuses, open_work=await open_work(writing, Channel, rows))


def orders_over(party: Party, channel_id: UUID | None) -> bool:
    """Tell whether a party orders over a channel; staff alone may do that for it elsewhere."""
    return channel_id in party.channel_ids


def check_channel(writing: Writing, channel: Channel, party: Party | None) -> None:
    """Refused: WRONG_STATE for an inactive channel, NOT_ALLOWED for one that the party has not.

    That holds for whoever orders in a party's name but staff, who may order over any.
    """
    path = ("channel_id",)
    if not channel.is_active:
        raise Refused(Code.WRONG_STATE, f"{channel.code} is not active.", path)
    may = writing.viewer.actor is Actor.STAFF or party is None or orders_over(party, channel.id)
    if not may:
        text = f"Your company does not order over {channel.code}."
        raise Refused(Code.NOT_ALLOWED, text, path)
