"""The counters of contract lines: moved by whoever calls off, ships or delivers (invariant K4)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from commands.writing.ledger import moved_then
from commands.writing.rows import change_rows
from commands.writing.transaction import Writing
from models.access.dues import DueKind
from models.trade.contracts.tables import ContractLine

Then: TypeAlias = tuple[UUID, datetime, Mapping[str, Decimal]]
"""A line, an instant, and what moved of it then: counter -> signed amount."""


async def move(
    writing: Writing,
    changes: Mapping[UUID, Mapping[str, Decimal]],
    then: Iterable[Then] = (),
) -> dict[UUID, ContractLine]:
    """Add to counters under the lock of each line. changes: line id -> counter -> signed amount.

    then: what of it happened at another time than now, each part once. Lines are locked after all
    orders, in id order, and returned.
    """
    lines = await writing.lock(ContractLine, dict.fromkeys(changes, ()))
    moved = sorted({counter for amounts in changes.values() for counter in amounts})
    rows = [
        (line, {it: getattr(line, it) + changes[key].get(it, Decimal(0)) for it in moved})
        for key, line in lines.items()
    ]
    for key, at, amounts in then:
        moved_then(lines[key], at, amounts)
    await change_rows(writing, {ContractLine: rows})
    less = (key for key, amounts in changes.items() if amounts.get("called_off", 0) < 0)
    room_came(writing, (lines[it] for it in less))
    return lines


def room_came(writing: Writing, lines: Iterable[ContractLine]) -> None:
    """Let contracts be looked at of whose lines more may be called off than before.

    What was found while there was no room for it may be called off again (D21): it has left.
    """
    for contract_id in sorted({it.contract_id for it in lines if it.shipped > 0}):
        writing.later(DueKind.CALL_OFF_FOUND, contract_id, writing.now)
