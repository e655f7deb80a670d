"""Deliveries: each part of an order, planned for its own agreed time."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Index, and_, or_, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from kit.standards.written import is_spelled
from models.access.keys import PREFIXES, CounterName
from models.access.viewers import Actor, Scope
from models.base.tables import (
    Counter,
    OneOf,
    Owned,
    Searched,
    check,
    fixed,
    folded,
    found_by,
    indexed,
    known,
    not_negative,
    to,
    unique,
    whole_window,
)
from models.base.tasks import Task, is_among
from models.base.visibility import Seen, having, own, through
from models.fulfilment.deliveries.states import (
    BEFORE_DISPATCH,
    OPEN_DELIVERIES,
    REPLACED,
    DeliveryState,
)
from models.master.channels import DeliveryMethod
from models.master.packagings import Packaged, count_in_packagings, packaged
from models.trade.contracts.guarantees import SupplyExcuse


class ShortReason(StrEnum):
    """Why less was picked than planned."""

    OUT_OF_STOCK = "OUT_OF_STOCK"
    DAMAGED = "DAMAGED"
    NOT_FOUND = "NOT_FOUND"
    QUALITY_HOLD = "QUALITY_HOLD"
    OTHER = "OTHER"


class Incoterm(StrEnum):
    """Who bears cost and risk on the way (Incoterms 2020)."""

    EXW = "EXW"
    FCA = "FCA"
    CPT = "CPT"
    CIP = "CIP"
    DAP = "DAP"
    DPU = "DPU"
    DDP = "DDP"
    FAS = "FAS"
    FOB = "FOB"
    CFR = "CFR"
    CIF = "CIF"


def _one_of(states: Iterable[DeliveryState]) -> str:
    return f"({', '.join(map(repr, map(str, sorted(states))))})"


FEW_DELIVERIES = {
    "open": f"state IN {_one_of({*OPEN_DELIVERIES, DeliveryState.PARTIALLY_DELIVERED})}",
    "late": f"state NOT IN {_one_of(REPLACED)}"
    " AND (delivered_at IS NULL OR delivered_at > window_latest)",
}
"""Indexes over the few deliveries that lists ask for: which."""


class Delivery(Owned):
    """A partial delivery from one location to one recipient in one window.

    party_id: of its orders, None for a guest. ship_to: fields of kit.inputs.Place;
    recipient: fields of kit.inputs.Recipient. excuse: why it comes later than it was wanted, for
    what contracts guarantee. packing: how often it was packed; a repack voids
    the parcels of the packing before. reships_id: the delivery of which it brings again what was
    lost or came back. external_reference: its number in the system from which it was recorded.
    """

    __tablename__ = "deliveries"
    __searched__ = Searched(
        Scope.DELIVERIES_READ,
        numbers=("number", "external_reference"),
        is_it=lambda row, it: [is_spelled(row.number, PREFIXES[CounterName.DELIVERY], it)],
    )
    __task__ = Task("location_id", lambda _rows, it: is_among(it.state, BEFORE_DISPATCH))
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: own("party_id"),
        Actor.STOREFRONT: having("DeliveryLine", "delivery_id"),
        Actor.WAREHOUSE: own("location_id"),
        Actor.CARRIER: having("Parcel", "delivery_id"),
    }
    __table_args__ = (
        unique("number", "number"),
        Index(
            "uq_deliveries_external_reference",
            "merchant_id",
            "external_reference",
            "channel_id",
            unique=True,
            postgresql_where=text("external_reference IS NOT NULL"),
        ),
        to("parties", "party_id"),
        to("channels", "channel_id"),
        to("locations", "location_id"),
        to("addresses", "ship_to_id"),
        to("deliveries", "reships_id"),
        indexed("deliveries", "party_id", "window_latest", "id"),
        indexed("deliveries", "channel_id", "window_latest", "id"),
        indexed("deliveries", "state", "window_latest", "id"),
        *found_by("deliveries", "number", "external_reference"),
        indexed("deliveries", "location_id", "window_latest", "id"),
        indexed("deliveries", "ship_to_id"),
        indexed("deliveries", "reships_id", postgresql_where=text("reships_id IS NOT NULL")),
        indexed("deliveries", "window_latest", "id"),
        *(
            indexed("deliveries", "window_latest", "id", among=name, postgresql_where=text(rows))
            for name, rows in FEW_DELIVERIES.items()
        ),
        known("state", DeliveryState),
        known("method", DeliveryMethod),
        known("incoterm", Incoterm),
        known("excuse", SupplyExcuse),
        whole_window(),
    )

    number: Mapped[str]
    number_folded: Mapped[str] = folded("number")
    external_reference: Mapped[str | None]
    external_reference_folded: Mapped[str | None] = folded("external_reference")
    party_id: Mapped[UUID | None]
    channel_id: Mapped[UUID]
    location_id: Mapped[UUID]
    ship_to_id: Mapped[UUID | None]
    ship_to: Mapped[dict[str, Any] | None]
    recipient: Mapped[dict[str, Any] | None]
    window_earliest: Mapped[datetime]
    window_latest: Mapped[datetime]
    window_zone: Mapped[str]
    window_override: Mapped[str | None]
    excuse: Mapped[SupplyExcuse | None] = mapped_column(OneOf(SupplyExcuse))
    promised_at: Mapped[datetime | None]
    fulfil_at: Mapped[datetime | None]
    fulfil_by: Mapped[datetime | None]
    method: Mapped[DeliveryMethod] = mapped_column(OneOf(DeliveryMethod))
    incoterm: Mapped[Incoterm | None] = mapped_column(OneOf(Incoterm))
    completes_order: Mapped[bool] = mapped_column(default=False)
    reships_id: Mapped[UUID | None]
    state: Mapped[DeliveryState] = mapped_column(OneOf(DeliveryState))
    packing: Mapped[int] = mapped_column(default=0)
    planned_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    packed_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    @hybrid_property
    def may_be_late(self) -> bool:
        """Whether it is late once its window has passed, as the index of such deliveries asks."""
        has_come = self.delivered_at is not None and self.delivered_at <= self.window_latest
        return self.state not in REPLACED and not has_come

    @may_be_late.inplace.expression
    @classmethod
    def _may_be_late(cls) -> ColumnElement[bool]:
        counts = cls.state.not_in([fixed(it) for it in sorted(REPLACED)])
        return and_(counts, or_(cls.delivered_at.is_(None), cls.delivered_at > cls.window_latest))


class DeliveryLine(Packaged, Owned):
    """What a delivery takes of one order line. order_id: of that line, so that it can be found.

    owed_again: what of it was lost or came back, so that it counts no more as planned or shipped of
    its order line; above `lost + refused` where it arrived after all, when something else had taken
    its place (`commands.fulfilment.deliveries.arrivals.owing`).
    moved_from: of what a schedule wants, the window for which it was planned before somebody moved
    it, or sent it once more; None where nobody has.
    """

    __tablename__ = "delivery_lines"
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: through("Delivery", "delivery_id"),
        Actor.STOREFRONT: through("Order", "order_id"),
        Actor.WAREHOUSE: through("Delivery", "delivery_id"),
    }
    __table_args__ = (
        to("deliveries", "delivery_id"),
        to("order_lines", "order_line_id"),
        to("orders", "order_id"),
        unique("order_line", "delivery_id", "order_line_id"),
        indexed("delivery_lines", "order_line_id"),
        indexed("delivery_lines", "order_id"),
        known("short_reason", ShortReason),
        not_negative(
            *("planned", "picked", "packed", "shipped", "delivered", "lost", "refused"),
            "owed_again",
        ),
        check("owed_again_was_shipped", "owed_again <= shipped"),
        check(
            "progress",
            "delivered + lost + refused <= shipped AND shipped <= packed AND packed <= picked"
            " AND picked <= planned",
        ),
        check("moved_from_whole", "num_nulls(moved_from_earliest, moved_from_latest) IN (0, 2)"),
        *packaged("delivery_lines"),
    )

    delivery_id: Mapped[UUID]
    order_id: Mapped[UUID]
    order_line_id: Mapped[UUID]
    planned: Mapped[Decimal]
    picked: Mapped[Counter]
    packed: Mapped[Counter]
    shipped: Mapped[Counter]
    delivered: Mapped[Counter]
    lost: Mapped[Counter]
    refused: Mapped[Counter]
    owed_again: Mapped[Counter]
    short_reason: Mapped[ShortReason | None] = mapped_column(OneOf(ShortReason))
    moved_from_earliest: Mapped[datetime | None]
    moved_from_latest: Mapped[datetime | None]

    packaged_quantity = count_in_packagings("planned")

    @hybrid_property
    def issued(self) -> Decimal:
        """What left and was neither lost nor came back; the customer has it or will have it."""
        return self.shipped - self.lost - self.refused

    def planned_for(self, delivery: Delivery) -> tuple[datetime, datetime]:
        """Return for which window it was planned, whenever its delivery comes now."""
        if self.moved_from_earliest is not None and self.moved_from_latest is not None:
            return self.moved_from_earliest, self.moved_from_latest
        return delivery.window_earliest, delivery.window_latest
