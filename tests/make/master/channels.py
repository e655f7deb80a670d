"""Channels."""

from typing import Any
from uuid import UUID

from commands.master import channels
from kit.ids import new_id
from models.master.channels import DeliveryMethod
from tests.make import World
from tests.make.running import run


async def channel(world: World, **fields: Any) -> UUID:
    """Make a web shop that takes guests, asks no approval and delivers in every way."""
    valid: dict[str, Any] = {
        "code": f"C-{new_id().hex[-12:]}",
        "name": "Shop",
        "kind": "WEB_SHOP",
        "guests_allowed": True,
        "delivery_methods": list(DeliveryMethod),
    }
    outcome = await run(
        world, channels.upsert_all, channels.ChannelsUpsert, channels=[valid | fields]
    )
    return outcome["results"][0]["channel_id"]
