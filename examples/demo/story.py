"""The demo's story: actors who call the API in this process, at times of the story."""

import heapq
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from examples.mutations import Mutation
from kit.db.database import Database
from models.access.viewers import Viewer
from resolvers.running.context import Context
from schema.schema import schema

ZONE = "Europe/Berlin"
_FRIDAY = 5
"""ISO number of the last working day of a week."""


class Failed(Exception):
    """The API refused a step of the story."""


@dataclass
class Story:
    """What the scenes share. real_now: when the demo is loaded; now: the time of the story.

    viewers: actor's name in small letters -> who it is. ids: business key -> global id.
    """

    database: Database
    real_now: datetime
    now: datetime
    viewers: dict[str, Viewer] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def day(self, number: int) -> date:
        """Return the working day `number` days after the last one that has begun, or before it."""
        day = self.real_now.astimezone(ZoneInfo(ZONE)).date()
        day -= timedelta(max(0, day.isoweekday() - _FRIDAY))
        weeks, days = divmod(number, _FRIDAY)
        for _ in range(days):
            day += timedelta(3 if day.isoweekday() == _FRIDAY else 1)
        return day + timedelta(weeks=weeks)

    def at(self, number: int, hour: int, minute: int = 0) -> datetime:
        """Return a time of a working day, by the clocks of the place."""
        local = datetime.combine(self.day(number), time(hour, minute), ZoneInfo(ZONE))
        return local.astimezone(UTC)

    def window(self, number: int, opens: int = 8, closes: int = 12) -> dict[str, str]:
        """Return a delivery window on a working day."""
        return {
            "earliest": self.at(number, opens).isoformat(),
            "latest": self.at(number, closes).isoformat(),
            "timeZone": ZONE,
        }

    async def ask(self, actor: str, document: str, **variables: Any) -> dict[str, Any]:
        """Let an actor run an operation now; returns its data. Failed when there is none."""
        context = Context(self.viewers[actor], self.database, lambda: self.now)
        result = await schema.execute(document, variables, context)
        if result.errors or result.data is None:
            message = f"{actor} is not answered: {result.errors}"
            raise Failed(message)
        # An answer may hold PostgreSQL's JSON unread; it is read here as a client reads it.
        data: dict[str, Any] = orjson.loads(orjson.dumps(result.data))
        return data

    async def do(self, actor: str, mutation: Mutation, **fields: Any) -> dict[str, Any]:
        """Let an actor run a mutation now; returns its payload. Failed when it is refused."""
        data = await self.ask(actor, mutation.document(1), m0=fields)
        payload: dict[str, Any] = data["m0"]
        if problem := mutation.problem(payload):
            message = f"{actor}, {self.now.isoformat()}: {problem}"
            raise Failed(message)
        return payload


Scene = Callable[[Story], AsyncIterator[datetime]]
"""A thread of the story; it yields the time to which it wants to wait."""


async def tell(story: Story, *scenes: Scene) -> None:
    """Play scenes side by side in the order of their times, so that the journal's order is true."""
    waiting = [(story.now, number, scene(story)) for number, scene in enumerate(scenes)]
    while waiting:
        story.now, number, scene = heapq.heappop(waiting)
        following = await anext(scene, None)
        if following is not None:
            heapq.heappush(waiting, (following, number, scene))
