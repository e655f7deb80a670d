"""Chores: what is to be done now and then for some merchants, by whichever process comes first.

One statement for all merchants finds for whom; then it is done for each by itself, several at once.
A hint makes it look at once, or try the merchant that the hint names; without any, it looks every
second. Who does it claims it within its merchant first, so that several processes share the work.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select

from kit.clock import Clock
from kit.db.database import Database
from kit.db.lost import OutcomeUnknown, Unavailable

_log = logging.getLogger("abruf")
LOOK_AGAIN_S = 1.0
"""Seconds after which it is looked for work without a hint."""
_QUIET_S = 0.05
"""Between two looks that hints ask for."""
PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds for which what was found is left alone, after so many steps in a row that failed or did
nothing; the last one then each time."""
Step = Callable[[Database, UUID, Any, datetime], Awaitable[bool | None]]
"""Does something for a merchant and a subject; tells whether there is more to do at once.

None: there was nothing to do. What is found again and again for that, or fails, is left alone for
longer and longer, so that no fault of a step lets it take all there is.
"""
_Key = tuple[UUID, Hashable]


@dataclass(frozen=True)
class Chore:
    """What is done, for whom, and how much of it at once in one process.

    found: selects merchant_id and subject of all that wait, whoever's they are; it is read without
    a merchant, from tables that are shown so. It may name the parameter `now`. values: its other
    parameters. step: None where what waits is only counted. hinted: subjects that are tried at once
    for a merchant of whom a hint tells; without any, a hint makes it look, unless it is not to be
    woken. Where rows have a column `waiting`, metrics tell its sum; where they have `done`, too,
    what comes while others are done has not waited for as long as these.
    """

    name: str
    found: Select[Any]
    step: Step | None
    at_once: int = 8
    values: Mapping[str, Any] = field(default_factory=dict)
    hinted: Sequence[Hashable] = ()
    is_woken: bool = True


class Chores:
    """Does chores over the merchants of a database, until it is told to end.

    counted: (chore, outcome) -> steps; outcomes: DONE, FAILED.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        grace: timedelta = timedelta(seconds=5),
        poll_s: float = LOOK_AGAIN_S,
    ) -> None:
        """Take where the merchants are, when it is, and how long a step may go on at the end."""
        self._database, self._clock = database, clock
        self._grace, self._poll_s = grace, poll_s
        self.counted: Counter[tuple[str, str]] = Counter()
        self._tended: dict[str, _Tended] = {}

    def waiting(self) -> Mapping[tuple[str, str], int]:
        """Return (chore, subject) -> what waited when it was looked last; subjects by name only."""
        return {key: it for each in self._tended.values() for key, it in each.amounts.items()}

    def ages(self) -> Mapping[str, float]:
        """Return chore -> for how many seconds the oldest of what waits has done so."""
        return {name: it.age() for name, it in self._tended.items()}

    def lags(self, chore: str) -> Mapping[str, float]:
        """Return subject -> for how many seconds the oldest of what looks find has been behind."""
        return self._tended[chore].lags() if chore in self._tended else {}

    @asynccontextmanager
    async def running(self, *chores: Chore) -> AsyncIterator[None]:
        """Do chores meanwhile. At the end steps that are under way go on for the grace."""
        self._tended = {it.name: _Tended(it, self._step) for it in chores}
        looking = [asyncio.create_task(self._look(it)) for it in self._tended.values()]
        doing = [task for it in self._tended.values() for task in it.tasks()]
        try:
            with self._database.hints.all_heard(self._hinted):
                yield
        finally:
            for task in looking:
                task.cancel()
            for tended in self._tended.values():
                tended.end()
            await self._end(doing)
            await asyncio.gather(*looking, return_exceptions=True)

    async def _end(self, doing: Sequence[asyncio.Task[None]]) -> None:
        if doing:
            done, late = await asyncio.wait(doing, timeout=self._grace.total_seconds())
            for each in late:
                _log.warning("Could not %s to its end: the process ends", each.get_name())
                each.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            await asyncio.gather(*done)

    def _hinted(self, merchant_id: UUID | None) -> None:
        for tended in self._tended.values():
            tended.hint(merchant_id)

    async def _look(self, tended: "_Tended") -> None:
        while True:
            try:
                await tended.look(self._database, self._clock())
            except Unavailable:
                pass
            except Exception:  # noqa: BLE001 -- whatever it is, the next look may find them.
                _log.warning("Could not look for who is to %s", tended.chore.name, exc_info=True)
            await asyncio.sleep(_QUIET_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await tended.rung.wait()

    async def _step(self, chore: Chore, key: _Key) -> bool | None:
        """Do one step; what fails is logged, looked for again, and told as nothing that was done.

        Without a database nothing has failed by itself.
        """
        merchant_id, subject = key
        assert chore.step is not None  # noqa: S101 -- what is only counted has no tasks.
        try:
            is_left = await chore.step(self._database, merchant_id, subject, self._clock())
        except (Unavailable, OutcomeUnknown):
            is_left = False
        except Exception:  # noqa: BLE001 -- whatever it is, others have their turn.
            _log.warning("Could not %s, merchant %s", chore.name, merchant_id, exc_info=True)
            is_left = None
        else:
            self.counted[chore.name, "DONE"] += 1
            return is_left
        self.counted[chore.name, "FAILED"] += 1
        return is_left


class _InVain(NamedTuple):
    """Steps in a row that failed or did nothing. until: when a look takes it again, monotonic."""

    times: int
    until: float


class _Behind(NamedTuple):
    """What a look has found. since: monotonic. until: how much is to be done until it is over."""

    since: float
    until: int


class _Tended:
    """What waits of one chore, in the order in which it was found, and what is in hand."""

    def __init__(self, chore: Chore, step: Callable[[Chore, _Key], Awaitable[bool | None]]) -> None:
        self.chore, self._step = chore, step
        self.rung = asyncio.Event()
        self.amounts: dict[tuple[str, str], int] = {}
        self._queue: asyncio.Queue[_Key | None] = asyncio.Queue()
        self._since: dict[_Key, float] = {}
        self._behind: dict[_Key, _Behind] = {}
        self._in_hand, self._again = set[_Key](), set[_Key]()
        self._vain = dict[_Key, _InVain]()
        self._is_ending = False

    def age(self) -> float:
        """Return for how many seconds the oldest of what waits has done so."""
        return monotonic() - min(self._since.values()) if self._since else 0.0

    def lags(self) -> dict[str, float]:
        """Return subject -> for how many seconds the oldest of what looks find has been behind."""
        found: dict[str, float] = {}
        for (_, subject), behind in list(self._behind.items()):
            found[str(subject)] = max(monotonic() - behind.since, found.get(str(subject), 0.0))
        return found

    def hint(self, merchant_id: UUID | None) -> None:
        """Try what a hint may mean, or look for it; None: hints may have been lost."""
        if not self.chore.is_woken:
            return
        if merchant_id is None or not self.chore.hinted:
            self.rung.set()
        else:
            for subject in self.chore.hinted:
                self._put((merchant_id, subject))

    async def look(self, database: Database, now: datetime) -> None:
        """Find what waits, by one statement."""
        self.rung.clear()
        reads = database.reading(None)
        try:
            rows = await reads.rows(self.chore.found, {**self.chore.values, "now": now})
        finally:
            await reads.close()
        amounts, at = Counter[tuple[str, str]](), monotonic()
        found: dict[_Key, Any] = {(row.merchant_id, row.subject): row for row in rows}
        self._behind = {key: self._still(key, row, at) for key, row in found.items()}
        self._vain = {key: it for key, it in self._vain.items() if key in self._behind}
        for key, row in found.items():
            is_left_alone = key in self._vain and self._vain[key].until > at
            if self.chore.step is not None and not is_left_alone:
                self._put(key)
            if "waiting" in row._fields:
                amounts[self.chore.name, str(row.subject)] += row.waiting
        self.amounts = amounts

    def _still(self, key: _Key, row: Any, at: float) -> "_Behind":
        """Return since when what is behind is so: what was there then is not done yet."""
        before = self._behind.get(key)
        done = row.done if "done" in row._fields else None
        if before is None or (done is not None and done >= before.until):
            return _Behind(at, 0 if done is None else done + row.waiting)
        return before

    def _put(self, key: _Key) -> None:
        if key in self._in_hand:
            self._again.add(key)
        elif key not in self._since:
            self._since[key] = monotonic()
            self._queue.put_nowait(key)

    def tasks(self) -> Sequence[asyncio.Task[None]]:
        """Start what does the steps."""
        name, count = self.chore.name, self.chore.at_once if self.chore.step is not None else 0
        return [asyncio.create_task(self._do(), name=name) for _ in range(count)]

    def end(self) -> None:
        """Let no further step begin."""
        self._is_ending = True
        for _ in range(self.chore.at_once):
            self._queue.put_nowait(None)

    async def _do(self) -> None:
        while (key := await self._queue.get()) is not None and not self._is_ending:
            self._in_hand.add(key)
            try:
                is_left = await self._step(self.chore, key)
            finally:
                self._in_hand.discard(key)
                del self._since[key]
            self._note(key, is_in_vain=is_left is None)
            if is_left or key in self._again:
                self._again.discard(key)
                self._put(key)

    def _note(self, key: _Key, *, is_in_vain: bool) -> None:
        """Note whether anything was done for what a look has found, which finds it again."""
        if not is_in_vain:
            self._vain.pop(key, None)
        elif key in self._behind:
            times = self._vain[key].times if key in self._vain else 0
            pause = PAUSES_S[min(times, len(PAUSES_S) - 1)]
            self._vain[key] = _InVain(times + 1, monotonic() + pause)
