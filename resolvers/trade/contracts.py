"""Contracts: what mutations call, and what queries ask for a whole level."""

from collections.abc import Sequence
from typing import Any

from commands.trade.contracts import amend as amending
from commands.trade.contracts import create as creating
from commands.trade.contracts import life
from commands.trade.contracts import settle as settling
from loaders.master import parties
from resolvers.running.context import Context
from resolvers.running.writing import writes

create = writes(creating.create)
amend = writes(amending.amend)
activate = writes(life.activate)
suspend = writes(life.suspend)
resume = writes(life.resume)
terminate = writes(life.terminate)
settle = writes(settling.settle)


async def ship_tos(context: Context, contracts: Sequence[Any]) -> list[list[Any]]:
    """Return each contract's addresses, in its own order."""
    keys = [key for it in contracts for key in it.ship_to_ids]
    rows = await context.load_level(parties.address_by_id, keys)
    found = {row.id: row for row in rows if row is not None}
    return [[found[key] for key in it.ship_to_ids if key in found] for it in contracts]
