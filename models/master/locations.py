"""Locations: where goods lie and deliveries start."""

from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor
from models.base.bindings import Binding, Bindings
from models.base.tables import OneOf, Owned, indexed, known, to, unique
from models.base.visibility import ALL, Seen, having, own
from models.master.handling import Carrying, carrying


class LocationKind(StrEnum):
    """What a location is."""

    WAREHOUSE = "WAREHOUSE"
    STORE = "STORE"
    DISTRIBUTOR = "DISTRIBUTOR"
    FULFILMENT_CENTRE = "FULFILMENT_CENTRE"


class Location(Carrying, Owned):
    """A warehouse, store or distributor, known by its code. place: fields of kit.inputs.Place."""

    __tablename__ = "locations"
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: ALL,
        Actor.STOREFRONT: ALL,
        Actor.WAREHOUSE: own("id"),
        Actor.CARRIER: having("Delivery", "location_id"),
    }
    __binds__: ClassVar[Bindings] = {Actor.WAREHOUSE: Binding("a location code", "code")}
    __table_args__ = (
        unique("code", "code"),
        known("kind", LocationKind),
        *carrying(),
        to("parties", "provider_id"),
        indexed("locations", "provider_id"),
    )

    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[LocationKind] = mapped_column(OneOf(LocationKind))
    gln: Mapped[str | None]
    place: Mapped[dict[str, Any] | None]
    time_zone: Mapped[str]
    provider_id: Mapped[UUID | None]
    is_active: Mapped[bool] = mapped_column(default=True)
