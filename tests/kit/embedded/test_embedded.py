"""The embedded server on the real binaries: one server a folder, whoever dies."""

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from kit import embedded
from tests.kit.programs import (
    Start,
    answers,
    ask,
    home_of,
    is_empty,
    keeper_of,
    postmaster_of,
)


def test_a_new_folder_gets_a_server_a_database_and_two_roles_below_the_superuser(
    tmp_path: Path,
) -> None:
    folder = tmp_path / ("a folder too deep for the path of a socket, " * 3) / "data"
    with embedded.running(folder, durable=False) as server:
        about = """SELECT current_user::text, current_database()::text, rolsuper, rolbypassrls,
            rolcreatedb FROM pg_roles WHERE rolname = current_user"""
        assert ask(server.owner_url, about) == [("abruf_owner", "abruf", False, False, True)]
        assert ask(server.app_url, about) == [("abruf_app", "abruf", False, False, False)]
        database = """SELECT pg_get_userbyid(datdba)::text, pg_encoding_to_char(encoding)::text,
            datlocprovider::text, datlocale FROM pg_database WHERE datname = 'abruf'"""
        assert ask(server.app_url, database) == [("abruf_owner", "UTF8", "b", "C.UTF-8")]
        assert ask(server.app_url, "SHOW fsync") == [("off",)]
        assert ask(server.app_url, "SHOW listen_addresses") == [("127.0.0.1",)]
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(server.app_url.replace("abruf_app:", "postgres:"), "SELECT 1")
    assert not answers(server.owner_url)
    home = home_of(folder)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, home.path, home.cluster)}
    assert modes == {"data": 0o700, "postgresql": 0o700, "cluster": 0o700}
    assert all(path.stat().st_mode & 0o077 == 0 for path in home.path.iterdir())


def test_a_folder_that_was_there_keeps_its_mode_and_the_server_is_durable_unless_told(
    folder: Path,
) -> None:
    folder.chmod(0o755)
    with embedded.running(folder) as server:
        assert ask(server.app_url, "SHOW fsync") == [("on",)]
        assert ask(server.owner_url, "SELECT id FROM kept") == [(1,)]
        process = Path("/proc", str(postmaster_of(folder)), "environ").read_bytes()
        # What its processes free goes back to the system.
        assert b"MALLOC_TRIM_THRESHOLD_=1048576" in process.split(b"\0")
        assert b"MALLOC_MMAP_THRESHOLD_=1048576" in process.split(b"\0")
    assert folder.stat().st_mode & 0o777 == 0o755


def test_two_starts_at_once_share_a_server_that_stays_until_the_last_leaves(
    start: Start,
    tmp_path: Path,
) -> None:
    first, second = start(tmp_path), start(tmp_path)
    url = first.says
    assert second.says == url
    first.leave()
    assert ask(url, "SELECT 1") == [(1,)]
    third = start(tmp_path)
    assert third.says == url
    second.kill()
    assert ask(url, "SELECT 1") == [(1,)]
    third.leave()
    assert not answers(url)
    assert is_empty(tmp_path)


def test_a_program_killed_in_its_start_leaves_the_server_to_the_next_in_line(
    start: Start, tmp_path: Path
) -> None:
    first = start(tmp_path)
    deadline = time.monotonic() + 20
    while not home_of(tmp_path).passwords.exists():
        assert time.monotonic() < deadline
    second = start(tmp_path)
    first.kill()
    url = second.says
    assert ask(url, "SELECT 1") == [(1,)]
    third = start(tmp_path)
    assert third.says == url


def test_no_server_stays_behind_a_program_that_is_killed(start: Start, folder: Path) -> None:
    program = start(folder)
    url = program.says
    ask(url, "INSERT INTO kept VALUES (2)")
    program.kill()
    assert is_empty(folder)
    assert not answers(url)
    with embedded.running(folder, durable=False) as server:
        assert ask(server.owner_url, "SELECT id FROM kept ORDER BY id") == [(1,), (2,)]


@pytest.mark.parametrize("victim_of", [keeper_of, postmaster_of])
def test_a_killed_keeper_or_server_leaves_nothing_and_the_next_start_recovers(
    start: Start, folder: Path, victim_of: Callable[[Path], int]
) -> None:
    program = start(folder)
    url = program.says
    ask(url, "INSERT INTO kept VALUES (2)")
    os.kill(victim_of(folder), signal.SIGKILL)
    # The program that used the server is still there, and a second one starts at once.
    with embedded.running(folder, durable=False) as server:
        assert ask(server.owner_url, "SELECT id FROM kept ORDER BY id") == [(1,), (2,)]
        program.leave()
        assert answers(server.owner_url)
    assert not answers(url)


def test_a_server_that_outlived_its_keeper_is_stopped_by_the_next_start(
    start: Start, folder: Path, tmp_path: Path
) -> None:
    # Without setpriv the kernel sends no parent-death signal, as on systems other than Linux.
    for name in ("sh", "unshare"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    program = start(folder, env={"PATH": str(tmp_path)})
    url = program.says
    os.kill(keeper_of(folder), signal.SIGKILL)
    assert ask(url, "SELECT id FROM kept") == [(1,)]
    program.kill()
    with embedded.running(folder, durable=False) as server:
        assert ask(server.owner_url, "SELECT id FROM kept") == [(1,)]
        assert not answers(url)


def test_a_stale_pid_file_that_names_a_living_process_fools_nobody(folder: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    (home_of(folder).cluster / "postmaster.pid").write_text(f"{stranger.pid}\n/nowhere\n1\n5432\n")
    with embedded.running(folder, durable=False) as server:
        assert ask(server.owner_url, "SELECT id FROM kept") == [(1,)]
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_ctrl_c_reaches_the_program_first_and_the_server_ends_with_it(
    start: Start, folder: Path
) -> None:
    program = start(folder)
    url = program.says
    os.killpg(program.process.pid, signal.SIGINT)
    assert program.leave() == "interrupted, and the server still answered\n"
    assert program.process.returncode == 0
    assert not answers(url)


def test_data_of_another_major_version_are_refused(folder: Path) -> None:
    (home_of(folder).cluster / "PG_VERSION").write_text("17\n")
    refusal = pytest.raises(embedded.EmbeddedPostgresError, match=r"PostgreSQL 17.*version 18")
    with refusal, embedded.running(folder, durable=False):
        pass


def test_a_failed_start_shows_the_end_of_the_servers_log(folder: Path) -> None:
    (home_of(folder).cluster / "global" / "pg_control").unlink()
    refusal = pytest.raises(
        embedded.EmbeddedPostgresError, match=r"(?s)ended.*pg_control.* MB free"
    )
    with refusal, embedded.running(folder, durable=False):
        pass


def test_a_place_that_cannot_be_had_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refusal = pytest.raises(embedded.EmbeddedPostgresError, match="There is no place")
    with refusal, embedded.running(tmp_path / "file" / "data"):
        pass


def test_a_server_that_is_killed_is_started_again_where_it_was(start: Start, folder: Path) -> None:
    program = start(folder)
    url, keeper = program.says, keeper_of(folder)
    for number in (2, 3):
        ask(url, f"INSERT INTO kept VALUES ({number})")
        killed = postmaster_of(folder)
        os.kill(killed, signal.SIGKILL)
        _wait_until_it_takes_connections(url)
        assert postmaster_of(folder) != killed
        assert keeper_of(folder) == keeper
        assert ask(url, "SELECT id FROM kept ORDER BY id")[-1] == (number,)
    program.leave()
    assert not answers(url)
    assert is_empty(folder)


def test_a_server_that_cannot_be_started_again_is_told_with_its_log(
    folder: Path, tmp_path: Path
) -> None:
    found: queue.SimpleQueue[str] = queue.SimpleQueue()
    control = home_of(folder).cluster / "global" / "pg_control"
    with embedded.running(folder, durable=False, lost=found.put) as server:
        control.rename(tmp_path / "away")
        os.kill(postmaster_of(folder), signal.SIGKILL)
        assert "does not start again" in found.get(timeout=60)
        assert not answers(server.owner_url)


def test_a_server_that_is_left_is_not_told_as_lost(folder: Path) -> None:
    found: queue.SimpleQueue[str] = queue.SimpleQueue()
    with embedded.running(folder, durable=False, lost=found.put):
        pass
    assert is_empty(folder)
    assert found.empty()


def _wait_until_it_takes_connections(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            ask(url, "SELECT 1")
            return
    raise TimeoutError
