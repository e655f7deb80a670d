"""Who sees which rows: the first wall between merchants, and between the actors of one merchant.

Every statement carries `seen_by`: the merchant as a parameter on every table, in every sub-query
too, and what the viewer is bound to. A table that is not named for an actor is not seen by it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Text,
    Uuid,
    and_,
    bindparam,
    exists,
    inspect,
    literal,
    literal_column,
    or_,
)
from sqlalchemy.orm import aliased

from models.access.journal import JournalEntry
from models.access.viewers import Actor, Viewer
from models.base.tables import Owned
from models.fulfilment.deliveries.receipts import Receipt, ReceiptLine
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels.tables import Parcel, ParcelContent, ParcelLineage, TrackingNumber
from models.fulfilment.tracking.events import TrackingEvent
from models.master.catalog import Product
from models.master.channels import Channel
from models.master.locations import Location
from models.master.parties import Address, Contact, Party, PartyRole
from models.trade.contracts.tables import Contract, ContractLine, Shortfall
from models.trade.orders.holds import Hold
from models.trade.orders.tables import Order, OrderLine
from models.trade.releases.tables import Release, ScheduleLine

Rule = Callable[[Viewer, Any], ColumnElement[bool] | None]
"""viewer, table (or an alias of it) -> the condition beside the merchant's, None for all rows."""


_NOTHING: ColumnElement[bool] = literal_column("false", Boolean())
"""Unlike false(), which swallows the conditions beside it, this leaves the merchant's in place."""


def merchant(viewer: Viewer) -> ColumnElement[Any]:
    """Return the viewer's merchant as the parameter that every table of a statement carries."""
    return bindparam("merchant", viewer.merchant_id, Uuid())


def named(viewer: Viewer) -> dict[str, Any]:
    """Return the values of the parameters that `seen_by` names, for statements that are kept."""
    return {
        "merchant": viewer.merchant_id,
        "bound_to": viewer.bound_to,
        "holding": viewer.holding,
    }


def _bound(viewer: Viewer) -> ColumnElement[Any]:
    return bindparam("bound_to", viewer.bound_to, Uuid())


def _held(viewer: Viewer, table: Any) -> ColumnElement[bool]:
    """See the order whose access token the viewer holds, in its own channel."""
    holding = bindparam("holding", viewer.holding, Uuid())
    return and_(table.channel_id == _bound(viewer), table.id == holding)


def _all(_viewer: Viewer, _table: Any) -> None:
    return None


def _own(column: str) -> Rule:
    """See rows whose column names what the viewer is bound to."""
    return lambda viewer, table: getattr(table, column) == _bound(viewer)


def _through(parent: type[Owned], column: str) -> Rule:
    """See rows whose parent is seen."""

    def rule(viewer: Viewer, table: Any) -> ColumnElement[bool]:
        above = aliased(parent)
        return exists().where(above.id == getattr(table, column), *seen_by(viewer, above))

    return rule


def _holding(child: type[Owned], column: str) -> Rule:
    """See rows that have a seen child."""

    def rule(viewer: Viewer, table: Any) -> ColumnElement[bool]:
        below = aliased(child)
        return exists().where(getattr(below, column) == table.id, *seen_by(viewer, below))

    return rule


def _either(*rules: Rule) -> Rule:
    def rule(viewer: Viewer, table: Any) -> ColumnElement[bool]:
        return or_(*(each(viewer, table) for each in rules))  # type: ignore[arg-type]

    return rule


def _carriers(_viewer: Viewer, table: Any) -> ColumnElement[bool]:
    return table.roles.contains(literal([PartyRole.CARRIER.value], ARRAY(Text)))  # type: ignore[no-any-return]


_BELOW_DELIVERY: Mapping[type[Owned], Rule] = {
    DeliveryLine: _through(Delivery, "delivery_id"),
    Receipt: _through(Delivery, "delivery_id"),
    ReceiptLine: _through(Receipt, "receipt_id"),
    Parcel: _through(Delivery, "delivery_id"),
}
_BELOW_PARCEL: Mapping[type[Owned], Rule] = {
    TrackingNumber: _through(Parcel, "parcel_id"),
    ParcelContent: _through(Parcel, "parcel_id"),
    ParcelLineage: _through(Parcel, "parcel_id"),
    TrackingEvent: _through(Parcel, "parcel_id"),
}
_BELOW_ORDER: Mapping[type[Owned], Rule] = {
    OrderLine: _through(Order, "order_id"),
    Hold: _either(_through(Order, "subject_id"), _through(Delivery, "subject_id")),
}
_OPEN: Mapping[type[Owned], Rule] = {Product: _all, JournalEntry: _all}

_SEEN: Mapping[Actor, Mapping[type[Owned], Rule]] = {
    Actor.BUYER: {
        **_OPEN,
        **_BELOW_ORDER,
        **_BELOW_DELIVERY,
        **_BELOW_PARCEL,
        Channel: _all,
        Location: _all,
        Party: _either(_own("id"), _carriers),
        Contact: _own("party_id"),
        Address: _own("party_id"),
        Contract: _own("party_id"),
        ContractLine: _through(Contract, "contract_id"),
        Shortfall: _through(Contract, "contract_id"),
        Release: _through(Contract, "contract_id"),
        ScheduleLine: _through(Release, "release_id"),
        Order: _own("party_id"),
        Delivery: _own("party_id"),
    },
    Actor.STOREFRONT: {
        **_OPEN,
        **_BELOW_ORDER,
        **_BELOW_DELIVERY,
        **_BELOW_PARCEL,
        Channel: _own("id"),
        Location: _all,
        Party: _carriers,
        Order: _held,
        DeliveryLine: _through(Order, "order_id"),
        ReceiptLine: _through(DeliveryLine, "delivery_line_id"),
        ParcelContent: _through(DeliveryLine, "delivery_line_id"),
        Delivery: _holding(DeliveryLine, "delivery_id"),
    },
    Actor.WAREHOUSE: {
        **_OPEN,
        **_BELOW_DELIVERY,
        **_BELOW_PARCEL,
        Channel: _all,
        Location: _own("id"),
        Party: _carriers,
        Order: _holding(DeliveryLine, "order_id"),
        OrderLine: _holding(DeliveryLine, "order_line_id"),
        Hold: _through(Delivery, "subject_id"),
        Delivery: _own("location_id"),
    },
    Actor.CARRIER: {
        JournalEntry: _all,
        **_BELOW_PARCEL,
        Party: _own("id"),
        Parcel: _own("carrier_id"),
        Delivery: _holding(Parcel, "delivery_id"),
        Location: _holding(Delivery, "location_id"),
    },
}


def seen_by(viewer: Viewer, table: Any) -> Sequence[ColumnElement[bool]]:
    """Return the conditions under which the viewer sees rows of a table, or of an alias of it.

    The parameters are named `merchant`, `bound_to` and `holding` and carry the viewer's values, so
    that a statement built once can run for another viewer of the same kind.
    """
    own = table.merchant_id == merchant(viewer)
    if viewer.actor is Actor.STAFF:
        return (own,)
    rule = _SEEN[viewer.actor].get(inspect(table).mapper.class_)
    if rule is None:
        return (own, _NOTHING)
    condition = rule(viewer, table)
    return (own,) if condition is None else (own, condition)
