"""One mutation is one transaction: run, recorded, committed once, retried when it must be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NoReturn, TypeVar

from sqlalchemy import Text, bindparam, func, select, true
from sqlalchemy.exc import DBAPIError

from commands.writing import journal
from commands.writing.extent import Extent
from commands.writing.faults import state_of, too_large
from commands.writing.ledger import LEDGER, Ledger
from commands.writing.running import idempotency, trials
from commands.writing.running.dues import write_dues
from commands.writing.running.remaining import Remaining
from commands.writing.transaction import Origin, Outcome, Overtaken, Writing
from commands.writing.verbs import AnyVerb
from kit.db.database import Database
from kit.db.lost import OutcomeUnknown, Unavailable
from kit.db.sessions import Session
from kit.db.statements import Statement
from kit.errors import Code, Path, Problem, Refused
from kit.inputs import Command
from kit.limits import DEFAULT_LIMITS, Limits
from kit.loop.in_turn import InTurn
from kit.loop.memory import MUCH
from kit.loop.work import Slices
from kit.telemetry import trace
from models.access.viewers import Viewer

Made = TypeVar("Made")
"""What an attempt returns."""

_ATTEMPTS = 5
_PAUSE_S = 0.05
"""Before a connection is wanted again, twice as long each time: PostgreSQL may be recovering."""
_UNIQUE, _FOREIGN = "23505", "23503"
_OVERTAKEN = "overtaken"
_AGAIN = {"40001", "40P01", _UNIQUE, _FOREIGN, _OVERTAKEN}
"""Serialization failure, deadlock, a unique key that another transaction took first,
and a row that another one changed which this one names as it was: the next attempt sees it."""

_PATIENCE = func.set_config("lock_timeout", bindparam("patience", type_=Text()), true())
_WAIT = Statement(select(_PATIENCE.label("patience")))


@dataclass(frozen=True)
class Author:
    """Who writes, when, and from where. keep_answers: how long, under their idempotency keys.

    extent: the lines that the call touches; it tells afterwards how many those were. slices: of the
    event loop, in which it works beside others. beside: where it does what takes long. limits: the
    server's. lock_s: how long it waits for what another transaction holds; None: as long as a
    statement may take.
    """

    viewer: Viewer
    now: datetime
    keep_answers: timedelta = timedelta(0)
    address: str | None = None
    extent: Extent = field(default_factory=lambda: Extent(DEFAULT_LIMITS.lines))
    slices: Slices = field(default_factory=Slices)
    beside: InTurn = field(default_factory=InTurn)
    limits: Limits = DEFAULT_LIMITS
    lock_s: float | None = None


async def run(database: Database, author: Author, verb: AnyVerb, command: Command) -> Outcome:
    """Run a verb in one transaction, again where items of a bulk are refused.

    Refused: whatever the verb refuses as a whole; as `_attempts`.
    """
    attempt = partial(_attempt, database, author, verb, command)
    return await _with_what_remains(database, author, verb, command, attempt)


async def run_dry(
    database: Database, author: Author, verb: AnyVerb, command: Command, opened: AsyncExitStack
) -> tuple[Outcome, Session]:
    """Run a verb to where it would be committed, and let its transaction be read.

    It ends when the stack is closed, and nothing of it is kept. No idempotency key is looked for.
    Refused: as `run`.
    """
    attempt = partial(_attempt_dry, database, author, opened)
    return await _with_what_remains(database, author, verb, command, attempt)


async def _with_what_remains(
    database: Database,
    author: Author,
    verb: AnyVerb,
    command: Command,
    attempt: Callable[[Remaining], Awaitable[Made]],
) -> Made:
    """Attempt a command again and again, without the items that were refused. Refused: as `run`."""
    remaining = Remaining(verb, command)
    if author.extent.in_input < MUCH:
        await remaining.tell_beside(partial(_refusals, database, author, verb), author.now)
    has_key = command.idempotency_key is not None
    while True:
        try:
            return await _attempts(partial(attempt, remaining), has_key=has_key)
        except Refused as refused:
            remaining.take_out(refused)
            author.extent.set_aside()


async def try_beside(
    database: Database, author: Author, verb: AnyVerb, values: object, odd: Sequence[Path]
) -> list[Problem]:
    """Return what else is wrong with an input than what is odd in it, however that is mended.

    Nothing of what is tried is kept.
    """
    attempt = partial(_refusals, database, author, verb)
    return await trials.find_beside(attempt, verb, values, odd, author.now)


class _TriedError(Exception):
    """Ends a trial or a dry run, so that nothing of it is kept."""


def _end(outcome: Outcome) -> NoReturn:
    results = outcome.get("results") or ()
    raise _TriedError([it for each in results for it in each["problems"]])


async def _refusals(
    database: Database, author: Author, verb: AnyVerb, command: Command
) -> Sequence[Problem]:
    """Run a verb, and keep nothing but what it refuses."""
    try:
        async with _recording(database, author) as writing:
            _end(await verb(writing, command))
    except Refused as refused:
        return refused.problems
    except _TriedError as tried:
        problems: Sequence[Problem] = tried.args[0]
        return problems
    except (DBAPIError, Overtaken):
        # What the values that stand in have met says nothing of the others.
        return ()
    finally:
        author.extent.set_aside()


async def run_unasked(
    database: Database, author: Author, step: Callable[[Writing], Awaitable[Made]]
) -> Made:
    """Do in one transaction what no request asks for. Refused: as `_attempts`."""

    async def attempt() -> Made:
        async with _recording(database, author) as writing:
            return await step(writing)

    return await _attempts(attempt, has_key=False)


async def _attempts(attempt: Callable[[], Awaitable[Made]], *, has_key: bool) -> Made:
    """Run an attempt, again where others came between or the connection was lost.

    Refused: OUT_OF_RANGE for a sum that no counter holds; TAKEN and
    CONFLICT when others kept coming between. TimeoutError: a statement took too long. Unavailable:
    nothing was done. OutcomeUnknown: a connection was lost at COMMIT, and no key tells whether it
    was done, so that it must not be run again.
    """
    unknown: OutcomeUnknown | None = None
    for count in range(1, _ATTEMPTS + 1):
        try:
            return await attempt()
        except OutcomeUnknown as error:
            unknown = error
            if not has_key or count == _ATTEMPTS:
                raise
        except Unavailable as error:
            if count == _ATTEMPTS or not error.passes:
                raise unknown or error  # noqa: B904 -- both have their causes.
            await asyncio.sleep(_PAUSE_S * 2 ** (count - 1))
        except (DBAPIError, Overtaken) as error:
            state = _OVERTAKEN if isinstance(error, Overtaken) else state_of(error)
            if isinstance(error, DBAPIError) and (refused := too_large(error)):
                raise refused from error
            if state not in _AGAIN:
                raise
            if count == _ATTEMPTS:
                raise _given_up(state) from error
    raise AssertionError


async def _attempt(
    database: Database, author: Author, verb: AnyVerb, command: Command, remaining: Remaining
) -> Outcome:
    origin = Origin(author.address, command.idempotency_key, trace.CURRENT.get().written_by)
    async with _recording(database, author, origin) as writing:
        return await idempotency.once(
            writing, verb.name, command, author.keep_answers, partial(remaining.run, writing)
        )


async def _attempt_dry(
    database: Database, author: Author, opened: AsyncExitStack, remaining: Remaining
) -> tuple[Outcome, Session]:
    async with AsyncExitStack() as own:
        writing = await own.enter_async_context(_unkept(database, author))
        outcome = await remaining.run(writing)
        await _finish(writing)
        opened.push_async_exit(own.pop_all())
    return outcome, writing.session


@asynccontextmanager
async def _unkept(database: Database, author: Author) -> AsyncIterator[Writing]:
    """Give what one transaction writes with, of which nothing is kept."""
    with suppress(_TriedError):
        async with _begun(database, author, Origin(author.address)) as writing:
            yield writing
            raise _TriedError


@asynccontextmanager
async def _recording(
    database: Database, author: Author, origin: Origin | None = None
) -> AsyncIterator[Writing]:
    """Give what one transaction writes with; the journal tells at its end what happened and moved.

    After the commit a hint wakes who follows.
    """
    async with _begun(database, author, origin or Origin(author.address)) as writing:
        yield writing
        await _finish(writing)
    if writing.events or writing.news:
        database.hints.ring(author.viewer.merchant_id)


async def _finish(writing: Writing) -> None:
    """Write what a transaction writes last."""
    await writing.session.flush()
    ledger: Ledger = writing.session.info[LEDGER]
    await ledger.close()
    await write_dues(writing)
    await journal.append(writing)


@asynccontextmanager
async def _begun(database: Database, author: Author, origin: Origin) -> AsyncIterator[Writing]:
    """Give what one transaction writes with."""
    async with database.writing(author.viewer.merchant_id) as session:
        author.extent.begin()
        if author.lock_s is not None:
            await session.rows(_WAIT, {"patience": f"{author.lock_s}s"})
        writing = Writing(
            session,
            author.viewer,
            author.now,
            origin=origin,
            extent=author.extent,
            slices=author.slices,
            beside=author.beside,
            limits=author.limits,
        )
        Ledger(writing)
        try:
            yield writing
        finally:
            # It holds the session, too: what many lines have moved would wait for the collector.
            session.info.clear()


def _given_up(state: str | None) -> Refused:
    if state == _UNIQUE:
        return Refused(Code.TAKEN, "Another record has this key already.")
    return Refused(Code.CONFLICT, "Others are changing the same records; please try again.")
