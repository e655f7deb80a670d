"""Warehouses and other locations."""

from typing import Any
from uuid import UUID

from commands.master import locations
from kit.ids import new_id
from tests.make import World
from tests.make.running import run


async def location(world: World, **fields: Any) -> UUID:
    """Make a warehouse of the merchant's own."""
    valid = {
        "code": f"L-{new_id().hex[-12:]}",
        "name": "Central warehouse",
        "time_zone": "Europe/Berlin",
    }
    outcome = await run(
        world, locations.upsert_all, locations.LocationsUpsert, locations=[valid | fields]
    )
    return outcome["results"][0]["location_id"]
