"""When lines of orders that are there are to arrive: asked as of an order that is placed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from commands.trade.contracts.times import AgreedPlace, check_ahead
from commands.trade.orders.drafts import window_columns
from commands.trade.orders.revisions.revise import LineTarget
from commands.trade.orders.revisions.standing import StandingOrders
from commands.writing.transaction import Writing
from kit.errors import Refusals
from models.master.parties import Address
from models.trade.contracts.states import TimeRule


async def addresses_of(writing: Writing, standing: StandingOrders) -> Mapping[UUID, Address]:
    """Return order id -> the address to which it goes, for those that go to one of a party."""
    wanted = {key: it.ship_to_id for key, it in standing.orders.items() if it.ship_to_id}
    found = await writing.by_key(Address, "id", set(wanted.values())) if wanted else {}
    return {key: found[address_id] for key, address_id in wanted.items()}


def check_windows(
    writing: Writing,
    address: Address | None,
    lines: Sequence[LineTarget],
    override: str | None,
) -> frozenset[TimeRule]:
    """Look whether windows that are new may be agreed on. override: why, against a rule.

    Returns the rules against which they are. Refused: INVALID_WINDOW for one that has passed,
    OUTSIDE_RECEIVING_HOURS.
    """
    arrival, refusals = AgreedPlace(address, override=override), Refusals()
    rules = set[TimeRule]()
    for row, draft, path in lines:
        if draft.window is None or _stands(row, window_columns(draft.window)):
            continue
        with refusals:
            if override is None:
                check_ahead(writing, draft.window, path)
            elif draft.window.latest <= writing.now:
                rules.add(TimeRule.PASSED)
        with refusals:
            rules |= arrival.check(draft.window, (*path, "window"))
    refusals.end()
    return frozenset(rules)


def _stands(row: Any, columns: Mapping[str, Any]) -> bool:
    """Tell whether a line has this window already."""
    return row is not None and all(getattr(row, name) == it for name, it in columns.items())
