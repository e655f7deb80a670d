"""To whom deliveries go, where that says who may share something, such as a tracking number."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.orm import aliased

from models.base.tables import fixed
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine


def customer_columns(merchant: Any, delivery: Any = Delivery) -> Sequence[ColumnElement[Any]]:
    """Return what tells the customer of a delivery, as `customer_of` takes it.

    merchant: value or parameter. delivery: its table or an alias.
    """
    line = aliased(DeliveryLine)
    order = select(line.order_id).where(
        line.merchant_id == merchant, line.delivery_id == delivery.id
    )
    order_id = order.limit(1).correlate_except(line).scalar_subquery()
    return (
        delivery.party_id.label("customer"),
        delivery.ship_to.label("customer_place"),
        order_id.label("customer_order"),
    )


def customer_of(party_id: UUID | None, place: dict[str, Any] | None, order_id: UUID) -> Any:
    """Return the customer of a delivery: its party, a guest's address, or else the guest's order.

    Guests without an address are strangers to each other; what goes to a guest is of one order.
    """
    return party_id or place or order_id


def customer_in_sql(merchant: Any, delivery: Any) -> ColumnElement[str]:
    """Return what is equal where `customer_of` is. merchant, delivery: as `customer_columns`."""
    own = (cast(it, Text()) for it in customer_columns(merchant, delivery))
    return func.coalesce(*own, fixed("")).collate("C")
