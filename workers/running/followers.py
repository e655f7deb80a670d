"""Followers of the journal: to let something happen after an event is one of these, and a function.

A follower is told of every entry that it wants at least once, of those of one object in their
order. What its function writes and where the follower stands then are committed together.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from time import time_ns
from uuid import UUID

from opentelemetry.trace import NoOpTracer, Tracer

from commands.access.followers import lanes, positions
from commands.access.followers.entries import MOST_AT_ONCE, JournalEvent, page_after
from commands.writing.running.run import Author, run_unasked
from commands.writing.transaction import Writing
from kit.db.database import Database
from kit.db.lost import OutcomeUnknown, Unavailable
from kit.telemetry.links import record_span
from loaders.access import followers as news
from models.access.viewers import by_itself
from models.base.events import EVENTS, Event
from workers.running.chores import Chore

_log = logging.getLogger("abruf")
TELL_FOLLOWERS, COUNT_PARKED = "tell followers", "count parked lanes"
"""The chore that tells them, and the one that shows which of their lanes nobody tries."""
LONGEST_S = 30
"""Seconds that a follower's function may take for one page."""
Tell = Callable[[Writing, Sequence[JournalEvent]], Awaitable[None]]
"""Does something after events of one merchant, in the transaction that notes that it was done.

It is called again with some of the same where that transaction is rolled back.
"""


@dataclass(frozen=True)
class Follower:
    """Something that happens after events.

    name: under which its position is kept, so that it never changes. wants: classes of events,
    none for all. pauses: after which an entry that fails is tried again; after the last one the
    lane of its object is parked.
    """

    name: str
    tell: Tell
    wants: tuple[type[Event], ...] = ()
    pauses: tuple[timedelta, ...] = (
        timedelta(seconds=1),
        timedelta(seconds=5),
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=10),
    )

    @cached_property
    def types(self) -> Sequence[str]:
        """Return the names of the events that it wants."""
        return sorted(it.name for it in self.wants) or sorted(EVENTS)


class Followers:
    """Tells followers, of whichever merchant, page by page.

    counted: (follower, outcome) -> how many: TOLD entries, FAILED attempts, PARKED lanes.
    """

    def __init__(self, *followers: Follower, tracer: Tracer | None = None) -> None:
        """Take those that are told. tracer: records each page, linked to the requests before it."""
        self._tracer = tracer or NoOpTracer()
        self.every: Mapping[str, Follower] = {it.name: it for it in followers}
        self.counted: Counter[tuple[str, str]] = Counter()
        self._sizes: dict[tuple[UUID, str], int] = {}

    async def tell(
        self, database: Database, merchant_id: UUID, name: str, now: datetime
    ) -> bool | None:
        """Tell a follower of the next page; tells whether there is more, None where it is told now.

        A page that fails is halved until the entry that fails is alone: its object's lane is set
        aside, and all others go on.
        """
        began = time_ns()
        telling = _Telling(self.every[name], self._sizes.pop((merchant_id, name), MOST_AT_ONCE))
        author = Author(by_itself(merchant_id), now)
        try:
            is_left = await run_unasked(database, author, telling.page)
        except (Unavailable, OutcomeUnknown):
            raise
        except Exception as error:
            if not telling.events:
                raise
            self._note(name, "FAILED", error)
            self._record(name, "FAILED", began, telling.events)
            if len(telling.events) > 1:
                self._sizes[merchant_id, name] = len(telling.events) // 2
            else:
                await run_unasked(database, author, partial(telling.set_aside, error))
            return True
        self._note(name, "TOLD", count=len(telling.events))
        self._record(name, "TOLD", began, telling.events)
        if is_left and telling.size < MOST_AT_ONCE:
            self._sizes[merchant_id, name] = telling.size * 2
        return is_left

    async def retry(self, database: Database, merchant_id: UUID, name: str, now: datetime) -> bool:
        """Try the first entry of a lane again whose time has come; tells whether there was one."""
        began, retrying = time_ns(), _Retrying(self.every[name])
        author = Author(by_itself(merchant_id), now)
        try:
            is_left = await run_unasked(database, author, retrying.first)
        except (Unavailable, OutcomeUnknown):
            raise
        except Exception as error:
            if retrying.lane is None:
                raise
            self._note(name, "FAILED", error)
            self._record(name, "FAILED", began, retrying.events)
            if await run_unasked(database, author, partial(retrying.failed_again, error)):
                self._note(name, "PARKED")
            return True
        self._note(name, "TOLD", count=len(retrying.events))
        self._record(name, "TOLD", began, retrying.events)
        return is_left

    def _record(self, name: str, outcome: str, began: int, events: Sequence[JournalEvent]) -> None:
        """Record a page that has something to tell as a span."""
        if events:
            written_by = (it.written_by for it in events)
            record_span(self._tracer, f"follow {name}", began, written_by, outcome)

    def _note(
        self, name: str, outcome: str, error: Exception | None = None, count: int = 1
    ) -> None:
        self.counted[name, outcome] += count
        if error is not None:
            _log.warning("The follower %s fails", name, exc_info=error)


class _Telling:
    """One page of a follower. events: what it is told of, none before that is known."""

    def __init__(self, follower: Follower, size: int) -> None:
        self._follower, self.size = follower, size
        self.events: Sequence[JournalEvent] = ()

    async def page(self, writing: Writing) -> bool | None:
        self.events = ()
        place = await positions.claim(writing, self._follower.name)
        if place is None:
            return await positions.begin(writing, self._follower.name) or None
        unread = await page_after(
            writing, place.id, self._follower.types, place.position, self.size
        )
        self.events = unread.events
        if self.events:
            async with asyncio.timeout(LONGEST_S):
                await self._follower.tell(writing, self.events)
        await positions.move(writing, place, unread.end)
        return not unread.is_whole

    async def set_aside(self, error: Exception, writing: Writing) -> None:
        (failed,) = self.events
        of = self._follower
        lane = await lanes.set_aside(writing, of.name, of.types, failed, error)
        if lane is not None:
            await lanes.wait(writing, lane, of.pauses)


class _Retrying:
    """One lane of a follower. lane, events: what is tried, None and none before that is known."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self.lane: lanes.LaneTried | None = None
        self.events: Sequence[JournalEvent] = ()

    async def first(self, writing: Writing) -> bool:
        self.lane, self.events, of = None, (), self._follower
        place = await positions.read(writing, of.name)
        if place is None:
            return False
        lane = await lanes.next_due(writing, place.id)
        if lane is None:
            await positions.lock(writing, place.id)
            await positions.note_retry(writing, place.id)
            return False
        event = await lanes.first_of(writing, lane, of.types, place.position)
        if event is not None:
            self.lane = lanes.LaneTried(lane.id, lane.position, lane.attempts)
            self.events = (event,)
            async with asyncio.timeout(LONGEST_S):
                await of.tell(writing, self.events)
            await lanes.pass_by(writing, lane, of.types, event.position)
        return True

    async def failed_again(self, error: Exception, writing: Writing) -> bool:
        assert self.lane is not None  # noqa: S101 -- it has failed.
        return await lanes.failed_again(writing, self.lane, error, self._follower.pauses)


def chores_of(followers: Followers) -> tuple[Chore, ...]:
    """Return what tells followers, what tries their lanes again, and what counts parked ones."""
    names = list(followers.every)
    values = {"names": names}
    return (
        Chore(TELL_FOLLOWERS, news.behind(), followers.tell, values=values, hinted=names),
        Chore("retry lanes", news.retried(), followers.retry, at_once=2, values=values),
        Chore(COUNT_PARKED, news.parked(), None, values=values, is_woken=False),
    )
