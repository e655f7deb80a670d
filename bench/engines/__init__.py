"""The engines side by side: processes of their own, each on a port of 127.0.0.1."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.engines import node
from bench.operations import KEPT, LIMIT, LIMITED, POSTGRAPHILE, REFERENCE

POOL = 10
"""Connections to PostgreSQL that each process may have."""
_START_S, _END_S = 180.0, 5.0
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Engine:
    """A running engine: one port and one pid for each of its processes."""

    name: str
    ports: Sequence[int]
    pids: Sequence[int]

    async def memory(self) -> float:
        """Return the resident memory of one process, in MB: the largest."""
        command = ("ps", "-o", "rss=", "-p", ",".join(map(str, self.pids)))
        ps = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        printed, _ = await ps.communicate()
        return max(map(int, printed.split())) / 1024


class EngineError(Exception):
    """An engine did not come up."""


def _command(name: str) -> Sequence[str]:
    if name == POSTGRAPHILE:
        return node.server()
    if name == LIMIT:
        return (sys.executable, "-m", "bench.engines.limit")
    executor = "reference" if name == REFERENCE else "planned"
    patience = name if name in {LIMITED, KEPT} else "untiring"
    return (sys.executable, "-m", "bench.engines.ours", executor, patience)


@asynccontextmanager
async def running(
    urls: Mapping[str, str], merchant: str, processes: int
) -> AsyncIterator[dict[str, Engine]]:
    """Start engines and stop them at the end. urls: name of each -> its database's address.

    merchant: whose rows PostGraphile and the limit hold. EngineError when one does not come up.
    """
    started: list[asyncio.subprocess.Process] = []
    try:
        made = {}
        for name, url in urls.items():
            settings = {"BENCH_DATABASE_URL": url, "BENCH_MERCHANT": merchant}
            own = [await _start(_command(name), settings) for _ in range(processes)]
            started += own
            made[name] = own
        yield {
            name: Engine(name, [await _port(it, name) for it in own], [it.pid for it in own])
            for name, own in made.items()
        }
    finally:
        await asyncio.gather(*map(_stop, started))


@asynccontextmanager
async def serving_alone(*module: str, **settings: str) -> AsyncIterator[tuple[int, int]]:
    """Run a module of Python meanwhile; gives its process and the port that it prints.

    module: its name, and what it takes. settings: of its environment. EngineError when it does not
    come up.
    """
    process = await _start((sys.executable, "-m", *module), settings)
    try:
        yield process.pid, await _port(process, module[0])
    finally:
        await _stop(process)


async def _start(command: Sequence[str], settings: Mapping[str, str]) -> asyncio.subprocess.Process:
    own = {"BENCH_POOL": str(POOL), "NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=_ROOT,
        env={**os.environ, **own, **settings},
        stdout=asyncio.subprocess.PIPE,
    )


async def _port(process: asyncio.subprocess.Process, name: str) -> int:
    assert process.stdout  # noqa: S101 -- It is a pipe.
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _START_S)
        return int(line)
    except (TimeoutError, ValueError) as error:
        message = f"The engine {name} does not come up."
        raise EngineError(message) from error


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _END_S)
        except TimeoutError:
            process.kill()
            await process.wait()
