"""Faults of ours in one item of many: they stop no other one, and are no refusal of its sender."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from commands.writing.ledger import Ledger, ledger_of
from commands.writing.transaction import Writing
from kit.errors import Code, Refused
from kit.standards.edifact.faults import Faulty

_log = logging.getLogger("abruf")
_Item = TypeVar("_Item")
_Done = TypeVar("_Done")
_SET, _BACK = text("SAVEPOINT items"), text("ROLLBACK TO SAVEPOINT items")
_RELEASE = text("RELEASE SAVEPOINT items")
_OVERFLOW = "22003"
_OF_DATA = ("22", "23502", "23514")
"""States of PostgreSQL that tell of the values of a row: data, a NULL, a CHECK."""
_OF_CODE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@contextmanager
def of_one_item() -> Iterator[None]:
    """Let an unexpected error be that of the item which is looked at, and log it.

    Nothing may be written inside. Refused: INVALID for such an error; what is refused stays so.
    """
    try:
        yield
    except (Refused, Faulty):
        raise
    except Exception as error:
        _log.exception("Could not take an item in")
        raise _failed() from error


def too_large(error: DBAPIError) -> Refused | None:
    """Return the refusal of a sum that no counter holds, though each of its parts is allowed."""
    if state_of(error) != _OVERFLOW:
        return None
    return Refused(Code.OUT_OF_RANGE, "A sum of these quantities has more than 12 whole digits.")


def state_of(error: DBAPIError) -> str | None:
    """Return PostgreSQL's code of an error, None where it is none of its own."""
    return getattr(error.orig, "sqlstate", None)


@dataclass
class Savepoint:
    """A point of a transaction to which all may come back that was written and recorded since.

    Entities that were read since may know what is undone: who goes on reads them afresh.
    """

    writing: Writing
    ledger: Ledger | None = field(init=False)
    noted: Any = field(init=False)
    events: int = field(init=False)
    at_end: int = field(init=False)
    unnumbered: Mapping[Any, int] = field(init=False)
    touched: int = field(init=False)

    @classmethod
    async def at(cls, writing: Writing) -> Self:
        """Set it, or another one before it is released."""
        await writing.session.flush()
        found = cls(writing)
        found.ledger = ledger_of(writing)
        found.noted = found.ledger.noted() if found.ledger else None
        found.events, found.at_end = len(writing.events), len(writing.at_end)
        found.unnumbered = {key: len(rows) for key, rows in writing.unnumbered.items()}
        found.touched = writing.extent.touched
        await writing.session.execute(_SET)
        return found

    async def back(self) -> None:
        """Undo what came after it; it is set still."""
        await self.writing.session.execute(_BACK)
        del self.writing.events[self.events :], self.writing.at_end[self.at_end :]
        for key, rows in self.writing.unnumbered.items():
            del rows[self.unnumbered.get(key, 0) :]
        self.writing.extent.touched = self.touched
        if self.ledger:
            self.ledger.come_back(self.noted)

    async def release(self) -> None:
        """Keep what came after it."""
        await self.writing.session.execute(_RELEASE)


async def in_parts(
    writing: Writing,
    items: Sequence[_Item],
    do: Callable[[Sequence[_Item]], Awaitable[Sequence[_Done]]],
    refuse: Callable[[_Item, Refused], _Done],
) -> Sequence[_Done]:
    """Do something to all items at once; where a row of one cannot be written, to halves of them.

    The one whose rows cannot be written is found so by itself, and stops no other. refuse: makes
    of it, and of why, what is returned in its place.
    """
    if not items:
        return ()
    point = await Savepoint.at(writing)
    try:
        done = await do(items)
    except (DBAPIError, *_OF_CODE) as error:
        refused = _of_rows(error)
        if refused is None:
            raise
        tried = writing.extent.touched - point.touched
        await point.back()
        # Each run of which nothing is kept is paid with its lines.
        writing.extent.tried.append(tried)
        if len(items) == 1:
            if refused.problems[0].code is Code.INVALID:
                _log.exception("Could not write an item")
            done = [refuse(items[0], refused)]
        else:
            half = len(items) // 2
            some = [await in_parts(writing, it, do, refuse) for it in (items[:half], items[half:])]
            done = [*some[0], *some[1]]
    await point.release()
    return done


def _of_rows(error: Exception) -> Refused | None:
    """Return the refusal of an item whose rows cannot be written; None for all other errors."""
    if not isinstance(error, DBAPIError):
        return _failed()
    is_of_data = (state_of(error) or "").startswith(_OF_DATA)
    return too_large(error) or (_failed() if is_of_data else None)


def _failed() -> Refused:
    return Refused(Code.INVALID, "We failed to take this in; the log tells why.")
