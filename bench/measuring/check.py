"""Before anything is timed: all engines give the same values; how many statements each needs."""

import itertools
import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from bench import engines
from bench.measuring.requests import Request, Subjects, requests
from bench.measuring.wire import Wire, wire
from bench.operations import LIMIT, Operation
from bench.operations.answers import leaves, plain

_WARM, _COUNTED = 4, 5
"""Requests whose statements are counted, after some that fill the caches."""
_DIFFERENT = 10
"""How many different requests of an operation are compared."""
FIRST_FREE = 1000
"""Numbers of unique requests below this are used here."""


class DifferentError(Exception):
    """Two engines do not give the same values, or one gives an error."""


@dataclass(frozen=True)
class Checked:
    """What an operation gives and costs. leaves: its values; statements: of each engine."""

    leaves: int | None
    statements: Mapping[str, float]


class Asker:
    """Asks one engine over HTTP, each unique request with a number of its own."""

    _numbers = itertools.count()

    def __init__(self, engine: str, client: httpx.AsyncClient) -> None:
        """Take the engine's name and a client that reaches it."""
        self.engine, self._client = engine, client

    async def answer(self, request: Request) -> Any:
        """Return the JSON that answers a request. DifferentError: it tells an error."""
        response = await self._client.post(
            request.path, content=request.body(next(self._numbers)), headers=request.headers
        )
        if response.status_code != httpx.codes.OK or b'rrors":[{' in response.content:
            message = f"{self.engine} answers {response.status_code}: {response.text[:2000]}"
            raise DifferentError(message)
        return response.json()

    async def values(self, request: Request) -> Any:
        """Return the values of an answer, without the form of the engine."""
        answer = await self.answer(request)
        answer = answer if self.engine == LIMIT else answer["data"]["answer"]
        if isinstance(answer, list) and answer and set(answer[0]) == {"parcel"}:
            answer = answer[0]["parcel"]
        return plain(answer)


async def compared(askers: Sequence[Asker], subjects: Subjects, operation: Operation) -> int:
    """Return how many values the operation has. DifferentError: two engines differ in one."""
    its = [each for each in askers if each.engine in operation.engines]
    made = [requests(subjects, operation, each.engine)[:_DIFFERENT] for each in its]
    count = 0
    for same in zip(*made, strict=True):
        results = [await each.values(it) for each, it in zip(its, same, strict=True)]
        for asker, values in zip(its, results, strict=True):
            if values != results[0] or not values:
                message = f"{operation.name}: {its[0].engine} and {asker.engine} differ:"
                message += f"\n{results[0]}\n{values}"
                raise DifferentError(message)
        count = max(count, leaves(results[0]))
    return count


async def checked(
    url: str, subjects: Subjects, operations: Sequence[Operation], names: Sequence[str]
) -> dict[str, Checked]:
    """Compare the engines and count their statements, in processes of their own."""
    async with _askers(url, subjects, names) as askers:
        found = {}
        for operation in operations:
            size = await compared(list(askers), subjects, operation) if operation.reads else None
            counts = {}
            for asker, way in askers.items():
                if asker.engine in operation.engines:
                    sent = requests(subjects, operation, asker.engine)
                    counts[asker.engine] = await _statements(asker, way, sent)
            found[operation.name] = Checked(size, counts)
        return found


@asynccontextmanager
async def _askers(
    url: str, subjects: Subjects, names: Sequence[str]
) -> AsyncIterator[dict[Asker, Wire]]:
    async with AsyncExitStack() as stack:
        wires = {name: await stack.enter_async_context(wire(url)) for name in names}
        urls = {name: way.url for name, way in wires.items()}
        merchant = str(subjects.reader.id)
        running = await stack.enter_async_context(engines.running(urls, merchant, 1))
        found = {}
        for name, engine in running.items():
            base = f"http://127.0.0.1:{engine.ports[0]}"
            client = httpx.AsyncClient(base_url=base, timeout=60)
            found[Asker(name, await stack.enter_async_context(client))] = wires[name]
        yield found


async def _statements(asker: Asker, way: Wire, made: Sequence[Request]) -> float:
    """Return how many statements one request needs once the caches know it."""
    counts = []
    for request in itertools.islice(itertools.cycle(made[:1]), _WARM + _COUNTED):
        before = way.statements
        await asker.answer(request)
        counts.append(way.statements - before)
    return statistics.median(counts[_WARM:])
