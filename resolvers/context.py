"""The context of one request: who asks, when, and what it reads and writes with."""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Any

from aiodataloader import DataLoader

from kit.clock import Clock
from kit.database import Database
from kit.viewer import Viewer
from loaders.batch import Loaders
from loaders.relations import Asking, Relation


class Context:
    """One operation. Its loaders are made by `begin`, inside the running loop."""

    def __init__(
        self,
        viewer: Viewer,
        database: Database,
        clock: Clock,
        *,
        keep_answers: timedelta = timedelta(hours=24),
        idempotency_key: str | None = None,
    ) -> None:
        """Take who asks and with what. idempotency_key: of the request, for its one mutation."""
        self.viewer = viewer
        self.database = database
        self.clock = clock
        self.keep_answers = keep_answers
        self.idempotency_key = idempotency_key

    def begin(self) -> None:
        """Start an operation: a time that does not move, no connection yet, empty loaders."""
        self.now: datetime = self.clock()
        self.reads = self.database.reading(self.viewer.merchant_id)
        self.loaders = Loaders(Asking(self.viewer, self.now), self.reads)
        self.batches: dict[Any, DataLoader[Any, Any]] = {}

    async def finish(self) -> None:
        """End the operation: give the read connection back."""
        await self.reads.close()

    def load(self, relation: Relation, key: Any) -> Awaitable[Any]:
        """Ask a relation's dataloader for one key."""
        return self.loaders.load(relation, key)

    def written(self) -> None:
        """Forget what was read before a write."""
        self.loaders.clear()
        self.batches.clear()
