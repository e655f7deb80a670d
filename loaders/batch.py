"""The dataloaders of one operation: one for each relation that it asks."""

from collections.abc import Awaitable
from typing import Any

from aiodataloader import DataLoader

from kit import trace
from kit.database import Reads
from loaders.relations import Asking, Relation


class Batch(DataLoader[Any, Any]):
    """Answers all keys of one relation that are asked in one turn of the loop by one statement."""

    def __init__(self, relation: Relation, asking: Asking, reads: Reads) -> None:
        """Take what to read, for whom, and the operation's connection."""
        super().__init__()
        self._relation, self._asking, self._reads = relation, asking, reads

    async def batch_load_fn(self, keys: list[Any]) -> list[Any]:
        """Read all keys at once."""
        trace.CURRENT.get().batches.append(len(keys))
        statement = self._relation.statement(self._asking)
        return self._relation.results(keys, await self._reads.rows(statement, {"keys": keys}))


class Loaders:
    """Relation -> its dataloader; made for one operation, inside the running loop."""

    def __init__(self, asking: Asking, reads: Reads) -> None:
        """Take the operation's viewer, time and connection."""
        self._asking, self._reads = asking, reads
        self._batches: dict[Relation, Batch] = {}

    def load(self, relation: Relation, key: Any) -> Awaitable[Any]:
        """Ask for one key; what is asked before the loop turns is read together."""
        batch = self._batches.get(relation)
        if batch is None:
            batch = self._batches[relation] = Batch(relation, self._asking, self._reads)
        return batch.load(key)

    def clear(self) -> None:
        """Forget everything that was read: a write happened."""
        self._batches.clear()
