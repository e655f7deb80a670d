"""A newcomer starts Abruf, stops it, kills it, starts it again."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from kit.config import from_environment
from kit.embedded import running
from kit.embedded.home import STEP_S
from tests.kit.programs import ask, is_empty
from tests.run.abruf import HTTP, ROOT, Launch, Made
from tests.run.first import FIRST, UPSERT, FirstRun
from tests.walls.programs import free_pair, free_port


def test_a_first_start_loads_the_demo_and_says_where_everything_is(first_run: FirstRun) -> None:
    for origin, output in zip(first_run.origins, first_run.outputs, strict=True):
        assert f"{origin}/graphql#token={first_run.tokens['staff']}" in output
        assert all(f"  {actor:<10}  {token}" in output for actor, token in first_run.tokens.items())
    assert (first_run.folder / "demo-tokens.json").stat().st_mode & 0o777 == 0o600
    assert first_run.folder.stat().st_mode & 0o777 == 0o700
    assert first_run.viewer == {"viewer": {"actor": "STAFF"}}
    assert first_run.ready == 200
    assert first_run.page["content-type"].startswith("text/html")
    assert "server" not in first_run.page


def test_two_starts_on_one_folder_share_its_data(first_run: FirstRun) -> None:
    assert first_run.upserts == [[{"status": "CREATED"}], [{"status": "UNCHANGED"}]]
    assert is_empty(first_run.folder)


def test_by_make_without_the_demo_there_is_no_token_and_ctrl_c_ends_its_worker_too(
    tmp_path: Path, launch: Launch
) -> None:
    own = {"ABRUF_DEMO": "0", "ABRUF_WORKER": "1", "ABRUF_LOG": "json"}
    port = free_pair()
    abruf = launch(tmp_path / "new", Made, ABRUF_METRICS_PORT=str(port), **own)
    output = abruf.wait_until_ready("Operators make keys")
    abruf.says('"worker started"')
    _is_ready(port + 1)
    assert f"{abruf.origin}/graphql" in output
    assert "abruf_" not in output
    assert not (abruf.folder / "demo-tokens.json").exists()
    assert HTTP.get(f"{abruf.origin}/readyz").status_code == 200
    with running(abruf.folder) as server:
        assert ask(server.owner_url, "SELECT slug FROM merchants") == []
    (worker,) = _workers_of(abruf.folder)
    os.kill(worker, signal.SIGKILL)
    abruf.says('"worker started"')
    _is_ready(port + 1)
    abruf.stop()
    assert '"worker stopped"' in abruf.output[-1]
    assert "rror" not in abruf.output[-1]
    assert is_empty(abruf.folder)


def _is_ready(port: int) -> None:
    """Wait until a worker says on its port of metrics that it works."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(httpx.TransportError):
            if HTTP.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError


def test_a_server_starts_no_worker_where_it_is_not_to(used: Path, launch: Launch) -> None:
    port = free_pair()
    own = {"ABRUF_WORKER": "0", "ABRUF_METRICS_PORT": str(port), "ABRUF_LOG": "json"}
    abruf = launch(used, **own)
    abruf.wait_until_ready()
    assert HTTP.get(f"http://127.0.0.1:{port}/metrics").status_code == 200
    assert _workers_of(used) == []
    with pytest.raises(httpx.ConnectError):
        HTTP.get(f"http://127.0.0.1:{port + 1}/readyz")
    abruf.read_on()
    assert abruf.stop(signal.SIGTERM) == 0
    # One that had just begun would be told of by now: it ends with its server.
    assert [it for it in abruf.output if '"worker' in it] == []


def _workers_of(folder: Path) -> list[int]:
    """Return the processes of workers that run beside the server of a folder."""
    found, named = list[int](), f"ABRUF_DATA_DIR={folder}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"--beside" in words and named in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


@pytest.mark.parametrize(
    ("wanted", "embedded", "elsewhere"),
    [(None, True, False), ("1", True, True), ("0", False, False)],
)
def test_another_postgresql_gets_no_demo_unasked(
    wanted: str | None, *, embedded: bool, elsewhere: bool
) -> None:
    own = {} if wanted is None else {"ABRUF_DEMO": wanted}
    far = {"ABRUF_DATABASE_URL": "postgresql://abruf@db.example/abruf"}
    assert from_environment(own).demo is embedded
    assert from_environment({**far, **own}).demo is elsewhere


def test_a_signal_during_the_start_stops_it_too(tmp_path: Path, launch: Launch) -> None:
    abruf = launch(tmp_path)
    while not (tmp_path / "postgresql").exists():
        assert abruf.process.poll() is None
        time.sleep(STEP_S)
    assert abruf.stop(signal.SIGTERM) == 0
    assert is_empty(tmp_path)


def test_data_are_kept_after_a_stop_and_tokens_are_made_anew_where_they_are_gone(
    used: Path, first_run: FirstRun, launch: Launch
) -> None:
    """After a kill: `test_killed_server.py`."""
    (used / "demo-tokens.json").unlink()
    abruf = launch(used)
    abruf.wait_until_ready()
    assert list(abruf.tokens) == list(first_run.tokens)
    statuses = abruf.ask(UPSERT, input=FIRST)["productsUpsert"]["results"]
    assert statuses == [{"status": "UNCHANGED"}]
    assert abruf.stop(signal.SIGTERM) == 0
    assert is_empty(used)
    with pytest.raises(httpx.ConnectError):
        HTTP.get(abruf.origin)


def test_a_taken_port_is_told_before_anything_is_started(tmp_path: Path, launch: Launch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        abruf = launch(tmp_path / "new", ABRUF_PORT=str(port))
        output, _ = abruf.process.communicate(timeout=60)
    assert abruf.process.returncode == 1
    assert f"cannot listen on 127.0.0.1, port {port}" in output
    assert "Traceback" not in output
    assert not (tmp_path / "new").exists()


def test_a_wrong_setting_is_told_before_anything_is_loaded() -> None:
    tells = "import start, sys\ntry: start.main()\nfinally: print('sqlalchemy' in sys.modules)"
    environment = {**os.environ, "ABRUF_PORT": "eighty", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", tells]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "False\n")
    assert ended.stderr == "ABRUF_PORT must be a whole number from 0 to 65,535, not 'eighty'.\n"


def test_another_postgresql_is_used_when_its_address_is_given(
    tmp_path: Path, launch: Launch, new_database: Callable[..., str], migrated: str
) -> None:
    url = new_database("elsewhere", migrated).replace("+asyncpg", "")
    abruf = launch(tmp_path, ABRUF_DATABASE_URL=url, ABRUF_DEMO="1")
    abruf.wait_until_ready()
    assert abruf.ask("{ viewer { actor } }") == {"viewer": {"actor": "STAFF"}}
    assert not (tmp_path / "postgresql").exists()
    assert abruf.stop() == 130


def test_a_server_obeys_what_its_environment_says(used: Path, launch: Launch) -> None:
    """Metrics, one line an operation, buckets in a Redis that is away, few connections.

    What no setting is called is told, and beyond loopback no token; those that were made are kept.
    """
    tokens, port = json.loads((used / "demo-tokens.json").read_text()), free_port()
    abruf = launch(
        used,
        ABRUF_HOST="0.0.0.0",
        ABRUF_METRICS_PORT=str(port),
        ABRUF_LOG="json",
        ABRUF_REDIS_URL=f"redis://127.0.0.1:{free_port()}",
        ABRUF_CONNECTIONS="2",
        ABRUF_CONECTIONS="3",
    )
    output = abruf.wait_until_ready("Tokens of the demo")
    assert output.count("No setting is called ABRUF_CONECTIONS") == 1
    assert str(used / "demo-tokens.json") in output
    assert abruf.tokens == tokens
    silent = [socket.create_connection(("127.0.0.1", abruf.port)) for _ in range(5)]
    assert abruf.ask("{ viewer { actor } }") == {"viewer": {"actor": "STAFF"}}
    for each in silent:
        each.close()
    shown = HTTP.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'abruf_operations_total{outcome="OK",type="query"} 1.0' in shown
    abruf.process.send_signal(signal.SIGTERM)
    remaining, _ = abruf.process.communicate(timeout=60)
    lines = [json.loads(line) for line in remaining.splitlines() if line.startswith('{"at"')]
    assert [it["type"] for it in lines if it["message"] == "operation"] == ["query"]
    assert "A cost bucket cannot be read" in remaining
    assert "commands/access/buckets/in_redis.py" in remaining
    assert not [it for it in tokens.values() if it in output + remaining]
