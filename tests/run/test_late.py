"""A database that is not there yet at the start: whoever asks is answered all the same."""

import asyncio
import fcntl
import os
import signal
import sys
import time
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx

from kit.embedded.home import STEP_S, take_lock
from models.access.tokens import issue
from tests.kit.programs import home_of
from tests.run.abruf import HTTP, Abruf, Launch
from tests.run.conftest import Far
from tests.walls.programs import free_port

WAITS_S = 60
_WAITS = """SELECT bool_or(NOT granted) FROM pg_locks
WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
AWAY = "The database cannot be reached"
NOT_READY = {"status": "not ready"}


class Worker(Abruf):
    """A worker: what it is asked is asked at the port of its metrics."""

    COMMAND = (sys.executable, "-m", "workers")

    def __init__(self, folder: Path, **environment: str) -> None:
        port = str(free_port())
        super().__init__(folder, ABRUF_PORT=port, ABRUF_METRICS_PORT=port, **environment)


async def _first(abruf: Abruf, path: str) -> httpx.Response:
    """Return the answer to whoever is let in first. Fails where that one is not answered."""
    deadline = time.monotonic() + WAITS_S
    while True:
        try:
            return await _got(abruf, path)
        except httpx.ConnectError:
            assert abruf.process.poll() is None
            assert time.monotonic() < deadline
            await asyncio.sleep(STEP_S)


async def _got(abruf: Abruf, path: str) -> httpx.Response:
    return await asyncio.to_thread(HTTP.get, f"{abruf.origin}{path}")


async def _is_answered(abruf: Abruf) -> None:
    """The process lives, is not ready, and says so to who asks it something."""
    assert (await _first(abruf, "/livez")).status_code == 200
    ready = await _got(abruf, "/readyz")
    assert (ready.status_code, ready.json()) == (503, NOT_READY)
    token, _ = issue(uuid4())
    answer = await asyncio.to_thread(
        HTTP.post,
        f"{abruf.origin}/graphql",
        json={"query": "{ viewer { actor } }"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert [it["extensions"]["code"] for it in answer.json()["errors"]] == ["UNAVAILABLE"]


async def _becomes_ready(abruf: Abruf) -> None:
    deadline = time.monotonic() + WAITS_S
    while (await _got(abruf, "/readyz")).status_code != 200:
        assert time.monotonic() < deadline
        await asyncio.sleep(STEP_S)


async def _ends(abruf: Abruf) -> str:
    """Tell it to end, and return what it has said: it has nothing to wait for."""
    abruf.process.send_signal(signal.SIGTERM)
    output, _ = await asyncio.to_thread(abruf.process.communicate, timeout=WAITS_S)
    assert abruf.process.returncode == 0
    assert "Traceback" not in output
    return output


async def test_one_that_comes_late_is_answered_for(
    far: Far, tmp_path: Path, launch: Launch
) -> None:
    way, environment = far
    way.refuses = True
    abruf = launch(tmp_path, **environment)
    await _is_answered(abruf)
    await asyncio.to_thread(abruf.says, AWAY)
    way.refuses = False
    await _becomes_ready(abruf)
    output = await _ends(abruf)
    assert (output.count(AWAY), output.count("Abruf is ready")) == (0, 1)


async def test_whoever_ends_the_wait_waits_for_nothing(
    far: Far, tmp_path: Path, launch: Launch
) -> None:
    """Balancers send nobody to who was never ready: there is no drain, which would last."""
    way, environment = far
    way.refuses = True
    abruf = launch(tmp_path, ABRUF_DRAIN_SECONDS="3600", **environment)
    await _is_answered(abruf)
    assert "Abruf is ready" not in await _ends(abruf)


async def test_a_migration_that_takes_long_is_answered_for(
    far: Far, tmp_path: Path, launch: Launch
) -> None:
    _, environment = far
    owner = await asyncpg.connect(environment["ABRUF_OWNER_URL"].replace("+asyncpg", ""))
    try:
        async with owner.transaction():
            await owner.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
            abruf = launch(tmp_path, **environment)
            await _first(abruf, "/livez")
            await _until(owner, _WAITS)
            await _is_answered(abruf)
        await _becomes_ready(abruf)
        await _ends(abruf)
    finally:
        await owner.close()


async def _until(connection: asyncpg.Connection, query: str) -> None:
    deadline = time.monotonic() + WAITS_S
    while not await connection.fetchval(query):
        assert time.monotonic() < deadline
        await asyncio.sleep(STEP_S)


async def test_our_own_postgresql_that_takes_long_is_answered_for(
    used: Path, launch: Launch
) -> None:
    """What is left of an earlier server still has its files, as while it writes its last ones."""
    lock = home_of(used).open_lock("server")
    try:
        assert take_lock(lock, fcntl.LOCK_EX, WAITS_S)
        abruf = launch(used, ABRUF_DEMO="0")
        await _is_answered(abruf)
    finally:
        os.close(lock)
    await _becomes_ready(abruf)
    await _ends(abruf)


async def test_a_worker_that_waits_lives_and_is_not_ready(
    far: Far, tmp_path: Path, launch: Launch
) -> None:
    way, environment = far
    way.refuses = True
    abruf = launch(tmp_path, Worker, **environment)
    assert (await _first(abruf, "/livez")).status_code == 200
    assert (await _got(abruf, "/readyz")).status_code == 503
    assert "abruf_build_info" in (await _got(abruf, "/metrics")).text
    way.refuses = False
    await _becomes_ready(abruf)
    await _ends(abruf)
