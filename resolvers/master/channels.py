"""Over which channels somebody orders."""

from typing import Any

from resolvers.master.parties import channels_of

from loaders.master import channels, parties
from models.access.viewers import Actor
from resolvers.running.context import Context


async def of_viewer(context: Context) -> list[Any]:
    """Return the channels that bind the viewer: a storefront's own, those of a buyer's company."""
    viewer = context.viewer
    if viewer.actor is Actor.STOREFRONT:
        rows = await context.load_level(channels.by_id, [viewer.bound_to])
        return [row for row in rows if row is not None]
    if viewer.actor is not Actor.BUYER:
        return []
    companies = await context.load_level(parties.by_id, [viewer.bound_to])
    (found,) = await channels_of(context, companies)
    return found
