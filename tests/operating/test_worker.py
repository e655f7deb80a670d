"""A worker apart from its server, and a server that leaves the schema to others."""

import asyncio
import json
import signal
from contextlib import suppress

import httpx
import pytest

from tests.kit.programs import ask
from tests.operating.called import started
from tests.walls.programs import free_port


async def test_a_worker_needs_no_owner_tells_its_start_and_stops_when_it_is_told(
    world, addresses, tmp_path
):
    del world
    url = addresses["ABRUF_DATABASE_URL"]
    worker = await started(tmp_path, "worker", ABRUF_DATABASE_URL=url, ABRUF_POLER="none")
    assert json.loads(await worker.stderr.readline())["message"].endswith("ABRUF_POLER")
    line = json.loads(await worker.stderr.readline())
    assert line["message"] == "worker started"
    assert {"version", "revision"} <= line.keys()
    worker.send_signal(signal.SIGTERM)
    _, written = await worker.communicate()
    assert worker.returncode == 0
    assert json.loads(written.splitlines()[-1])["message"] == "worker stopped"


async def test_a_worker_is_ready_while_it_works_on_a_schema_that_it_knows(
    migrated, new_database, as_app, tmp_path
):
    url, port = await asyncio.to_thread(new_database, "ready", migrated), free_port()
    own = {"ABRUF_DATABASE_URL": as_app(url), "ABRUF_METRICS_PORT": str(port)}
    worker = await started(tmp_path, "worker", **own)
    shown = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(300), httpx.AsyncClient(base_url=shown) as client:
            await _answers(client, 200)
            older = "UPDATE alembic_version SET version_num = '0001'"
            await asyncio.to_thread(ask, url, older)
            await _answers(client, 503)
            assert (await client.get("/livez")).status_code == 200
            assert "abruf_follower_parked_lanes" in (await client.get("/metrics")).text
    finally:
        worker.terminate()
        await worker.communicate()
    assert worker.returncode == 0


async def _answers(client: httpx.AsyncClient, status: int) -> None:
    """Wait until `/readyz` answers with a status."""
    while True:
        with suppress(httpx.TransportError):
            if (await client.get("/readyz")).status_code == status:
                return
        await asyncio.sleep(0.05)


@pytest.fixture
def empty(new_database, as_app):
    """Give the application's address of a database without a schema."""
    return as_app(new_database("empty"))


async def test_without_its_schema_a_server_says_who_makes_it(empty, tmp_path):
    server = await started(tmp_path, "serve", ABRUF_DATABASE_URL=empty, ABRUF_PORT="0")
    _, failed = await server.communicate()
    assert server.returncode == 1
    (line,) = failed.decode().splitlines()
    assert line.startswith("The schema lacks ")
    assert "`abruf migrate`" in line
