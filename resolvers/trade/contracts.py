"""Contracts: what queries ask for a whole level."""

from collections.abc import Sequence
from typing import Any

from loaders.master import parties
from resolvers.running.context import Context


async def ship_tos(context: Context, contracts: Sequence[Any]) -> list[list[Any]]:
    """Return each contract's addresses, in its own order."""
    keys = [key for it in contracts for key in it.ship_to_ids]
    rows = await context.load_level(parties.address_by_id, keys)
    found = {row.id: row for row in rows if row is not None}
    return [[found[key] for key in it.ship_to_ids if key in found] for it in contracts]
