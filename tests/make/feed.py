"""A carrier's feed: sends tracking events and looks at what followed from them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from models.access.journal import JournalEntry
from tests.make import Ask, World

RECORD = """
mutation ($input: ParcelRecordTrackingInput!) {
  parcelRecordTracking(input: $input) {
    results {
      status
      parcel { id status isDelayed }
      parcels { id }
      event { id status originalStatus isDelay source }
      userErrors { code field }
    }
    userErrors { code field }
  }
}
"""


class Feed:
    """Sends events as one viewer; times are hours after the clock's."""

    def __init__(self, ask: Ask, world: World) -> None:
        self.ask, self.world = ask, world

    def event(self, status: str, hour: float = 0, **fields: Any) -> dict[str, Any]:
        when = self.world.clock() + timedelta(hours=hour)
        return {"status": status, "occurredAt": when.isoformat()} | fields

    async def __call__(self, *events: dict[str, Any], **fields: Any) -> dict[str, Any]:
        answer = await self.ask(RECORD, input={"events": list(events), **fields})
        return answer["parcelRecordTracking"]

    async def results(self, *events: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
        """Send events that are well-formed; return the results."""
        answer = await self(*events, **fields)
        assert answer["userErrors"] == []
        return answer["results"]


async def rows(world: World, entity: Any) -> list[Any]:
    """Return all rows of the merchant, oldest first."""
    async with world.database.writing(world.merchant_id) as session:
        own = select(entity).where(entity.merchant_id == world.merchant_id)
        return list(await session.scalars(own.order_by(entity.id)))


async def row(world: World, entity: Any, key: Any) -> Any:
    return {it.id: it for it in await rows(world, entity)}[key]


async def kinds(world: World, noun: str = "") -> list[str]:
    """Return the types of the journal's entries about deliveries, orders and parcels."""
    entries = sorted(await rows(world, JournalEntry), key=lambda it: it.position)
    kinds = {"DELIVERY", "ORDER", "PARCEL"}
    return [it.type for it in entries if it.aggregate in kinds and it.type.startswith(noun)]
