"""The counters of contract lines: moved by whoever calls off, ships or delivers (invariant K4)."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from commands.writing.rows import change_rows
from commands.writing.transaction import Writing
from models.trade.contracts.tables import ContractLine


async def move(
    writing: Writing, changes: Mapping[UUID, Mapping[str, Decimal]]
) -> dict[UUID, ContractLine]:
    """Add to counters under the lock of each line. changes: line id -> counter -> signed amount.

    Lines are locked after all orders, in id order, and returned.
    """
    lines = await writing.lock(ContractLine, dict.fromkeys(changes, ()))
    moved = sorted({counter for amounts in changes.values() for counter in amounts})
    rows = [
        (line, {it: getattr(line, it) + changes[key].get(it, Decimal(0)) for it in moved})
        for key, line in lines.items()
    ]
    await change_rows(writing, {ContractLine: rows})
    return lines
