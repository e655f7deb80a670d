"""A worker apart from its server, and a server that leaves the schema to others."""

import json
import signal

import pytest

from tests.operating.called import started


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
