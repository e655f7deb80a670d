"""Over which channels somebody orders."""

from typing import Any

from loaders.master import channels, parties
from models.access.viewers import Actor
from resolvers.running.context import Context


async def of_viewer(context: Context) -> list[Any]:
    """Return the channels to which the viewer's orders are bound, by code."""
    viewer = context.viewer
    if viewer.actor is Actor.STOREFRONT:
        return [await context.load(channels.by_id, viewer.bound_to)]
    if viewer.actor is Actor.BUYER:
        return list(await context.load(parties.channels, viewer.bound_to))
    return []
