"""The dataloaders of one operation: one for each relation that it reads."""

from asyncio import Future, Lock, shield
from collections.abc import Awaitable, Sequence
from functools import cache
from typing import Any

from aiodataloader import DataLoader
from sqlalchemy import Select

from kit.db.reads import Reads
from kit.loop.work import TOGETHER
from kit.telemetry import trace
from loaders.reading.relations import Reader, Relation, general
from models.access.viewers import Actor


@cache
def _kept(relation: Relation, actor: Actor) -> Select[Any]:
    """Return the statement of a lasting relation: viewers of a kind differ in named values only."""
    return relation.statement(general(actor))


def _statement(relation: Relation, reader: Reader) -> Select[Any]:
    """Return the statement that answers a relation's keys."""
    if relation.lasting:
        return _kept(relation, reader.viewer.actor)
    return relation.statement(reader)


def _seen(found: Future[Any]) -> None:
    """Let a failure be lost with the operation that wanted it, where that has ended meanwhile."""
    _ = found.cancelled() or found.exception()


class Batch(DataLoader[Any, Any]):
    """Answers the keys of one relation by one statement for all that are wanted together.

    `load` collects single keys until the event loop goes round and hands them to `load_level`,
    which remembers what was read: no key is read twice, by whichever of the two it is wanted.
    """

    def __init__(self, relation: Relation, reader: Reader, reads: Reads) -> None:
        """Take what to read, for whom, and the operation's connection."""
        super().__init__(max_batch_size=TOGETHER)
        self._relation, self._reader, self._reads = relation, reader, reads
        self._found: dict[Any, Any] = {}
        self._reading = Lock()

    def load(self, key: Any) -> Future[Any]:
        """Want one key. Who is cancelled takes no answer away from others who want the same."""
        wanted = super().load(key)
        found = shield(wanted)
        for each in (wanted, found):
            each.add_done_callback(_seen)
        return found

    async def load_level(self, keys: Sequence[Any]) -> list[Any]:
        """Read what is not known yet, at once; give each key its result, without a future each."""
        found = self._found
        async with self._reading:
            unknown = [key for key in dict.fromkeys(keys) if key not in found]
            if unknown:
                trace.CURRENT.get().batches.append(len(unknown))
                statement = _statement(self._relation, self._reader)
                rows = await self._reads.rows(
                    statement, {**self._reader.parameters, "keys": unknown}
                )
                found.update(zip(unknown, self._relation.results(unknown, rows), strict=True))
        return [found[key] for key in keys]

    async def batch_load_fn(self, keys: list[Any]) -> list[Any]:
        """Read what `load` has collected."""
        return await self.load_level(keys)


class Loaders:
    """Relation -> its dataloader; made for one operation, inside the running loop."""

    def __init__(self, reader: Reader, reads: Reads) -> None:
        """Take the operation's viewer, time and connection."""
        self._reader, self._reads = reader, reads
        self._batches: dict[Relation, Batch] = {}

    def _batch(self, relation: Relation) -> Batch:
        batch = self._batches.get(relation)
        if batch is None:
            batch = self._batches[relation] = Batch(relation, self._reader, self._reads)
        return batch

    def load(self, relation: Relation, key: Any) -> Awaitable[Any]:
        """Want one key; what is wanted until the event loop goes round is read together."""
        return self._batch(relation).load(key)

    def load_level(self, relation: Relation, keys: Sequence[Any]) -> Awaitable[list[Any]]:
        """Want all keys of a level."""
        return self._batch(relation).load_level(keys)

    def clear(self) -> None:
        """Forget everything that was read: a write happened."""
        self._batches.clear()
