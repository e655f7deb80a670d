"""The ledger: every movement of a quantity, told by the journal as an exact signed amount.

Counters of order lines and contract lines are sums of what the ledger holds. Movements are taken
from the session's own record of changed columns, so that no command can move a counter and forget
to tell.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect
from sqlalchemy.orm import InstanceState, Session

from commands.writing.transaction import Event, Writing
from models.access.journal import Aggregate
from models.trade.contracts import tables as contracts
from models.trade.contracts.tables import ContractLine
from models.trade.orders import tables as orders
from models.trade.orders.tables import OrderLine

COUNTERS: Mapping[type[Any], Sequence[str]] = {
    OrderLine: ("ordered", *orders.COUNTERS),
    ContractLine: contracts.COUNTERS,
}

_LEDGER = "ledger"
"""Where a session keeps its ledger."""

Moved = dict[UUID, dict[str, Decimal]]
"""Line id -> counter -> signed amount, in the line's unit."""


class Ledger:
    """What one transaction moves."""

    def __init__(self, writing: Writing) -> None:
        """Begin with a session that has written nothing."""
        self._moved: defaultdict[tuple[Aggregate, UUID], Moved] = defaultdict(dict)
        self._writing = writing
        writing.session.info[_LEDGER] = self

    def note(self, session: Session) -> None:
        """Add up what the session is about to write."""
        for row in (*session.new, *session.dirty):
            match row:
                case OrderLine():
                    self._add(row, self._moved[Aggregate.ORDER, row.order_id])
                case ContractLine():
                    self._add(row, self._moved[Aggregate.CONTRACT, row.contract_id])

    def _add(self, row: OrderLine | ContractLine, moved: Moved) -> None:
        state: InstanceState[Any] = inspect(row)
        was = state.committed_state
        for counter in COUNTERS[type(row)]:
            if counter in was:
                self._count(moved, row.id, counter, getattr(row, counter) - _known(was[counter]))

    def tell(self, order_id: UUID, line_id: UUID, **amounts: Decimal) -> None:
        """Take movements of an order line that the session does not see."""
        for counter, amount in amounts.items():
            self._count(self._moved[Aggregate.ORDER, order_id], line_id, counter, amount)

    @staticmethod
    def _count(moved: Moved, line_id: UUID, counter: str, amount: Decimal) -> None:
        if amount:
            counters = moved.setdefault(line_id, {})
            counters[counter] = counters.get(counter, Decimal(0)) + amount

    def close(self) -> None:
        """Give every movement to its aggregate's first event, or to an event of its own."""
        events = self._writing.events
        for (aggregate, key), moved in self._moved.items():
            told = {str(line_id): _told(amounts) for line_id, amounts in moved.items()}
            if not any(told.values()):
                continue
            own = (at for at, it in enumerate(events) if it.aggregate_id == key)
            place = next(own, None)
            if place is None:
                what = f"{aggregate.value.lower()}.progressed"
                self._writing.record(aggregate, key, what, moved=told)
            else:
                events[place] = _with(events[place], {"moved": told})
        self._moved.clear()


@event.listens_for(Session, "before_flush")
def _note(session: Session, *_rest: object) -> None:
    if ledger := session.info.get(_LEDGER):
        ledger.note(session)


def ledger_of(writing: Writing) -> Ledger | None:
    """Return the ledger of a transaction, None where nobody keeps one."""
    return writing.session.info.get(_LEDGER)


def _known(value: Any) -> Decimal:
    """Return what a counter was; SQLAlchemy has a symbol for what is new."""
    return value if isinstance(value, Decimal) else Decimal(0)


def _told(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: f"{amount.normalize():f}" for name, amount in amounts.items() if amount}


def _with(noted: Event, more: Mapping[str, Any]) -> Event:
    return Event(
        noted.aggregate,
        noted.aggregate_id,
        noted.type,
        noted.occurred_at,
        {**noted.payload, **more},
    )
