"""What is under way to an endpoint: of several objects at once, no faster than it likes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import monotonic, time_ns
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Select, bindparam, or_, select

from commands.messages.webhooks.again import replay_page
from commands.messages.webhooks.judging import Result
from commands.messages.webhooks.lanes import Underway, WebhookBatch, claim, proceed
from commands.writing.running.run import run_unasked
from kit.db.database import Database
from kit.limits import DEFAULT_LIMITS
from kit.loop.apart import Turns
from kit.loop.recent import Recent
from kit.outgoing.client import Connections
from models.messages.webhooks.tables import WebhookLane
from workers.messages.webhooks.bodies import bodies
from workers.messages.webhooks.holding import Holding
from workers.messages.webhooks.sending import WebhookSender
from workers.running.chores import Chore

FLIGHT_S = 2.0
"""Seconds in which a step begins with messages; what is under way then ends before it does."""
LANE_POLL_S = 1.0
"""Seconds after which an endpoint that is being sent something is looked at without a hint."""
LANE_QUIET_S = 0.05
"""Between two looks that hints ask for."""
ENDPOINTS_AT_ONCE = 200
"""Endpoints that one process sends to at once: one that is slow keeps none of the others."""
LONGEST_WITHOUT = 64 * 1024
"""Bytes of a message without a document."""
_PAGES = 20
"""Pages of a replay that are looked through in one step for messages."""
_PACES = 10_000


class Pace:
    """How many messages may begin: so many in a second, and as many at once after a pause.

    longest: bytes of one.
    """

    def __init__(self, longest: int) -> None:
        """Begin with one, before it is known how many may."""
        self.per_second, self._left, self._at = 1, 1.0, monotonic()
        self.longest = longest

    def room(self) -> int:
        """Return how many may begin now."""
        now = monotonic()
        gained = (now - self._at) * self.per_second
        self._left, self._at = min(float(self.per_second), self._left + gained), now
        return int(self._left)

    def take(self, count: int) -> None:
        """Begin with some."""
        self._left -= count

    async def ready(self) -> None:
        """Wait until one may begin."""
        if not self.room():
            await asyncio.sleep((1 - self._left) / self.per_second)


@dataclass
class _Flight:
    """A step of one endpoint: what is under way, and what has come back since the last turn.

    longest: bytes of a message with a document. begun: messages that were sent.
    """

    sender: WebhookSender
    asks: Connections
    database: Database
    merchant_id: UUID
    webhook_id: UUID
    pace: Pace
    holding: Holding
    longest: int
    flying: dict[asyncio.Task[Result], UUID] = field(default_factory=dict)
    results: Sequence[Result] = ()
    begun: int = 0

    async def run(self) -> bool:
        """Send until nothing is due; tells whether only the time of the step was over."""
        ends, rung = monotonic() + FLIGHT_S, asyncio.Event()
        with self.database.hints.heard(self.merchant_id, rung.set):
            try:
                while True:
                    is_last = monotonic() > ends
                    if not self.flying and not is_last:
                        await self.pace.ready()
                        await self.holding.ready(self.merchant_id, self.pace.longest)
                    rung.clear()
                    await self._go_on(is_last=is_last)
                    if not self.flying:
                        return is_last
                    await self._wait(rung)
            finally:
                await self._end()

    async def _go_on(self, *, is_last: bool) -> None:
        """Note what has come back, and begin with as many messages as there is room for."""
        own, longest = self.merchant_id, self.pace.longest
        left = self.sender.schedule.at_once - len(self.flying)
        room = max(0, min(left, self.pace.room(), self.holding.room(own, longest)))
        with self.holding.reserved(own, room * longest):
            made = await self._proceed(room, is_last=is_last)
            if made is not None:
                await self._begin(made)

    async def _proceed(self, room: int, *, is_last: bool) -> WebhookBatch | None:
        schedule, flying = self.sender.schedule, [*self.flying.values()]
        results, self.results = self.results, ()
        sent = Underway(
            self.webhook_id, self.sender.process, schedule, results, flying, room, is_last=is_last
        )
        author = self.sender.author(self.merchant_id)
        return await run_unasked(self.database, author, partial(proceed, sent=sent))

    async def _begin(self, made: WebhookBatch) -> None:
        self.pace.per_second = made.webhook.per_second
        self.pace.longest = self.longest if made.webhook.document else LONGEST_WITHOUT
        if not made.messages:
            return
        self.pace.take(len(made.messages))
        self.begun += len(made.messages)
        own = (self.database, self.sender.ask, made.webhook, made.messages)
        written = await bodies(*own, self.sender.clock())
        entries = {it.entry_id for it in made.messages if it.entry_id}
        spans = await self.sender.spans.written_by(self.database, self.merchant_id, entries)
        for each in made.messages:
            body = written[each.id]
            content = body.encode() if isinstance(body, str) else b""
            task = asyncio.create_task(self.sender.send(self.asks, made, each, body, content))
            self._hold(task, len(content))
            self._record(task, spans.get(each.entry_id))
            self.flying[task] = each.id

    def _hold(self, task: asyncio.Task[Result], size: int) -> None:
        """Hold what a message takes until it is sent."""
        self.holding.take(self.merchant_id, size)
        task.add_done_callback(lambda _: self.holding.give(self.merchant_id, size))

    def _record(self, task: asyncio.Task[Result], written_by: str | None) -> None:
        """Let an attempt be a span, once it has ended by itself."""
        began = time_ns()

        def end(ended: asyncio.Task[Result]) -> None:
            if not ended.cancelled() and ended.exception() is None:
                self.sender.record(began, written_by, ended.result())

        task.add_done_callback(end)

    async def _wait(self, rung: asyncio.Event) -> None:
        """Wait for an answer, for news of the merchant, or a second."""
        woken = asyncio.create_task(rung.wait())
        try:
            done, _ = await asyncio.wait(
                {*self.flying, woken}, timeout=LANE_POLL_S, return_when=asyncio.FIRST_COMPLETED
            )
            if done == {woken}:
                done, _ = await asyncio.wait(self.flying, timeout=LANE_QUIET_S)
        finally:
            woken.cancel()
        self.results = [it.result() for it in self.flying if it in done]
        for result in self.results:
            self.sender.count(result)
        self.flying = {it: message for it, message in self.flying.items() if it not in done}

    async def _end(self) -> None:
        """Leave what is under way: it is sent again under the same id."""
        for task in self.flying:
            task.cancel()
        await asyncio.gather(*self.flying, return_exceptions=True)


class Flights:
    """Sends what waits for endpoints, in this process."""

    def __init__(
        self,
        sender: WebhookSender,
        longest: int = DEFAULT_LIMITS.answer,
        holding: Holding | None = None,
    ) -> None:
        """Take by whom each message is sent.

        longest: bytes of the answer to a document. holding: what all may hold, the usual by
        default.
        """
        self.sender, self.longest, self.holding = sender, longest, holding or Holding()
        self._paces = Recent[Pace](_PACES)
        self._replays = Turns()

    @property
    def chore(self) -> Chore:
        """Return it as what is done for each endpoint whose time has come."""
        return Chore("send webhooks", _waiting(), self.step, ENDPOINTS_AT_ONCE)

    async def step(
        self, database: Database, merchant_id: UUID, webhook_id: UUID, now: datetime
    ) -> bool | None:
        """Send an endpoint what waits for it; tells whether there may be more at once.

        None: nothing was sent, and nothing replayed.
        """
        del now
        sender = self.sender
        lease = sender.schedule.lease
        taken = partial(claim, webhook_id=webhook_id, process=sender.process, lease=lease)
        claimed = await run_unasked(database, sender.author(merchant_id), taken)
        if claimed is None:
            return None
        is_replayed, client = claimed
        is_done = is_replayed and await self._replay(database, (merchant_id, client), webhook_id)
        async with sender.client.connected((merchant_id, client)) as asks:
            own = (merchant_id, webhook_id, self._pace(webhook_id), self.holding, self.longest)
            flight = _Flight(sender, asks, database, *own)
            is_over = await flight.run()
        if not flight.begun and not is_done:
            return None
        return is_over or is_replayed

    def _pace(self, webhook_id: UUID) -> Pace:
        pace = self._paces.get(webhook_id)
        if pace is None:
            pace = self._paces.keep(webhook_id, Pace(self.longest))
        return pace

    async def _replay(
        self, database: Database, owner: tuple[UUID, UUID | None], webhook_id: UUID
    ) -> bool:
        """Keep pages of a replay, for as long as a step takes; tells whether one was.

        One page at a time in the process, in turn by merchant, and in it by client: what
        others are sent, or replayed, waits for one page of it, however much is looked at.
        """
        page, ends = partial(replay_page, webhook_id=webhook_id), monotonic() + FLIGHT_S
        for place in range(_PAGES):
            with await self._replays.taken(owner):
                if not await run_unasked(database, self.sender.author(owner[0]), page):
                    return place > 0
            if monotonic() > ends:
                break
        return True


def _waiting() -> Select[Any]:
    """Select the endpoints whose time has come, of whichever merchant."""
    lane, now = WebhookLane, bindparam("now", type_=DateTime(timezone=True))
    free = or_(lane.leased_until.is_(None), lane.leased_until <= now)
    found: Any = select(lane.merchant_id, lane.id.label("subject"))
    return found.where(lane.next_at <= now, free)  # type: ignore[no-any-return]
