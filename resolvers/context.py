"""The context of one request: who asks, when, and what it reads and writes with."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiodataloader import DataLoader
from sqlalchemy.engine import Dialect

from kit.clock import Clock
from kit.database import Database
from kit.limits import DEFAULT_LIMITS, Limits
from kit.viewer import Actor, Viewer
from loaders.batch import Loaders
from loaders.relations import Asking, Relation


@dataclass(frozen=True)
class Terms:
    """On what terms a server answers.

    keep_answers: under idempotency keys. plans: whether relations become one statement;
    otherwise each is read by its dataloader.
    """

    keep_answers: timedelta = timedelta(hours=24)
    limits: Limits = DEFAULT_LIMITS
    plans: bool = True


class Context:
    """One operation. Its loaders are made by `begin`, inside the running loop."""

    def __init__(
        self,
        viewer: Viewer,
        database: Database,
        clock: Clock,
        *,
        terms: Terms = Terms(),
        idempotency_key: str | None = None,
    ) -> None:
        """Take who asks and with what. idempotency_key: of the request, for its one mutation."""
        self.viewer = viewer
        self.database = database
        self.clock = clock
        self.limits, self.keep_answers, self.plans = terms.limits, terms.keep_answers, terms.plans
        self.idempotency_key = idempotency_key

    def begin(self) -> None:
        """Start an operation: a time that does not move, no connection yet, empty loaders."""
        self.now: datetime = self.clock()
        self.reads = self.database.reading(self.viewer.merchant_id)
        self.asking = Asking(self.viewer, self.now)
        self.loaders = Loaders(self.asking, self.reads)
        self.batches: dict[Any, DataLoader[Any, Any]] = {}

    async def finish(self) -> None:
        """End the operation: give the read connection back."""
        await self.reads.end()

    def load(self, relation: Relation, key: Any) -> Awaitable[Any]:
        """Ask a relation's dataloader for one key."""
        return self.loaders.load(relation, key)

    def load_level(self, relation: Relation, keys: Sequence[Any]) -> Awaitable[list[Any]]:
        """Ask a relation's dataloader for all keys of a level."""
        return self.loaders.load_level(relation, keys)

    @property
    def audience(self) -> Actor:
        """Return what of the viewer shapes statements: two of a kind differ in values only."""
        return self.viewer.actor

    @property
    def named(self) -> dict[str, Any]:
        """Return the parameters that statements name themselves."""
        return self.asking.named

    @property
    def general(self) -> Asking:
        """Return who asks, in statements that are kept."""
        return self.asking.general

    @property
    def dialect(self) -> Dialect:
        """Return how statements are written for the database."""
        return self.reads.dialect

    async def texts(self, statement: str, values: Sequence[Any]) -> Sequence[Any]:
        """Run one compiled statement on the operation's connection."""
        return await self.reads.texts(statement, values)

    def written(self) -> None:
        """Forget what was read before a write."""
        self.loaders.clear()
        self.batches.clear()
