"""A PostgreSQL that comes late, goes away or does not come back, and what Abruf does then."""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence

import httpx

from kit.embedded.home import STEP_S
from tests.kit.programs import ask, home_of, keeper_of, postmaster_of
from tests.run.abruf import HTTP, Abruf, Launch
from tests.walls.programs import free_pair

WAITS_S = 60
READY = "Abruf is ready"
SMALL = 4_096
"""Bytes beyond which a file does not grow: less than the write-ahead log has at any time."""
UPSERT = """mutation ($input: PartiesUpsertInput!) {
  partiesUpsert(input: $input) { userErrors { code } } }"""


def _becomes(abruf: Abruf, status: int) -> None:
    """Wait until `/readyz` answers with a status; the process lives meanwhile."""
    _become(abruf, [abruf.origin], status)


def _become(abruf: Abruf, origins: Sequence[str], status: int) -> None:
    """Wait until that is so of each place."""
    deadline = time.monotonic() + WAITS_S
    for origin in origins:
        while _ready(origin) != status:
            assert time.monotonic() < deadline, "".join(abruf.output)
            assert HTTP.get(f"{abruf.origin}/livez").status_code == 200
            time.sleep(STEP_S)


def _ready(origin: str) -> int:
    """Return what `/readyz` says, 0 where nobody listens yet."""
    try:
        return HTTP.get(f"{origin}/readyz").status_code
    except httpx.ConnectError:
        return 0


def _postmaster(folder, known: int) -> int:
    """Give the pid of the server; the known one while there is none."""
    try:
        return postmaster_of(folder)
    except (FileNotFoundError, IndexError):
        return known


def test_killed_it_comes_back_beneath_the_same_process_which_ends_with_a_code_where_it_cannot(
    used, launch: Launch
):
    abruf = launch(used)
    abruf.wait_until_ready()
    for _ in range(2):
        killed = postmaster_of(used)
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + WAITS_S
        while _postmaster(used, killed) == killed or not home_of(used).addresses.exists():
            assert time.monotonic() < deadline
            time.sleep(STEP_S)
        _becomes(abruf, 200)
        assert abruf.ask("{ viewer { actor } }") == {"viewer": {"actor": "STAFF"}}
    control = home_of(used).cluster / "global" / "pg_control"
    control.rename(control.with_suffix(".away"))
    os.kill(postmaster_of(used), signal.SIGKILL)
    output, _ = abruf.process.communicate(timeout=WAITS_S)
    assert abruf.process.returncode == os.EX_UNAVAILABLE
    assert output.count("PostgreSQL was ended by SIGKILL, and is started again") == 3
    assert output.count("PostgreSQL is started again") == 2
    assert output.count("PostgreSQL cannot be started") == 1
    assert "PostgreSQL has ended and does not start again" in output
    assert "pg_control" in output
    assert "Traceback" not in output
    control.with_suffix(".away").rename(control)
    launch(used, ABRUF_DEMO="0").wait_until_ready(READY)


def _bound(pids: Iterable[int], size: int) -> None:
    """Let processes, and those that they start, write no file beyond a size."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _upsert(abruf: Abruf) -> httpx.Response:
    fields = {"idempotencyKey": "full", "parties": [{"number": "FULL", "name": "Full"}]}
    return HTTP.post(
        f"{abruf.origin}/graphql",
        json={"query": UPSERT, "variables": {"input": fields}},
        headers={"Authorization": f"Bearer {abruf.tokens['staff']}"},
    )


def test_a_disk_that_is_full_is_told_and_has_room_again_without_anybodys_help(used, launch: Launch):
    abruf = launch(used)
    abruf.wait_until_ready()
    postmaster, keeper = postmaster_of(used), keeper_of(used)
    backends = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(postmaster)], check=True, capture_output=True, text=True
    ).stdout.split()
    _bound([keeper, postmaster, *map(int, backends)], SMALL)
    (error,) = _upsert(abruf).json()["errors"]
    assert error["extensions"]["code"] in {"UNAVAILABLE", "OUTCOME_UNKNOWN"}
    abruf.says("PostgreSQL cannot be started: ")
    assert f" MB free in {home_of(used).path})" in abruf.output[-1]
    assert HTTP.get(f"{abruf.origin}/readyz").status_code == 503
    _bound([keeper], resource.RLIM_INFINITY)
    abruf.says("PostgreSQL is started again")
    _becomes(abruf, 200)
    deadline = time.monotonic() + WAITS_S
    while (answer := _upsert(abruf)).status_code == 503:
        assert time.monotonic() < deadline
    assert answer.json()["data"]["partiesUpsert"] == {"userErrors": []}
    found = abruf.ask('{ parties(first: 9, filter: {numberPrefix: "FULL"}) { totalCount } }')
    assert found == {"parties": {"totalCount": 1}}
    abruf.process.send_signal(signal.SIGINT)
    output = "".join([*abruf.output, *abruf.process.communicate(timeout=WAITS_S)[:1]])
    assert "The database cannot be reached" in output
    assert "The database answers again" in output
    assert output.count("WARNING PostgreSQL ") == 3


async def test_a_database_that_comes_late_is_waited_for_and_one_that_goes_is_told(
    far, tmp_path, launch: Launch
):
    """By one line of each process, server and worker, however many miss it."""
    (way, environment), port = far, free_pair()
    way.refuses = True
    own = {"ABRUF_WORKER": "1", "ABRUF_METRICS_PORT": str(port)}
    abruf = launch(tmp_path, **environment, **own)
    (output,) = [await asyncio.to_thread(abruf.process.stdout.readline)]
    assert "The database cannot be reached" in output
    way.refuses = False
    output = await asyncio.to_thread(abruf.wait_until_ready, READY)
    assert "Traceback" not in output
    assert output.count("cannot be reached") == 0
    known = len(abruf.output)
    abruf.read_on()
    both = [abruf.origin, f"http://127.0.0.1:{port + 1}"]
    await asyncio.to_thread(_become, abruf, both, 200)
    way.leave()
    await asyncio.to_thread(_become, abruf, both, 503)
    way.refuses = False
    await asyncio.to_thread(_become, abruf, both, 200)
    assert await asyncio.to_thread(abruf.stop, signal.SIGTERM) == 0
    lines = [it.split("WARNING ")[1].rstrip() for it in abruf.output[known:] if "WARNING" in it]
    assert sum(it.startswith("The database cannot be reached") for it in lines) == 2
    assert sum(it.startswith("The database answers again") for it in lines) == 2
    assert len(lines) == 4


async def test_a_newer_schema_and_a_wrong_password_are_told_in_one_line(
    far, tmp_path, launch: Launch
):
    _, environment = far
    owner = environment["ABRUF_OWNER_URL"]
    await asyncio.to_thread(ask, owner, "UPDATE alembic_version SET version_num = '9999'")
    output = await _refused(launch(tmp_path, **environment))
    assert output.startswith("The database's schema (revision 9999) is newer than this program")
    wrong = {**environment, "ABRUF_OWNER_URL": owner.replace("abruf_owner:", "abruf_owner:no")}
    output = await _refused(launch(tmp_path, **wrong))
    assert "The database cannot be reached" in output
    assert "password authentication failed" in output


async def _refused(abruf: Abruf) -> str:
    """Return the one line that an Abruf says which does not start."""
    output, _ = await asyncio.to_thread(abruf.process.communicate, timeout=WAITS_S)
    assert abruf.process.returncode == 1
    (line,) = output.splitlines()
    return line
