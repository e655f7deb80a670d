"""When lines of orders that are there are to arrive: asked as of an order that is placed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from commands.trade.contracts.times import AgreedPlace, Window, check_ahead
from commands.trade.orders.drafts import window_columns
from commands.trade.orders.revisions.inputs import OrderUpdate
from commands.trade.orders.revisions.standing import StandingOrders
from commands.writing.transaction import Writing
from kit.errors import Path, Refusals
from models.master.parties import Address
from models.trade.contracts.states import TimeRule
from models.trade.orders.lines import OrderLine


async def addresses_of(writing: Writing, standing: StandingOrders) -> Mapping[UUID, Address]:
    """Return order id -> the address to which it goes, for those that go to one of a party."""
    wanted = {key: it.ship_to_id for key, it in standing.orders.items() if it.ship_to_id}
    found = await writing.by_key(Address, "id", set(wanted.values())) if wanted else {}
    return {key: found[address_id] for key, address_id in wanted.items()}


def changed_windows(
    rows: Sequence[OrderLine], item: OrderUpdate, adding: str
) -> Iterator[tuple[Window, Path]]:
    """Yield the windows that are new in an order, each with the path of its line.

    rows: the lines that are there. adding: the field of new lines.
    """
    there = {it.id: it for it in rows}
    every: list[tuple[Window | None, Path, Any]] = [
        (line.window, ("lines", number), there[line.line_id])
        for number, line in enumerate(item.lines)
        if line.line_id in there
    ]
    every += [(it.window, (adding, number), None) for number, it in enumerate(item.add_lines)]
    for window, path, row in every:
        if window is not None and not _stands(row, window_columns(window)):
            yield window, path


def check_windows(
    writing: Writing, arrival: AgreedPlace, windows: Iterable[tuple[Window, Path]]
) -> frozenset[TimeRule]:
    """Look whether windows that are new may be agreed on. windows: each with its line's path.

    Returns the rules against which they are. Refused: INVALID_WINDOW for one that has passed, or
    when it is not wanted any more, OUTSIDE_RECEIVING_HOURS.
    """
    refusals, rules = Refusals(), set[TimeRule]()
    for window, path in windows:
        with refusals:
            if arrival.override is None:
                check_ahead(writing, window, path)
            elif window.latest <= writing.now:
                rules.add(TimeRule.PASSED)
        with refusals:
            rules |= arrival.check(window, (*path, "window"))
    refusals.end()
    return frozenset(rules)


def _stands(row: Any, columns: Mapping[str, Any]) -> bool:
    """Tell whether a line has this window already."""
    return row is not None and all(getattr(row, name) == it for name, it in columns.items())
