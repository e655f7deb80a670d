"""Programs that use an embedded server, as processes of their own, so that they can be killed."""

import asyncio
import contextlib
import fcntl
import os
import socket
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from kit.embedded.home import Home, take_lock

ROOT = Path(__file__).parents[2]
PROGRAM = """
import socket, sys
from pathlib import Path
from urllib.parse import urlsplit
from kit import embedded

try:
    with embedded.running(Path(sys.argv[1]), durable=False) as server:
        try:
            print(server.owner_url, flush=True)
            sys.stdin.read()
        except KeyboardInterrupt:
            socket.create_connection(("127.0.0.1", urlsplit(server.owner_url).port)).close()
            print("interrupted, and the server still answered", flush=True)
except embedded.EmbeddedPostgresError as error:
    print("refused:", error, flush=True)
"""


class Program:
    """A process that uses the server in a folder until it is told to leave."""

    def __init__(
        self,
        folder: Path,
        before: Sequence[str],
        env: Mapping[str, str],
        python: str,
    ) -> None:
        """Start it; `before` are the words in front of its command."""
        self.folder = folder
        self.process = subprocess.Popen(
            [*before, python, "-c", PROGRAM, str(folder)],
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @property
    def says(self) -> str:
        """Its next line."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> str:
        """Let it leave the server and end; gives the rest of what it says."""
        remaining, _ = self.process.communicate(timeout=30)
        return remaining

    def kill(self) -> None:
        """Kill it, if it still runs, as the kernel would when memory runs out."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate(timeout=30)


Start = Callable[..., Program]


def ask(url: str, sql: str) -> list[tuple[object, ...]]:
    """Run one statement on a connection of its own."""
    (rows,) = ask_each(url, [sql])
    return rows


def ask_each(url: str, statements: Iterable[str]) -> list[list[tuple[object, ...]]]:
    """Run statements on one connection: to make one costs more than most of them."""

    async def answer() -> list[list[tuple[object, ...]]]:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            return [[tuple(row) for row in await connection.fetch(it)] for it in statements]
        finally:
            await connection.close()

    return asyncio.run(answer())


def make_database(server_url: str, name: str, like: str | None = None) -> str:
    """Make a database, empty or a copy of another, to which nobody is connected; give its address.

    What a database is granted is its own, and not copied: see `migrations.walls.grant`.
    """
    statements = [f"CREATE DATABASE {name}"]
    if like:
        statements[0] += f" TEMPLATE {like.rpartition('/')[2]}"
        statements.append(f"REVOKE CREATE, TEMPORARY ON DATABASE {name} FROM PUBLIC")
    ask_each(server_url, statements)
    return f"{server_url.rpartition('/')[0]}/{name}"


def answers(url: str) -> bool:
    """Tell whether anything listens at the address."""
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)).close()
        return True
    return False


def home_of(folder: Path) -> Home:
    """Give the server's own folder."""
    return Home(folder / "postgresql")


def postmaster_of(folder: Path) -> int:
    """Give the pid of the server that runs in the folder."""
    return int((home_of(folder).cluster / "postmaster.pid").read_text().split()[0])


def keeper_of(folder: Path) -> int:
    """Give the pid of its keeper, which is its parent."""
    command = ["ps", "-o", "ppid=", "-p", str(postmaster_of(folder))]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def is_empty(folder: Path) -> bool:
    """Wait until no process of a server and no keeper is left in the folder."""
    if not home_of(folder).path.exists():
        return True
    locks = [home_of(folder).open_lock(name) for name in ("server", "keeper")]
    try:
        return all(take_lock(lock, fcntl.LOCK_EX, 20) for lock in locks)
    finally:
        for lock in locks:
            os.close(lock)
