"""What of a party is found by code."""

from collections.abc import Sequence
from typing import Any

from loaders.master import channels
from resolvers.running.context import Context


async def channels_of(context: Context, parties: Sequence[Any]) -> list[list[Any]]:
    """Return each party's channels, by code."""
    keys = [key for it in parties for key in it.channel_ids]
    rows = await context.load_level(channels.by_id, keys)
    found = {row.id: row for row in rows if row is not None}
    listed = ([found[key] for key in it.channel_ids if key in found] for it in parties)
    return [sorted(it, key=lambda row: str(row.code)) for it in listed]
