"""One PostgreSQL server: made, started, furnished with roles and database, stopped."""

import contextlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time

from kit.embedded import binaries
from kit.embedded.home import STEP_S, STOP_S, EmbeddedPostgresError, Home, write_file

START_S = 120.0
"""Seconds that a start may take, the recovery after a crash included."""

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
_MEMORY = {
    "MALLOC_TRIM_THRESHOLD_": str(1024 * 1024),
    "MALLOC_MMAP_THRESHOLD_": str(1024 * 1024),
}
"""What a server process frees beyond the first goes back to the system, plans that it forgets above
all: left to itself glibc raises the bound with what is freed, and keeps as much again as is in use.
Pieces up to the second are no mappings of their own, which each statement would fault in anew."""
_CARELESS = {"fsync": "off", "full_page_writes": "off"}

_ROLES = 4
"""With a password: superuser, owner, application, backups."""
_NO_LARGE_OBJECTS = """
REVOKE EXECUTE ON FUNCTION
    lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea), lo_open(oid, integer) FROM PUBLIC;
"""
"""Nobody but a superuser may take this from the public, one database at a time; databases to be
made are copies of template1."""
_FURNISH = """
SELECT format('CREATE ROLE %I LOGIN', role)
FROM unnest(ARRAY['abruf_owner', 'abruf_app', 'abruf_backup']) role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \\gexec
ALTER ROLE abruf_owner NOSUPERUSER NOBYPASSRLS CREATEDB PASSWORD :'owner';
ALTER ROLE abruf_app NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'app';
ALTER ROLE abruf_backup NOSUPERUSER BYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'backup';
SELECT 'CREATE DATABASE abruf OWNER abruf_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'abruf') \\gexec
GRANT abruf_app TO abruf_owner;
GRANT pg_read_all_data TO abruf_backup;
"""


def make_cluster(home: Home, lock: int, *, durable: bool) -> None:
    """Make the data directory, whole or not at all, or check that it suits the programs."""
    if home.cluster.exists():
        made, ours = (home.cluster / "PG_VERSION").read_text().strip(), binaries.major_version()
        if made != ours:
            message = (
                f"{home.cluster} was made by PostgreSQL {made}, but the installed programs are "
                f"version {ours}: carry the data over with pg_dump, or move the folder away."
            )
            raise EmbeddedPostgresError(message)
        return
    fresh = home.path / "cluster.new"
    shutil.rmtree(fresh, ignore_errors=True)
    write_file(home.passwords, "".join(f"{secrets.token_hex(24)}\n" for _ in range(_ROLES)))
    command = [*binaries.disguise(home), binaries.program("initdb"), "-D", str(fresh)]
    command += ["--username=postgres", f"--pwfile={home.passwords}", "--auth=scram-sha-256"]
    command += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--locale=C", "--no-instructions", *([] if durable else ["--no-sync"])]
    binaries.run_program(command, lock=lock)
    fresh.rename(home.cluster)


def start(
    home: Home, lock: int, wanted: int = 0, *, durable: bool
) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server as our direct child, and wait until it answers; returns its port, too.

    wanted: the port, 0 for a free one. It and all its processes inherit `lock`. Our standard error
    becomes its log. Raises EmbeddedPostgresError when it ends before it answers, or takes too long.
    """
    command = [*binaries.disguise(home), binaries.program("postgres"), "-D", str(home.cluster)]
    for name, value in {**_SETTINGS, **({} if durable else _CARELESS)}.items():
        command += ["-c", f"{name}={value}"]
    # Another program may take the port between our look and the server's.
    for _ in range(3):
        port = wanted or _free_port()
        child = subprocess.Popen(  # noqa: S603 - the wheel's program and our own arguments
            [*command, "-p", str(port)],
            env={**binaries.environment(), **_MEMORY},
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            pass_fds=(lock,),
        )
        if _came_up(child, port):
            return child, port
    message = f"PostgreSQL ended while it started (exit status {child.returncode})."
    raise EmbeddedPostgresError(message)


def furnish(home: Home, port: int) -> dict[str, str]:
    """Create what is missing of roles and database, and give the addresses (`Server`'s fields)."""
    superuser, owner, app, backup = _passwords(home)
    psql = [binaries.program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    psql += ["--host=127.0.0.1", f"--port={port}", "--username=postgres", "--no-password"]
    bare = "".join(f"\\connect {it}\n{_NO_LARGE_OBJECTS}" for it in ("template1", "abruf"))
    known = f"\\set owner {owner}\n\\set app {app}\n\\set backup {backup}\n"
    script = f"{known}{_FURNISH}{bare}"
    binaries.run_program([*psql, "--dbname=postgres"], password=superuser, text=script)
    place = f"127.0.0.1:{port}/abruf"
    return {
        "owner_url": f"postgresql+asyncpg://abruf_owner:{owner}@{place}",
        "app_url": f"postgresql+asyncpg://abruf_app:{app}@{place}",
        "backup_url": f"postgresql+asyncpg://abruf_backup:{backup}@{place}",
    }


def _passwords(home: Home) -> list[str]:
    """Return one for each role; what was made before there were as many gets the rest."""
    known = home.passwords.read_text().split()
    if len(known) < _ROLES:
        known += [secrets.token_hex(24) for _ in range(_ROLES - len(known))]
        write_file(home.passwords, "".join(f"{it}\n" for it in known))
    return known


def answers(port: int) -> bool:
    """Tell whether a server takes connections there, found out by connecting."""
    try:
        binaries.run_program([binaries.program("pg_isready"), "--host=127.0.0.1", f"--port={port}"])
    except EmbeddedPostgresError:
        return False
    return True


def stop(child: subprocess.Popen[bytes]) -> None:
    """Stop the server, which cuts its clients off; if it lingers it is asked more rudely."""
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        child.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(STOP_S)
            return


def _came_up(child: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the server answers; False when it has ended instead."""
    deadline = time.monotonic() + START_S
    while child.poll() is None:
        if answers(port):
            return True
        if time.monotonic() > deadline:
            stop(child)
        time.sleep(STEP_S)
    return False


def _free_port() -> int:
    """Give a port of 127.0.0.1 on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
