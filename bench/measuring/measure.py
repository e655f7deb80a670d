"""Rounds in turn: A B C A B C, so that what else the machine does meets every engine alike."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench import engines
from bench.data import Size
from bench.engines import Engine
from bench.measuring.check import FIRST_FREE
from bench.measuring.load import Load, Measured, measured
from bench.measuring.requests import Subjects, requests
from bench.operations import OPERATIONS, Operation
from bench.progress import Progress

_MINUTE = 60.0


@dataclass(frozen=True)
class Plan:
    """How much is measured. processes: of each engine; rounds of so many seconds, warm before."""

    size: Size
    processes: Sequence[int]
    connections: Sequence[int]
    rounds: int
    seconds: float
    warm: float


@dataclass(frozen=True)
class Series:
    """What one engine did in all rounds of one operation under one load."""

    processes: int
    connections: int
    operation: str
    engine: str
    rounds: list[Measured] = field(default_factory=list)

    @property
    def throughput(self) -> list[float]:
        """Return requests per second of each round."""
        return [each.per_second for each in self.rounds]


@dataclass
class Memory:
    """Resident memory (MB) of one process: started, after a minute of load, at the end."""

    processes: int
    engine: str
    start: float
    minute: float | None = None
    end: float = 0.0
    loaded: float = 0.0
    """Seconds under load."""


@dataclass(frozen=True)
class Results:
    """Everything that was measured."""

    series: list[Series] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Results":
        """Return what `dataclasses.asdict` gave."""
        series = [
            Series(**{**each, "rounds": [Measured(**it) for it in each["rounds"]]})
            for each in stored["series"]
        ]
        return cls(series, [Memory(**each) for each in stored["memory"]])

    def find(self, processes: int, connections: int, operation: str) -> dict[str, Series]:
        """Return engine -> its series."""
        wanted = (processes, connections, operation)
        return {
            each.engine: each
            for each in self.series
            if (each.processes, each.connections, each.operation) == wanted
        }


def ratio(one: Series, other: Series) -> float:
    """Return the median, over the rounds, of how much more one did than the other."""
    pairs = zip(one.throughput, other.throughput, strict=True)
    return statistics.median(ours / theirs for ours, theirs in pairs)


class Bench:
    """One run of a plan. Requests that write are numbered through, so that each is a new one."""

    def __init__(self, plan: Plan, subjects: Subjects, names: Sequence[str], url: str) -> None:
        """Take what to measure, whom to ask, the engines and the database's address."""
        self._plan, self._subjects, self._names, self._url = plan, subjects, names, url
        self._sent: Counter[str] = Counter()
        self._results = Results()
        loads = len(plan.processes) * len(plan.connections) * plan.rounds
        steps = sum(len(set(names).intersection(it.engines)) for it in OPERATIONS.values())
        self._progress = Progress("Measuring", loads * steps)

    async def run(self) -> Results:
        """Measure everything."""
        urls, merchant = dict.fromkeys(self._names, self._url), str(self._subjects.reader.id)
        for processes in self._plan.processes:
            async with engines.running(urls, merchant, processes) as running:
                memory = {
                    name: Memory(processes, name, await engine.memory())
                    for name, engine in running.items()
                }
                self._results.memory.extend(memory.values())
                for operation in OPERATIONS.values():
                    for connections in self._plan.connections:
                        await self._rounds(running, memory, operation, connections)
        return self._results

    async def _rounds(
        self,
        running: Mapping[str, Engine],
        memory: Mapping[str, Memory],
        operation: Operation,
        connections: int,
    ) -> None:
        its = [name for name in operation.engines if name in running]
        series = {
            name: Series(len(running[name].ports), connections, operation.name, name)
            for name in its
        }
        self._results.series.extend(series.values())
        for _ in range(self._plan.rounds):
            for name in its:
                self._progress.step(f"{operation.name}, {connections} connections, {name}")
                found = await self._load(running[name], operation, connections)
                series[name].rounds.append(found)
                await self._weigh(running[name], memory[name])

    async def _load(self, engine: Engine, operation: Operation, connections: int) -> Measured:
        made = [each.wire for each in requests(self._subjects, operation, engine.name)]
        first = FIRST_FREE + self._sent[operation.name]
        plan = self._plan
        load = Load(engine.ports, made, connections, plan.seconds, plan.warm, first)
        found = await measured(load)
        self._sent[operation.name] += found.sent
        return found

    async def _weigh(self, engine: Engine, memory: Memory) -> None:
        memory.loaded += self._plan.seconds + self._plan.warm
        memory.end = await engine.memory()
        if memory.minute is None and memory.loaded >= _MINUTE:
            memory.minute = memory.end
