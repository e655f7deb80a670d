"""The benchmark's data: one merchant whose orders have lines, deliveries, parcels and events."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from kit.database import Database
from kit.gs1 import sscc
from kit.ids import new_id
from models import Owned
from models.catalog import Product, Unit
from models.channels import Channel, ChannelKind, DeliveryMethod
from models.deliveries import Delivery, DeliveryLine, DeliveryState
from models.locations import Location, LocationKind
from models.orders import DeliveryPolicy, Order, OrderKind, OrderLine, OrderState
from models.parcels import Parcel, ParcelStatus
from models.parties import Party, PartyKind, PartyRole
from models.tracking import TrackingEvent

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
LINES, DELIVERIES, TAKEN, EVENTS = 5, 2, 3, 3
"""Lines of an order, its deliveries, lines of each of them, events of each parcel."""
_QUANTITY = Decimal(10)

Rows = dict[type[Owned], list[dict[str, Any]]]


async def fill(database: Database, merchant_id: UUID, orders: int) -> None:
    """Insert the orders and what they need."""
    shared, ids = _shared(merchant_id)
    await _insert(database, merchant_id, shared)
    for first in range(0, orders, 500):
        rows: Rows = {}
        for number in range(first, min(first + 500, orders)):
            for entity, row in _order(merchant_id, ids, number):
                rows.setdefault(entity, []).append(row)
        await _insert(database, merchant_id, rows)
    async with database.engine.connect() as connection:
        await (await connection.get_raw_connection()).driver_connection.execute("ANALYZE")


async def _insert(database: Database, merchant_id: UUID, rows: Rows) -> None:
    async with database.writing(merchant_id) as session:
        for entity, values in rows.items():
            await session.execute(insert(entity), values)


def _shared(merchant_id: UUID) -> tuple[Rows, dict[str, UUID]]:
    names = ("product_id", "channel_id", "party_id", "carrier_id", "location_id")
    ids = {name: new_id() for name in names}
    product, channel, party, carrier, location = (
        {"merchant_id": merchant_id, "id": key} for key in ids.values()
    )
    channel |= {"code": "SHOP", "name": "Shop", "kind": ChannelKind.WEB_SHOP}
    channel |= {"guests_allowed": True, "approval_required": False}
    location |= {"code": "HAM", "name": "Hamburg", "time_zone": "Europe/Berlin"}
    company = {"kind": PartyKind.COMPANY}
    rows: Rows = {
        Product: [product | {"sku": "BOLT", "name": "Bolt", "unit": Unit.PIECE, "scale": 0}],
        Channel: [channel | {"delivery_methods": [DeliveryMethod.PARCEL]}],
        Party: [
            party | company | {"number": "P", "name": "Weber", "roles": [PartyRole.CUSTOMER]},
            carrier | company | {"number": "C", "name": "Speedy", "roles": [PartyRole.CARRIER]},
        ],
        Location: [location | {"kind": LocationKind.WAREHOUSE}],
    }
    return rows, ids


Row = tuple[type[Owned], dict[str, Any]]


def _order(merchant_id: UUID, ids: dict[str, UUID], number: int) -> Iterator[Row]:
    """Yield the rows of one order, parents first."""
    own: dict[str, Any] = {"merchant_id": merchant_id, "currency": "EUR"}
    order_id, placed = new_id(), START + timedelta(minutes=number)
    yield (
        Order,
        {**own, "id": order_id, "number": f"O-{number:07}", "placed_at": placed}
        | {"channel_id": ids["channel_id"], "party_id": ids["party_id"]}
        | {"kind": OrderKind.STANDARD, "state": OrderState.CONFIRMED}
        | {"delivery_policy": DeliveryPolicy.PARTIAL_BACKORDER},
    )
    line_ids = [new_id() for _ in range(LINES)]
    moved = dict.fromkeys(("planned", "picked", "packed", "shipped"), _QUANTITY)
    for line_no, line_id in enumerate(line_ids, 1):
        yield (
            OrderLine,
            {**own, **moved, "id": line_id, "order_id": order_id, "line_no": line_no}
            | {"product_id": ids["product_id"], "unit_price": Decimal("2.5")}
            | {"ordered": DELIVERIES * _QUANTITY},
        )
    del own["currency"]
    for part in range(DELIVERIES):
        yield from _delivery(own, ids, (order_id, line_ids), number * DELIVERIES + part, placed)


def _delivery(
    own: dict[str, Any],
    ids: dict[str, UUID],
    order: tuple[UUID, list[UUID]],
    number: int,
    at: datetime,
) -> Iterator[Row]:
    delivery_id, parcel_id = new_id(), new_id()
    order_id, line_ids = order
    yield (
        Delivery,
        {**own, "id": delivery_id, "number": f"D-{number:07}", "party_id": ids["party_id"]}
        | {"channel_id": ids["channel_id"], "location_id": ids["location_id"], "packing": 1}
        | {"window_earliest": at, "window_latest": at + timedelta(days=2)}
        | {"window_zone": "Europe/Berlin", "method": DeliveryMethod.PARCEL}
        | {"state": DeliveryState.DISPATCHED, "planned_at": at, "dispatched_at": at},
    )
    moved = dict.fromkeys(("planned", "picked", "packed", "shipped"), _QUANTITY)
    for line_id in line_ids[:TAKEN]:
        taken = {"delivery_id": delivery_id, "order_id": order_id, "order_line_id": line_id}
        yield DeliveryLine, {**own, **moved, **taken, "id": new_id()}
    parcel = {"id": parcel_id, "delivery_id": delivery_id, "packing": 1, "parcel_no": 1}
    parcel |= {"sscc": sscc("4012345", number), "status": ParcelStatus.IN_TRANSIT}
    yield Parcel, {**own, **parcel, "status_at": at, "packed_at": at}
    for event in range(EVENTS):
        told = {"source": "scan", "dedupe_key": f"{number}-{event}", "original_status": "TRANSIT"}
        when = {"occurred_at": at + timedelta(hours=event), "recorded_at": at}
        status = {"status": ParcelStatus.IN_TRANSIT, "parcel_id": parcel_id, "id": new_id()}
        yield TrackingEvent, {**own, **told, **when, **status}
