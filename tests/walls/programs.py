"""Debian's programs that the walls are tried with: `python -m tests.walls.programs` installs them.

PostgreSQL 15 is the oldest that Abruf promises, PgBouncer the pooler that most would put before it.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from web.chromium import may_install

FIXTURES = {"postgresql_15": "postgres", "pgbouncer": "pgbouncer"}
"""Fixture -> the program without which its tests are left out."""
_FOLDERS = os.pathsep.join(("/usr/lib/postgresql/15/bin", "/usr/sbin"))
_START_S = 60


def find(name: str) -> str | None:
    """Return the path of a program."""
    return shutil.which(name, path=_FOLDERS)


def missing() -> list[str]:
    """Return the fixtures whose program is not there."""
    return [fixture for fixture, name in FIXTURES.items() if find(name) is None]


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def serving(command: Sequence[str], port: int, log: Path) -> Iterator[None]:
    """Run a server until the end of the block; it answers on the port when the block begins."""
    with log.open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        deadline = time.monotonic() + _START_S
        while not _answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
        yield
    finally:
        process.terminate()
        process.wait(_START_S)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


if __name__ == "__main__":
    if missing() and may_install():
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "--yes", "--no-install-recommends"]):
            packages = ["postgresql-15", "pgbouncer"] if words[0] == "install" else []
            command = ["apt-get", "--quiet", "--quiet", *words, *packages]
            subprocess.run(command, env=environment, check=True)
    sys.stdout.write(f"Left out for want of a program: {', '.join(missing()) or 'nothing'}\n")
