"""The counters of contract lines: moved by whoever calls off, ships or delivers (invariant K4)."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified

from commands.writing.transaction import Writing
from models.trade.contracts.tables import ContractLine


async def move(writing: Writing, changes: Mapping[UUID, Mapping[str, Decimal]]) -> None:
    """Add to counters under the lock of each line. changes: line id -> counter -> signed amount.

    Lines are locked after all orders, in id order.
    """
    lines = await writing.lock(ContractLine, dict.fromkeys(changes, ()))
    moved = sorted({counter for amounts in changes.values() for counter in amounts})
    for line_id, amounts in changes.items():
        for counter in moved:
            amount = getattr(lines[line_id], counter) + amounts.get(counter, Decimal(0))
            setattr(lines[line_id], counter, amount)
            # All rows write the same columns, so that one statement updates them.
            flag_modified(lines[line_id], counter)
