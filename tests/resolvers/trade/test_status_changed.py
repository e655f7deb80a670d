"""Following an order: what happens to parts of it is told to whom sees these parts."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

from kit.ids import from_global, new_id, to_global
from kit.limits import DEFAULT_BOUNDS
from models.access.viewers import Actor, allowed
from models.events.fulfilment.parcels import ParcelInTransit
from models.fulfilment.parcels import ParcelStatus
from resolvers.running import following as reading
from resolvers.running.context import Call, Context
from resolvers.running.lanes import Lanes
from resolvers.running.process import Process
from resolvers.trade.orders import status_changed
from tests.make.fulfilment import deliveries
from tests.make.master import locations
from tests.make.running import staff, until
from tests.make.trade import orders
from tests.workers.running.test_followers import happen

NEVER_S = 3600.0


async def test_a_parcel_of_another_place_is_passed_by_and_holds_no_turn(world, ask):
    order = await orders.order(world, ask)
    places = [await locations.location(world) for _ in range(2)]
    here, there = [
        await deliveries.packed(
            world,
            ask,
            order,
            locationId=to_global("Location", place),
            lines=deliveries.lines(order, "1"),
        )
        for place in places
    ]
    of = {"actor": Actor.WAREHOUSE, "bound_to": places[0], "scopes": allowed(Actor.WAREHOUSE)}
    viewer = replace(staff(world), key_id=new_id(), **of)
    process, lanes = Process(world.database), Lanes(DEFAULT_BOUNDS)
    process.following = reading.Following(world.database, NEVER_S)
    context = Context(viewer, world.database, world.clock, call=Call(lanes=lanes), process=process)
    context.begin()
    key = from_global(order["id"])[1]
    async with aclosing(await status_changed(context, key, None)) as found:
        waiting = asyncio.ensure_future(anext(found))
        await until(lambda: process.following.count(world.merchant_id) == 1)
        came = lanes.came
        await happen(world, _parcel(there), event=_moved)
        await until(lambda: lanes.came == came + 1)
        await happen(world, _parcel(here), event=_moved)
        assert (await waiting).type == "parcel.in_transit"
        assert lanes.came is None
        await context.pause()
        assert lanes.came == came + 2


def _moved(parcel):
    return ParcelInTransit(parcel, was=ParcelStatus.PACKED, is_delayed=False)


def _parcel(delivery):
    return from_global(delivery["parcels"][0]["id"])[1]
