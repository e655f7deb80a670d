"""Another place where a delivery starts."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.locking import (
    DeliveryCommand,
    Locked,
    changed,
    lock_one,
)
from commands.fulfilment.deliveries.places import (
    Route,
    check_carried,
    check_location,
)
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.ids import Names
from models.events.fulfilment import deliveries as events
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.master.locations import Location

LocationId = Annotated[UUID, Names("Location")]


class DeliveryMove(DeliveryCommand):
    """Another location for a delivery."""

    location_id: LocationId = Field(description="Where it starts from now on.")


@verb(
    acts.MOVE,
    "Start a delivery at another location. Before picking only.",
)
async def move(writing: Writing, command: DeliveryMove) -> Outcome:
    """Start the delivery elsewhere; nothing happens where it starts there already.

    Before picking only. Refused: WRONG_STATE, NOT_FOUND, LOCATION_NOT_ALLOWED and
    METHOD_NOT_ALLOWED for what the goods need.
    """
    delivery, locked = await lock_one(writing, command, move)
    before = delivery.location_id
    if command.location_id == before:
        return {"delivery_id": delivery.id}
    moved_lines = [it for it in locked.lines_of(delivery) if it.planned > 0]
    delivery.location_id = await location_for(locked, delivery, command.location_id, moved_lines)
    moved = events.DeliveryMoved(delivery.id, before=before, after=delivery.location_id)
    changed(writing, delivery, moved)
    return {"delivery_id": delivery.id}


async def location_for(
    locked: Locked, delivery: Delivery, location_id: UUID, lines: Iterable[DeliveryLine]
) -> UUID:
    """Return where lines of a delivery are to start, checked.

    Refused: NOT_FOUND, WRONG_STATE, LOCATION_NOT_ALLOWED, METHOD_NOT_ALLOWED.
    """
    found = await locked.writing.get(Location, {location_id: ("location_id",)})
    check_location(found[location_id], ("location_id",))
    of = await locked.products()
    products = [of[line.id] for line in lines]
    await check_carried(locked.writing, [Route(products, found[location_id], delivery.method, ())])
    return location_id
