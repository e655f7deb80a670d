"""Following the journal: entries of one object, first the missed ones, then new ones as they come.

A process reads a merchant's journal once for all who follow it. Positions become visible in order
and without holes (`commands.writing.journal`), so that the last one read is all that must be
remembered.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select

from kit.db.database import Database
from kit.db.hints import Hints
from kit.db.lost import Unavailable
from kit.errors import Code, Refused
from kit.loop.work import Slices, slices_of
from loaders.access import journal
from loaders.access.journal import changes
from models.access.viewers import Actor
from models.base.events import EVENTS

QUEUED = 2_000
"""Entries that may wait for one follower: more than a bulk of 250 tells, so that it ends
nobody who reads."""
POLL_S = 3.0
"""Seconds after which the journal is read without a hint."""
_log = logging.getLogger("abruf")


@dataclass(frozen=True)
class Entry:
    """What a follower learns of a journal entry.

    position: counts the merchant's entries, which is nobody's business but the merchant's.
    sequence: counts those of the object.
    """

    position: int
    sequence: int
    aggregate_id: UUID
    type: str
    occurred_at: datetime
    id: UUID


class Audience(NamedTuple):
    """Viewers who see the same."""

    actor: Actor
    bound_to: UUID | None
    holding: UUID | None


class _JournalReader:
    """Reads one merchant's journal."""

    def __init__(self, database: Database, merchant_id: UUID) -> None:
        self._database, self.merchant_id = database, merchant_id

    async def _rows(self, statement: Select[Any], **parameters: Any) -> Any:
        reads = self._database.reading(self.merchant_id)
        try:
            return await reads.rows(statement, {"merchant": self.merchant_id, **parameters})
        finally:
            await reads.close()

    async def latest(self, aggregate: UUID | None = None) -> int:
        """Return the last position, or the last sequence number of an object."""
        if aggregate is None:
            ((last,),) = await self._rows(journal.latest)
        else:
            ((last,),) = await self._rows(journal.latest_of, aggregate=aggregate)
        return int(last)

    async def later(self, after: int, aggregate: UUID | None = None) -> AsyncIterator[list[Entry]]:
        """Yield pages of all entries after a position, none where there are none.

        aggregate: an object's entries after a sequence.
        """
        one = {} if aggregate is None else {"aggregate": aggregate}
        statement = journal.later if aggregate is None else journal.later_of
        while True:
            page = [Entry(*row) for row in await self._rows(statement, after=after, **one)]
            if page:
                yield page
            if len(page) < journal.PAGE:
                return
            after = page[-1].position if aggregate is None else page[-1].sequence

    async def seen(
        self, entries: Sequence[Entry], audiences: Iterable[Audience]
    ) -> Mapping[int, Sequence[Audience]]:
        """Return position -> who of them sees the entry; one statement for viewers of a kind."""
        found, by_actor = defaultdict(list), defaultdict(list)
        for each in audiences:
            by_actor[each.actor].append(each)
        positions = [it.position for it in entries]
        for actor, its in by_actor.items():
            if actor is Actor.STAFF:
                rows: Any = [(position, 1) for position in positions]
            else:
                values = {"bounds": [it.bound_to for it in its], "positions": positions}
                values |= {"holdings": [it.holding for it in its]}
                rows = await self._rows(changes.audience(actor), **values)
            for position, place in rows:
                found[position].append(its[place - 1])
        return found

    async def wholes(self, entries: Sequence[Entry]) -> Mapping[UUID, Sequence[UUID]]:
        """Return id -> what it is a part of, whose followers are told, too; one statement a table.

        What two tables call by one id is one row.
        """
        ids_of, found = defaultdict(set), defaultdict(list)
        for entry in entries:
            ids_of[EVENTS[entry.type].about].add(entry.aggregate_id)
        for entity, ids in ids_of.items():
            if (statement := journal.followed(entity)) is not None:
                for part, whole in await self._rows(statement, ids=list(ids)):
                    found[part].append(whole)
        return found


Wants = Callable[[Entry], bool]
"""Whether followers want an entry; of equal ones, one is asked for all who follow by them."""


def anything(entry: Entry) -> bool:
    """Want every entry."""
    del entry
    return True


class FollowerQueue:
    """Where new entries wait for one follower; a slow one loses it."""

    def __init__(self) -> None:
        self._entries: asyncio.Queue[Entry] = asyncio.Queue(QUEUED)
        self._lost = False

    def put(self, entry: Entry) -> None:
        """Add an entry, unless one before was lost."""
        try:
            if not self._lost:
                self._entries.put_nowait(entry)
        except asyncio.QueueFull:
            self._lost = True

    async def next(self) -> Entry:
        """Wait for an entry. Refused: TOO_SLOW after the last one before the loss."""
        if self._lost and self._entries.empty():
            message = "Events came faster than you took them: subscribe again after the last one."
            raise Refused(Code.TOO_SLOW, message, ("after",))
        return await self._entries.get()


Followed = UUID | Audience
"""What is followed: one object, or all that some viewers see."""


class _Watch:
    """One merchant's journal, read at every hint and every few seconds, for all its followers.

    places: of those who follow something and want the same of it.
    """

    def __init__(
        self, reader: _JournalReader, position: int, poll_s: float, slices: Slices
    ) -> None:
        self._reader, self.position, self._poll_s = reader, position, poll_s
        self._slices = slices
        self.places: dict[Followed, dict[Wants, set[FollowerQueue]]] = {}
        self.unread_since: float | None = None

    def count(self) -> int:
        """Tell how many follow."""
        return sum(len(places) for by_wants in self.places.values() for places in by_wants.values())

    @contextmanager
    def followed(self, followed: Followed, wants: Wants) -> Iterator[FollowerQueue]:
        """Give a place."""
        place, by_wants = FollowerQueue(), self.places.setdefault(followed, {})
        by_wants.setdefault(wants, set()).add(place)
        try:
            yield place
        finally:
            by_wants[wants].discard(place)
            if not by_wants[wants]:
                del by_wants[wants]
            if not by_wants:
                del self.places[followed]

    async def run(self, hints: Hints) -> None:
        """Read until cancelled."""
        rung = asyncio.Event()
        with hints.heard(self._reader.merchant_id, rung.set):
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s):
                        await rung.wait()
                if rung.is_set():
                    self.unread_since = self.unread_since or monotonic()
                rung.clear()
                await self._try()

    async def _try(self) -> None:
        try:
            await self._read()
        except Unavailable:
            self.unread_since = self.unread_since or monotonic()
        except Exception:  # noqa: BLE001 -- whatever it is, the next turn reads the same again.
            self.unread_since = self.unread_since or monotonic()
            _log.warning("The journal could not be read", exc_info=True)

    async def _read(self) -> None:
        async for page in self._reader.later(self.position):
            wholes = await self._reader.wholes(page)
            audiences = [it for it in self.places if isinstance(it, Audience)]
            seen = await self._reader.seen(page, audiences)
            for entry in page:
                self.position = entry.position
                of = [entry.aggregate_id, *wholes.get(entry.aggregate_id, ())]
                await self._tell(entry, [*of, *seen.get(entry.position, ())])
        self.unread_since = None

    async def _tell(self, entry: Entry, keys: Sequence[Followed]) -> None:
        """Tell followers, a slice of them in a round of the event loop.

        Who comes meanwhile reads afterwards what is there already, as whoever comes before.
        """
        for followed in keys:
            for wants, places in [*self.places.get(followed, {}).items()]:
                await self._room(1)
                if wants(entry):
                    for some in slices_of([*places]):
                        await self._room(len(some))
                        for place in some:
                            place.put(entry)

    async def _room(self, followers: int) -> None:
        if not self._slices.has_room(followers):
            await self._slices.room(self, followers)


class Following:
    """Who follows what in this process. Nothing is read while nobody follows."""

    def __init__(
        self, database: Database, poll_s: float = POLL_S, slices: Slices | None = None
    ) -> None:
        """Take whose journals are read, how often without a hint, and in which slices it tells."""
        self._database, self._poll_s = database, poll_s
        self._slices = slices or Slices()
        self._watches: dict[UUID, _Watch] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    def position_of(self, merchant_id: UUID) -> int | None:
        """Tell how far a merchant's journal was read, None while nobody follows it.

        All that can be seen from outside of what followers share.
        """
        watch = self._watches.get(merchant_id)
        return None if watch is None else watch.position

    def count(self, merchant_id: UUID) -> int:
        """Tell how many follow a merchant's journal."""
        watch = self._watches.get(merchant_id)
        return 0 if watch is None else watch.count()

    def lag(self) -> float:
        """Return for how many seconds there has been something to read that is not read yet."""
        since = [it.unread_since for it in self._watches.values() if it.unread_since is not None]
        return monotonic() - min(since) if since else 0.0

    async def entries(
        self, merchant_id: UUID, aggregate_id: UUID, after: int | None, *, live: bool
    ) -> AsyncGenerator[Entry, None]:
        """Yield an object's entries after a sequence number (None: from now on), once, in order.

        Those of its parts come as they happen, and have the sequence number of its own last one.
        live: go on with what is still to come. Refused: TOO_SLOW when too many wait.
        """
        reader = _JournalReader(self._database, merchant_id)
        now = await reader.latest()
        seen = await reader.latest(aggregate_id) if after is None else after
        with self._place(reader, aggregate_id, now) as place:
            # Read after the place was taken, so that no entry falls between the two.
            async for page in reader.later(seen, aggregate_id):
                for entry in page:
                    seen = entry.sequence
                    yield entry
            while live:
                entry = await place.next()
                if entry.aggregate_id != aggregate_id:
                    yield replace(entry, sequence=seen)
                elif entry.sequence > seen:
                    seen = entry.sequence
                    yield entry

    @asynccontextmanager
    async def feed(
        self, merchant_id: UUID, audience: Audience, wants: Wants
    ) -> AsyncIterator[tuple[int, FollowerQueue]]:
        """Give the last position there is, and where entries behind it wait that a viewer sees."""
        reader = _JournalReader(self._database, merchant_id)
        now = await reader.latest()
        with self._place(reader, audience, now, wants) as place:
            yield now, place

    @contextmanager
    def _place(
        self, reader: _JournalReader, followed: Followed, now: int, wants: Wants = anything
    ) -> Iterator[FollowerQueue]:
        merchant_id = reader.merchant_id
        watch = self._watches.get(merchant_id)
        if watch is None:
            watch = _Watch(reader, now, self._poll_s, self._slices)
            self._watches[merchant_id] = watch
            self._tasks[merchant_id] = asyncio.create_task(watch.run(self._database.hints))
        try:
            with watch.followed(followed, wants) as place:
                yield place
        finally:
            if not watch.places:
                del self._watches[merchant_id]
                self._tasks.pop(merchant_id).cancel()
