"""Channels: where orders come from, and what each of them allows."""

from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor
from models.base.bindings import Binding, Bindings
from models.base.tables import OneOf, Owned, check, known, unique
from models.base.visibility import ALL, Seen, own


class ChannelKind(StrEnum):
    """What sort of shop window a channel is."""

    WEB_SHOP = "WEB_SHOP"
    MARKETPLACE = "MARKETPLACE"
    B2B_PORTAL = "B2B_PORTAL"
    EDI = "EDI"
    POINT_OF_SALE = "POINT_OF_SALE"
    BACK_OFFICE = "BACK_OFFICE"


class DeliveryMethod(StrEnum):
    """How goods reach the recipient."""

    PARCEL = "PARCEL"
    EXPRESS = "EXPRESS"
    FREIGHT = "FREIGHT"
    COURIER = "COURIER"
    LOCKER = "LOCKER"
    SHOP_PICKUP = "SHOP_PICKUP"
    NEIGHBOUR = "NEIGHBOUR"


class ReleaseWhen(StrEnum):
    """What must be known of an order's payment before its goods go on."""

    NOT_FAILED = "NOT_FAILED"
    AUTHORISED = "AUTHORISED"
    PAID = "PAID"


ADDRESSED_METHODS = frozenset(DeliveryMethod) - {DeliveryMethod.SHOP_PICKUP}
"""Methods that bring goods to an address; others need none (invariant D17)."""
CONSUMER_METHODS = frozenset(
    {DeliveryMethod.LOCKER, DeliveryMethod.SHOP_PICKUP, DeliveryMethod.NEIGHBOUR}
)
"""Methods that no business gets: goods are handed to a named recipient (invariant D8)."""

_METHODS = ", ".join(f"'{method.value}'" for method in DeliveryMethod)


class Channel(Owned):
    """A source of orders, known by its code."""

    __tablename__ = "channels"
    __seen__: ClassVar[Seen] = {Actor.BUYER: ALL, Actor.STOREFRONT: own("id"), Actor.WAREHOUSE: ALL}
    __binds__: ClassVar[Bindings] = {Actor.STOREFRONT: Binding("a channel code", "code")}
    __table_args__ = (
        unique("code", "code"),
        known("kind", ChannelKind),
        known("release_when", ReleaseWhen),
        check(
            "methods_known",
            f"delivery_methods <@ ARRAY[{_METHODS}] AND cardinality(delivery_methods) > 0",
        ),
    )

    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[ChannelKind] = mapped_column(OneOf(ChannelKind))
    guests_allowed: Mapped[bool]
    approval_required: Mapped[bool]
    takes_unpriced: Mapped[bool] = mapped_column(default=False, server_default="false")
    withdrawable: Mapped[bool] = mapped_column(default=False, server_default="false")
    reschedulable: Mapped[bool] = mapped_column(default=False, server_default="false")
    release_when: Mapped[ReleaseWhen] = mapped_column(
        OneOf(ReleaseWhen),
        default=ReleaseWhen.NOT_FAILED,
        server_default=ReleaseWhen.NOT_FAILED.value,
    )
    delivery_methods: Mapped[list[DeliveryMethod]] = mapped_column(ARRAY(OneOf(DeliveryMethod)))
    is_active: Mapped[bool] = mapped_column(default=True)
