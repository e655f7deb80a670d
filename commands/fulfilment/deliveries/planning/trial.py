"""Planning of what is refused, to see what else is wrong with it: nothing of it is kept."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from commands.fulfilment.deliveries.places import (
    DeliveryPart,
    recipient_columns,
    ship_to_columns,
)
from commands.fulfilment.deliveries.planning.parts import NamedByParts, checked_window, write_parts
from commands.fulfilment.deliveries.remaining.completing import check_completing
from commands.master.packagings.counting import Counted
from commands.writing.transaction import Writing
from kit.errors import Path, Refusals, Refused
from models.base.visibility import merchant
from models.master.locations import Location
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order


async def anywhere(
    writing: Writing, found: NamedByParts, parts: Sequence[DeliveryPart]
) -> UUID | None:
    """Return a location of the merchant, for parts that name none of its; None where it has none.

    None, too, where no part needs it.
    """
    if all(it.location_id in found.locations for it in parts):
        return None
    own = select(Location.id).where(Location.merchant_id == merchant(writing.viewer)).limit(1)
    key: UUID | None = await writing.session.scalar(own)
    return key


def columns_beside(
    found: NamedByParts,
    part: DeliveryPart,
    orders: Sequence[Order],
    at: datetime,
    location_id: UUID | None,
) -> dict[str, Any]:
    """Return the columns of a delivery of which something is odd: something stands in for that.

    at: when it arrives where nobody can say. location_id: from where it leaves where nobody can.
    """
    first, until = orders[0], at + timedelta(hours=1)
    there = next((it.ship_to for it in orders if it.ship_to is not None), None)
    columns: dict[str, Any] = {
        "party_id": first.party_id,
        "channel_id": first.channel_id,
        "location_id": part.location_id if part.location_id in found.locations else location_id,
        "ship_to_id": None,
        "ship_to": there,
        "recipient": first.recipient or first.guest,
        "window_earliest": at,
        "window_latest": until,
        "window_zone": "UTC",
        "window_override": None,
        "reships_id": None,
        "external_reference": None,
    }
    with suppress(Refused):
        columns |= checked_window(found, part, ())
    with suppress(Refused):
        columns |= recipient_columns(part, orders)
    with suppress(Refused):
        columns |= ship_to_columns(part, orders, found.addresses)
    return columns


async def complete_beside(
    writing: Writing,
    found: NamedByParts,
    parts: Sequence[DeliveryPart],
    taken: Sequence[Mapping[OrderLine, Counted]],
    path: Path,
) -> None:
    """Look whether parts complete their orders as they say (D18), though something else is odd.

    They are written for that in a transaction that ends without them. Refused: INVALID.
    """
    if not any(it.completes_order for it in parts):
        return
    trial = replace(writing, events=[], at_end=[], unnumbered={}, refusals=Refusals())
    location_id = await anywhere(writing, found, parts)
    columns = [
        columns_beside(found, part, found.orders_of(part), writing.now, location_id)
        for part in parts
    ]
    if all(it["location_id"] is not None for it in columns):
        keys = await write_parts(trial, parts, columns, taken)
        await check_completing(trial, parts, keys, path)
