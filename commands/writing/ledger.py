"""The ledger: every movement of a quantity, told by the journal as an exact signed amount.

Counters that a table declares (`models.base.tables.Tally`) are sums of what the ledger holds.
Movements are taken from the session's own record of changed columns, and from the rows that
`commands.writing.rows` writes, so that no command can move a counter and forget to tell.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from commands.writing.transaction import Writing
from models.base.events import Moving, progressed
from models.base.payloads import ColumnName
from models.base.tables import OfMerchant, Tally

NewRows = Sequence[Mapping[str, Any]]
"""New rows that give the same columns; what they do not give has its default in the database."""
Changes = Sequence[tuple[Any, Mapping[str, Any]]]
"""Locked rows as they were read, each with what changes of it: the same columns of all rows."""

_LEDGER = "ledger"
"""Where a session keeps its ledger."""
_NONE = Decimal(0)


class Ledger:
    """What one transaction moves."""

    def __init__(self, writing: Writing) -> None:
        """Begin with a session that has written nothing."""
        self._moved: defaultdict[
            tuple[type[OfMerchant], UUID], dict[UUID, dict[ColumnName, Decimal]]
        ] = defaultdict(dict)
        self._writing = writing
        writing.session.info[_LEDGER] = self

    def note(self, session: Session) -> None:
        """Add up what the session is about to write."""
        for row in (*session.new, *session.dirty):
            if tally := row.__tally__:
                was: Mapping[str, Any] = inspect(row).committed_state
                for counter in tally.counters:
                    if counter in was:
                        amount = getattr(row, counter) - _known(was[counter])
                        self._count(tally, getattr(row, tally.by), row.id, counter, amount)

    def note_new(self, entity: type[OfMerchant], rows: NewRows) -> None:
        """Add up rows that are inserted without the session."""
        if (tally := entity.__tally__) and rows:
            counters = [it for it in tally.counters if it in rows[0]]
            for row in rows:
                for counter in counters:
                    self._count(tally, row[tally.by], row["id"], counter, row[counter])

    def note_changed(self, entity: type[OfMerchant], changes: Changes) -> None:
        """Add up rows that are changed without the session."""
        if (tally := entity.__tally__) and changes:
            counters = [it for it in tally.counters if it in changes[0][1]]
            for row, values in changes:
                for counter in counters:
                    amount = values[counter] - getattr(row, counter)
                    self._count(tally, getattr(row, tally.by), row.id, counter, amount)

    def _count(self, tally: Tally, key: UUID, line_id: UUID, counter: str, amount: Decimal) -> None:
        if amount:
            counters = self._moved[tally.of, key].setdefault(line_id, {})
            counters[ColumnName(counter)] = counters.get(ColumnName(counter), _NONE) + amount

    def noted(self) -> Mapping[Any, Mapping[UUID, Mapping[ColumnName, Decimal]]]:
        """Return what has moved so far, for who may have to come back to it."""
        moved = self._moved.items()
        return {key: {it: dict(of) for it, of in lines.items()} for key, lines in moved}

    def come_back(self, noted: Mapping[Any, Mapping[UUID, Mapping[ColumnName, Decimal]]]) -> None:
        """Forget what has moved since it was noted."""
        self._moved.clear()
        for key, lines in noted.items():
            self._moved[key] = {it: dict(of) for it, of in lines.items()}

    async def close(self) -> None:
        """Give every movement to its row's first event that tells some, or to one of its own."""
        events = self._writing.events
        first: dict[UUID, tuple[int, Moving]] = {}
        for place, (happened, _) in enumerate(events):
            if isinstance(happened, Moving):
                first.setdefault(happened.id, (place, happened))
        for (about, key), lines in self._moved.items():
            await self._writing.room(len(lines))
            amounts = {
                line_id: {counter: amount for counter, amount in counters.items() if amount}
                for line_id, counters in lines.items()
            }
            if not any(amounts.values()):
                continue
            if key in first:
                place, moving = first[key]
                events[place] = events[place]._replace(event=replace(moving, moved=amounts))
            else:
                self._writing.record(progressed(about)(key, moved=amounts))
        self._moved.clear()


@event.listens_for(Session, "before_flush")
def _note(session: Session, *_others: object) -> None:
    if ledger := session.info.get(_LEDGER):
        ledger.note(session)


def ledger_of(writing: Writing) -> Ledger | None:
    """Return the ledger of a transaction, None where nobody keeps one."""
    return writing.session.info.get(_LEDGER)


def _known(value: Any) -> Decimal:
    """Return what a counter was; SQLAlchemy has a symbol for what is new."""
    return value if isinstance(value, Decimal) else _NONE
