"""The context of one request: who asks, when, and what it reads and writes with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Executable

from commands.writing.extent import Extent
from kit.clock import Clock
from kit.db.database import Database
from kit.db.reads import Misplaced
from kit.db.sessions import Session
from kit.limits import DEFAULT_LIMITS, Limits
from kit.loop.apart import Apart
from kit.loop.in_turn import InTurn
from kit.loop.work import Work
from kit.outgoing.client import DEFAULT_RULES, Rules
from kit.standards.languages import Spoken
from loaders.reading.batch import Loaders
from loaders.reading.cursors import no_cursor
from loaders.reading.relations import Reader, Relation
from models.access.viewers import Actor, Viewer
from resolvers.running.buckets import Bill, Throttled, buckets_of
from resolvers.running.lanes import Lanes
from resolvers.running.process import Process
from resolvers.running.shares import Lane, lane_of

WRITTEN = 200
"""Characters of a statement that is written for the first time cost a point."""


@dataclass(frozen=True)
class Terms:
    """On what terms a server answers.

    keep_answers: under idempotency keys. plans: whether relations become one statement;
    otherwise each is read by its dataloader. outgoing: whom the server itself asks.
    """

    keep_answers: timedelta = timedelta(hours=24)
    limits: Limits = DEFAULT_LIMITS
    plans: bool = True
    outgoing: Rules = DEFAULT_RULES


@dataclass(frozen=True)
class Call:
    """What comes with an operation.

    idempotency_key: for its one mutation. address: the client's IP address, for the journal.
    lanes: where it waits for its turns, unless a turn of the whole request bounds it already.
    language: in which its client likes to be told what happens, None where it does not say.
    held: what only long input of a mutation needs, given up by all else.
    """

    idempotency_key: str | None = None
    address: str | None = None
    lanes: Lanes | None = None
    language: Spoken | None = None
    held: AsyncExitStack = field(default_factory=AsyncExitStack)


class Context:
    """One operation. Its loaders are made by `begin`, inside the running loop.

    is_trusted: whether its document is a registered one. measured: what it was found to ask for.
    entries: in all lists and objects of its variables. checked: what is wrong with documents that
    it registers, by their texts.
    schema: what it runs on, for who registers documents. apart: where long work is done beside the
    event loop. extent: the lines that its mutation
    touches. has_written: whether something was committed. following_plan: makes what answers one
    event of a subscription, None where no plan does. subscribed: makes its executor then.
    """

    bill: Bill
    apart = Apart()
    has_written = is_trusted = False
    following_plan: Callable[[], Any] | None = None
    subscribed: Callable[[], Any] | None = None

    def __init__(
        self,
        viewer: Viewer,
        database: Database,
        clock: Clock,
        *,
        terms: Terms = Terms(),
        call: Call = Call(),
        process: Process | None = None,
    ) -> None:
        """Take who asks and with what.

        process: what it has in common with others; None for an operation by itself.
        """
        self.viewer = viewer
        self.database = database
        self.clock = clock
        self._usual = terms.limits
        self.limits = self._usual.own(viewer.limits)
        self._buckets = buckets_of(viewer, self.limits, self._usual)
        self.keep_answers, self.plans = terms.keep_answers, terms.plans
        self.outgoing = terms.outgoing
        process = process or Process(database)
        self.bucket_shares, self.documents = process.bucket_shares, process.documents
        self.following, self._slices = process.following, process.slices
        self.leftovers, self._statements = process.leftovers, process.statements
        self._answers = process.answers
        self.idempotency_key, self.address = call.idempotency_key, call.address
        self.language = call.language
        self._one_letter, self._letter = asyncio.Lock(), process.letter
        self._lanes, self._slot, self.held = call.lanes, AsyncExitStack(), call.held
        self.deadline: asyncio.Timeout | None = None
        self.measured: Any = None
        self.entries, self.checked = 0, dict[str, Sequence[str]]()
        self.schema: Any = None

    async def next_event(self) -> None:
        """Begin an event of a subscription: when its key can pay for it, and when it is its turn.

        It is charged as announced, as the operation was. Nothing is held while it waits for the
        points, and no time runs; who lets too many events wait is told so.
        """
        bill = self._bill()
        bill.requested = self.bill.requested
        while True:
            try:
                await bill.charge(bill.requested or 1)
            except Throttled as throttled:
                await asyncio.sleep(throttled.seconds)
            else:
                break
        await self._in_turn()
        self.bill = bill

    async def enter(self) -> None:
        """Begin when it is one's turn. TimeoutError: it waited as long as it may take."""
        async with asyncio.timeout(self.limits.deadline):
            await self._in_turn()

    async def _in_turn(self) -> None:
        if self._lanes is not None:
            await self._slot.enter_async_context(self._lanes.slot(self.viewer))
        self.begin()

    def begin(self) -> None:
        """Start an operation, or one event of a subscription.

        A time that does not move, no connection yet, empty loaders, the whole time to answer.
        """
        self.now: datetime = self.clock()
        self.reads = self.database.reading(self.viewer.merchant_id)
        self._read_as(self.viewer)
        self.work = Work(self.limits, self._slices)
        if self.measured is not None:
            self.work.weights = self.measured.weights
        self.extent = Extent(self.limits.lines)
        self.bill = self._bill()
        self.is_trusted = False
        self.begin_time()

    def begin_time(self) -> None:
        """Give the whole time to answer from now on."""
        if self.deadline is not None:
            self.deadline.reschedule(asyncio.get_running_loop().time() + self.limits.deadline)

    def _bill(self) -> Bill:
        return Bill(self.bucket_shares, self._buckets, self.clock)

    def _read_as(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.reader = Reader(viewer, self.now)
        self.loaders = Loaders(self.reader, self.reads)

    def show_order(self, order_id: UUID) -> None:
        """Let a storefront see the order that it has just placed, as with its access token."""
        if self.viewer.actor is Actor.STOREFRONT:
            self._read_as(replace(self.viewer, holding=order_id))

    async def pause(self) -> None:
        """Let nothing be held, and no time run, until the next event or while a client reads."""
        await self.finish()
        if self.deadline is not None:
            self.deadline.reschedule(None)

    async def finish(self) -> None:
        """End the operation: give the read connection, and one's turn, back."""
        self.leftovers.of(self.work.objects, self.work.bytes)
        try:
            await self.reads.end()
        finally:
            await self._slot.aclose()

    def load(self, relation: Relation, key: Any) -> Awaitable[Any]:
        """Ask a relation's dataloader for one key."""
        return self.loaders.load(relation, key)

    def load_level(self, relation: Relation, keys: Sequence[Any]) -> Awaitable[list[Any]]:
        """Ask a relation's dataloader for all keys of a level."""
        return self.loaders.load_level(relation, keys)

    async def read(
        self, what: Hashable, select: Callable[[Reader], Executable], values: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Run a statement that is kept for viewers of a kind, and owe for what is written of it.

        what: shapes it. select: for a reader of the kind -> it, with values bound by their names.
        Crowded, Died: as where operations are planned.
        """
        form, make = (what, self.audience), partial(select, self.general)
        statement = await self._statements.of(form, make, self.apart, self.payer)
        self.planned(len(statement.text), form)
        named = {**self.named, **values}
        return statement.rows(await self.texts(statement.text, statement.values(named)))

    @property
    def audience(self) -> Actor:
        """Return what of the viewer shapes statements: two of a kind differ in values only."""
        return self.viewer.actor

    @property
    def payer(self) -> Lane:
        """Return whose turn it is where turns are taken: a merchant's, in it a company's."""
        return lane_of(self.viewer)

    @property
    def beside(self) -> InTurn:
        """Return where the operation does what takes long."""
        return InTurn(self.apart, self.payer, self.work.effort)

    @property
    def named(self) -> dict[str, Any]:
        """Return the parameters that statements name themselves."""
        return self.reader.parameters

    @property
    def general(self) -> Reader:
        """Return who asks, in statements that are kept."""
        return self.reader.general

    @asynccontextmanager
    async def letter(self) -> AsyncIterator[None]:
        """Write a letter inside: one of an operation at a time, and as `Process.letter` of all."""
        async with self._one_letter, self._letter(self.payer):
            yield

    @property
    def for_time(self) -> int:
        """Return what its statements and its effort cost by time, at the server's numbers."""
        effort = self._usual.points_of_effort(self.work.effort.seconds)
        return self._usual.points_of(self.reads.seconds) + effort

    def planned(self, length: int, what: Hashable = None) -> None:
        """Let the key owe for a statement. length: characters.

        what: the statement, which its company has not paid yet, whoever else it was written for;
        None for one that is not kept.
        """
        if what is None:
            self.bill.owe_planning(length // WRITTEN)
        elif not self.documents.has_paid(self.payer, what):
            self.documents.pay(self.payer, what)
            self.bill.owe_planning(length // WRITTEN)

    async def texts(
        self, statement: str, values: Sequence[Any], *, lasts: bool = False
    ) -> Sequence[Any]:
        """Run one compiled statement on the operation's connection.

        lasts: its rows may be those of before, where the journal has not gone on. Refused: INVALID
        for the cursor of another parent's list.
        """
        try:
            if lasts and not self.reads.is_within:
                return await self._answers.rows(self.payer, self.reads, statement, values)
            return await self.reads.texts(statement, values)
        except Misplaced as error:
            raise no_cursor("after" if error.is_after else "before") from None

    async def before_write(self) -> None:
        """Give the read connection back: an operation holds one. What was run dry ends here."""
        if self.reads.is_within:
            self.loaders.clear()
        await self.reads.close()

    def written_dry(self, session: Session, opened: AsyncExitStack) -> None:
        """Read what a dry run has written, until the operation ends or writes once more."""
        self.reads.within(session.pooled, opened)
        self.loaders.clear()

    def written(self) -> None:
        """Forget what was read before a write, and that the answer tells what was done."""
        self.has_written = True
        self._answers.passed(self.viewer.merchant_id)
        self.loaders.clear()
