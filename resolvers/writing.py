"""One mutation is one transaction: run, recorded, committed once, retried when it must be."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.exc import DBAPIError

from commands import idempotency, journal
from commands.ledger import Ledger
from commands.writing import Moved, Origin, Outcome, Writing
from kit.errors import Code, Refused
from kit.inputs import Command
from resolvers.context import Context

_ATTEMPTS = 5
_UNIQUE = "23505"
_OVERFLOW = "22003"
_MOVED = "moved"
_AGAIN = {"40001", "40P01", "55P03", "08006", _UNIQUE, _MOVED}
"""Serialization failure, deadlock, lock timeout, lost connection, and a unique key that another
transaction took first: the next attempt sees its row (scale.md, rule 13)."""


def writes(run: idempotency.Run) -> Callable[[Context, Any], Awaitable[Outcome]]:
    """Return the resolver of a command."""
    name = f"{run.__module__}.{run.__qualname__}"

    async def resolve(context: Context, command: Command) -> Outcome:
        outcome = await _attempts(context, run, command, name)
        context.written()
        return outcome

    return resolve


async def _attempts(context: Context, run: idempotency.Run, command: Command, name: str) -> Outcome:
    await context.reads.close()
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await _attempt(context, run, command, name)
        except (DBAPIError, Moved) as error:
            state = _MOVED if isinstance(error, Moved) else _state(error)
            if state == _OVERFLOW:
                raise _too_large() from error
            if state not in _AGAIN:
                raise
            if attempt == _ATTEMPTS:
                raise _given_up(state) from error
    raise AssertionError


async def _attempt(context: Context, run: idempotency.Run, command: Command, name: str) -> Outcome:
    async with context.database.writing(context.viewer.merchant_id) as session:
        origin = Origin(context.address, command.idempotency_key)
        writing = Writing(session, context.viewer, context.now, origin=origin)
        ledger = Ledger(writing)
        outcome = await idempotency.once(writing, run, command, name, context.keep_answers)
        await session.flush()
        ledger.close()
        await journal.append(writing)
    if writing.events:
        context.database.hints.ring(context.viewer.merchant_id)
    return outcome


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _too_large() -> Refused:
    """Return the refusal of a sum that no counter holds, though each of its parts is allowed."""
    return Refused(Code.OUT_OF_RANGE, "A sum of these quantities has more than 12 whole digits.")


def _given_up(state: str | None) -> Refused:
    if state == _UNIQUE:
        return Refused(Code.TAKEN, "Another record has this key already.")
    return Refused(Code.CONFLICT, "Others are changing the same records; please try again.")
