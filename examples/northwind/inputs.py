"""Rows of the export as inputs of the API.

The export tells days and no times: here a day is one of UTC, an order is placed at its first
instant, required by its last one, and shipped and delivered within one.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from examples.northwind.files import Customer, Export, Order, OrderLine, Product, Shipper, Supplier

CHANNEL = "northwind"
LOCATION = "northwind-warehouse"
CURRENCY = "USD"
ZONE = "UTC"
_DISPATCH, _ARRIVAL = time(8, tzinfo=UTC), time(16, tzinfo=UTC)


def channel() -> dict[str, Any]:
    """Return the one channel of all orders."""
    return {
        "code": CHANNEL,
        "name": "Northwind",
        "kind": "BACK_OFFICE",
        "deliveryMethods": ["PARCEL"],
    }


def location() -> dict[str, Any]:
    """Return the one location of all deliveries."""
    return {"code": LOCATION, "name": "Northwind warehouse", "timeZone": ZONE}


def carrier_number(shipper_id: str) -> str:
    """Return the party number of a shipper; the prefixes keep the files' ids apart."""
    return f"SHIPPER-{shipper_id}"


def carrier(row: Shipper) -> dict[str, Any]:
    """Return a shipper as a party."""
    return {
        "number": carrier_number(row.shipper_id),
        "roles": ["CARRIER"],
        "name": row.company_name,
        "phone": row.phone,
    }


def supplier(row: Supplier) -> dict[str, Any]:
    """Return a supplier as a party."""
    return {
        "number": f"SUPPLIER-{row.supplier_id}",
        "roles": ["SUPPLIER"],
        "name": row.company_name,
        "phone": row.phone,
        "contacts": [{"code": "main", "name": row.contact_name}],
    }


def customer(row: Customer) -> dict[str, Any]:
    """Return a customer as a company with its contact and its address."""
    place = {
        "name": row.company_name,
        "line1": row.address,
        "postalCode": row.postal_code,
        "city": row.city,
        "region": row.region,
        "country": row.country,
    }
    return {
        "number": row.customer_id,
        "roles": ["CUSTOMER"],
        "name": row.company_name,
        "phone": row.phone,
        "contacts": [{"code": "main", "name": row.contact_name, "title": row.contact_title}],
        "addresses": [{"code": "main", "place": place, "timeZone": ZONE, "isDefault": True}],
    }


def product(row: Product) -> dict[str, Any]:
    """Return a product; what one piece of it is stands in its name."""
    name = ", ".join(filter(None, [row.product_name, row.quantity_per_unit]))
    return {"sku": row.product_id, "name": name, "unit": "PIECE"}


def order(export: Export, row: Order) -> dict[str, Any]:
    """Return an order of the back office, to the place and the person that the export names."""
    buyer = export.customers[row.customer_id]
    return {
        "externalReference": row.order_id,
        "channelCode": CHANNEL,
        "partyNumber": row.customer_id,
        "buyerContactCode": "main",
        "placedAt": _start(row.order_date),
        "currency": CURRENCY,
        "shipTo": {
            "name": row.ship_name,
            "line1": row.ship_address,
            "postalCode": row.ship_postal_code,
            "city": row.ship_city,
            "region": row.ship_region,
            "country": row.ship_country,
        },
        "recipient": {"name": buyer.contact_name, "phone": buyer.phone},
        "window": {
            "earliest": _start(row.order_date),
            "latest": _end(row.required_date),
            "timeZone": ZONE,
        },
        "lines": [_line(line) for line in export.lines[row.order_id]],
    }


def _line(row: OrderLine) -> dict[str, Any]:
    return {
        "productSku": row.product_id,
        "quantity": str(row.quantity),
        "unitPrice": str(row.unit_price),
        "discountPercent": str(100 * row.discount),
    }


def tracking_number(row: Order) -> str:
    """Return the tracking number of an order's one parcel."""
    return f"NW{row.order_id}"


def left_at(row: Order) -> str:
    """Return when a shipped order left: on its shipped date."""
    return _at(row, _DISPATCH)


def arrival(row: Order) -> dict[str, Any]:
    """Return the carrier's report that the parcel of a shipped order arrived, on the same day."""
    return {
        "trackingNumber": tracking_number(row),
        "status": "DELIVERED",
        "occurredAt": _at(row, _ARRIVAL),
        "carrierEventId": f"{row.order_id}-delivered",
    }


def _at(row: Order, at: time) -> str:
    if row.shipped_date is None:
        message = f"Order {row.order_id} has left the API's warehouse, but not the files'."
        raise ValueError(message)
    return datetime.combine(row.shipped_date, at).isoformat()


def _start(day: date) -> str:
    return datetime.combine(day, time(), tzinfo=UTC).isoformat()


def _end(day: date) -> str:
    """Return the last instant of a day that still counts as this day in seconds."""
    return (datetime.combine(day, time(), tzinfo=UTC) + timedelta(days=1, seconds=-1)).isoformat()
