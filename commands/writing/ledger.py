"""The ledger: every movement of a quantity, told by the journal as an exact signed amount.

Counters that a table declares (`models.base.tables.Tally`) are sums of what the ledger holds.
Movements are taken from the session's own record of changed columns, and from the rows that
`commands.writing.rows` writes, so that no command can move a counter and forget to tell. When they
happened is now, unless somebody says otherwise (`moved_then`): of history, as it is recorded.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, object_session

from commands.writing.kept import Touched
from commands.writing.transaction import Recorded, Writing
from models.base.events import Moving, progressed
from models.base.payloads import ColumnName
from models.base.tables import OfMerchant, Tally

NewRows = Sequence[Mapping[str, Any]]
"""New rows that give the same columns; what they do not give has its default in the database."""
Changes = Sequence[tuple[Any, Mapping[str, Any]]]
"""Locked rows as they were read, each with what changes of it: the same columns of all rows."""

_Amounts = dict[UUID, dict[ColumnName, Decimal]]
"""Line id -> counter -> signed amount."""
LEDGER = "ledger"
"""Where a session keeps its ledger."""
_NONE = Decimal(0)


class Ledger:
    """What one transaction moves."""

    def __init__(self, writing: Writing) -> None:
        """Begin with a session that has written nothing."""
        self._moved: defaultdict[tuple[type[OfMerchant], UUID], _Amounts] = defaultdict(dict)
        self._then: defaultdict[UUID, dict[datetime, _Amounts]] = defaultdict(dict)
        self._writing = writing
        self._touched = Touched(writing.kept)
        writing.session.info[LEDGER] = self

    def note(self, session: Session) -> None:
        """Add up what the session is about to write."""
        self._touched.note(session)
        for row in (*session.new, *session.dirty):
            if tally := row.__tally__:
                was: Mapping[str, Any] = inspect(row).committed_state
                for counter in tally.counters:
                    if counter in was:
                        amount = getattr(row, counter) - _known(was[counter])
                        self._count(tally, getattr(row, tally.by), row.id, counter, amount)

    def note_new(self, entity: type[OfMerchant], rows: NewRows) -> None:
        """Add up rows that are inserted without the session."""
        self._touched.note_new(entity, rows)
        if (tally := entity.__tally__) and rows:
            counters = [it for it in tally.counters if it in rows[0]]
            for row in rows:
                for counter in counters:
                    self._count(tally, row[tally.by], row["id"], counter, row[counter])

    def note_changed(self, entity: type[OfMerchant], changes: Changes) -> None:
        """Add up rows that are changed without the session."""
        self._touched.note_changed(entity, changes)
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

    def note_then(
        self, key: UUID, line_id: UUID, at: datetime, amounts: Mapping[str, Decimal]
    ) -> None:
        """Say that a part of what moves of a line happened at another time. key: what it is of."""
        if at != self._writing.now:
            then = self._then[key].setdefault(at, {})
            _add(then, {line_id: {ColumnName(it): amount for it, amount in amounts.items()}})

    def noted(self) -> Any:
        """Return what has moved so far, for who may have to come back to it."""
        return deepcopy((self._moved, self._then))

    def come_back(self, noted: Any) -> None:
        """Forget what has moved since it was noted."""
        self._moved, self._then = deepcopy(noted)

    async def close(self) -> None:
        """Give every movement to its row's first event that tells some, or to one of its own.

        What happened at another time goes to such an event of that time, or before what came later.
        """
        recorded = self._writing.events
        events = {key: _OfRow([]) for _, key in self._moved}
        for place, each in enumerate(recorded):
            if each.event.id in events:
                events[each.event.id].places.append((place, each))
        before: defaultdict[int, list[Recorded]] = defaultdict(list)
        for (about, key), lines in self._moved.items():
            await self._writing.room(len(lines))
            now: _Amounts = {}
            _add(now, lines)
            for at, amounts in sorted(self._then[key].items()):
                _add(now, amounts, -1)
                self._give(progressed(about)(key), amounts, events[key], before, at)
            self._give(progressed(about)(key), now, events[key], before)
        for place in sorted(before, reverse=True):
            recorded[place:place] = before[place]
        self._moved.clear()
        self._then.clear()

    def _give(
        self,
        own: Moving,
        moved: _Amounts,
        events: "_OfRow",
        before: Mapping[int, list[Recorded]],
        at: datetime | None = None,
    ) -> None:
        """Let an event tell what has moved: one that is there, else its own. at: None for now."""
        moved = _some(moved)
        if not moved:
            return
        place = events.moving(at)
        recorded = self._writing.events
        if place is None:
            fresh = Recorded(replace(own, moved=moved), at or self._writing.now)
            before[events.later(at, len(recorded))].append(fresh)
        else:
            there: Any = recorded[place].event
            every: _Amounts = {}
            for each in (there.moved, moved):
                _add(every, each)
            recorded[place] = recorded[place]._replace(event=replace(there, moved=every))


class _OfRow(NamedTuple):
    """The events of one row in a transaction, each with its place among all of them."""

    places: list[tuple[int, Recorded]]

    def moving(self, at: datetime | None) -> int | None:
        """Return the place of the first that tells movements. at: of that time only."""
        of = (
            place
            for place, each in self.places
            if isinstance(each.event, Moving) and at in {None, each.occurred_at}
        )
        return next(of, None)

    def later(self, at: datetime | None, end: int) -> int:
        """Return the place of the first that came later than that time, the end where none did."""
        later = (place for place, it in self.places if at is not None and it.occurred_at > at)
        return next(later, end)


def _add(
    amounts: _Amounts, more: Mapping[UUID, Mapping[ColumnName, Decimal]], sign: int = 1
) -> None:
    for line_id, counters in more.items():
        of = amounts.setdefault(line_id, {})
        for counter, amount in counters.items():
            of[counter] = of.get(counter, _NONE) + sign * amount


def _some(amounts: _Amounts) -> _Amounts:
    """Return amounts without those that come to nothing."""
    found = {
        line_id: {counter: amount for counter, amount in counters.items() if amount}
        for line_id, counters in amounts.items()
    }
    return {line_id: counters for line_id, counters in found.items() if counters}


def moved_then(row: Any, at: datetime, amounts: Mapping[str, Decimal]) -> None:
    """Say when counters of a row that a session has read moved. amounts: counter -> how much."""
    session = object_session(row)
    ledger: Ledger | None = session.info.get(LEDGER) if session else None
    if ledger is not None:
        ledger.note_then(getattr(row, row.__tally__.by), row.id, at, amounts)


@event.listens_for(Session, "before_flush")
def _note(session: Session, *_others: object) -> None:
    if ledger := session.info.get(LEDGER):
        ledger.note(session)


def ledger_of(writing: Writing) -> Ledger | None:
    """Return the ledger of a transaction, None where nobody keeps one."""
    return writing.session.info.get(LEDGER)


def _known(value: Any) -> Decimal:
    """Return what a counter was; SQLAlchemy has a symbol for what is new."""
    return value if isinstance(value, Decimal) else _NONE
