"""Debian's programs that tests try Abruf with: `python -m tests.walls.programs` installs them.

PostgreSQL 15 is the oldest that Abruf promises, PgBouncer the pooler that most would put before it;
Redis keeps the buckets of points where it is configured. What stands in deploy/ is for nginx,
Prometheus and systemd.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import SystemRandom

from kit.embedded import binaries
from kit.embedded.binaries import disguise
from kit.embedded.home import Home
from web.chromium import install, may_install

PACKAGES = {
    "postgres": "postgresql-15",
    "pgbouncer": "pgbouncer",
    "redis-server": "redis-server",
    "nginx": "nginx-light",
    "promtool": "prometheus",
    "systemd-analyze": "systemd",
}
"""Program -> Debian's package; the fixture that runs it is named like that."""
_FOLDERS = os.pathsep.join(("/usr/lib/postgresql/15/bin", "/usr/sbin", "/usr/bin"))
_START_S = 60
_PORTS, _CHANCE = range(20_000, 32_000), SystemRandom()


def find(name: str) -> str | None:
    """Return the path of a program."""
    return shutil.which(name, path=_FOLDERS)


def lacking() -> dict[str, str]:
    """Return fixture -> advice for the programs that are not there."""
    return {
        package.replace("-", "_"): f"No {name} found: install Debian's package {package}."
        for name, package in PACKAGES.items()
        if find(name) is None
    }


def free_port() -> int:
    """Return a port on which nobody listens now.

    The system gives no client such a one: who tries again and again to reach one on which nobody
    listens yet would meet itself, and keep the port.
    """
    while True:
        port = _CHANCE.choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def free_pair() -> int:
    """Return a port on which nobody listens now, nor on the next one."""
    while True:
        port = free_port()
        with suppress(OSError), socket.create_server(("127.0.0.1", port + 1)):
            return port


@contextmanager
def serving(
    command: Sequence[str],
    port: int,
    log: Path,
    probe: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Run a server until the end of the block; it answers on the port when the block begins.

    probe: what succeeds when it does, where it does not speak PostgreSQL's language.
    """
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=env)
    try:
        deadline = time.monotonic() + _START_S
        while not _answers(probe or _pg_isready(port)):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
        yield
    finally:
        process.terminate()
        process.wait(_START_S)


@contextmanager
def postgresql_15(folder: Path, *settings: str) -> Iterator[str]:
    """Run Debian's PostgreSQL; gives where it is, as `user@` and a database around it name one.

    `postgres` may do everything, and nobody needs a password. settings: such as "fsync=off".
    """
    unprivileged, data, port = disguise(Home(folder)), folder / "data", free_port()
    make = [*unprivileged, _program("initdb"), "-D", str(data), "--username=postgres"]
    subprocess.run([*make, "--auth=trust", "--no-sync"], check=True, capture_output=True)
    run = [*unprivileged, _program("postgres"), "-D", str(data), "-p", str(port)]
    for setting in ("unix_socket_directories=", "listen_addresses=127.0.0.1", *settings):
        run += ["-c", setting]
    with serving(run, port, folder / "log"):
        yield f"127.0.0.1:{port}"


def _program(name: str) -> str:
    found = find(name)
    assert found is not None, lacking()
    return found


def _answers(probe: Sequence[str]) -> bool:
    """Ask as a client would, since servers listen before they answer."""
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0


def _pg_isready(port: int) -> Sequence[str]:
    return [binaries.program("pg_isready"), "--host=127.0.0.1", f"--port={port}", "--quiet"]


if __name__ == "__main__":
    if lacking() and may_install():
        install(*PACKAGES.values())
    sys.stdout.write("".join(f"{advice}\n" for advice in lacking().values()))
