"""Servers beside the suite's own: Debian's PostgreSQL 15, a PgBouncer and a Redis."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kit.embedded.binaries import disguise
from kit.embedded.home import Home
from tests.walls import programs
from tests.walls.programs import find, free_port, serving

POOL = """
[databases]
{database} = host=127.0.0.1 port={server} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
"""


@pytest.fixture(scope="session")
def unprivileged(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Give the words before a program that refuses to run as root."""
    return disguise(Home(tmp_path_factory.mktemp("home")))


@pytest.fixture
def pgbouncer(
    tmp_path: Path, unprivileged: list[str], database_url: str, as_app: Callable[[str], str]
) -> Iterator[str]:
    """Give the application's address through PgBouncer: two connections, each for a transaction."""
    parts, port, ini = urlsplit(as_app(database_url)), free_port(), tmp_path / "pgbouncer.ini"
    database = parts.path.removeprefix("/")
    who = {"user": parts.username, "password": parts.password}
    ini.write_text(POOL.format(database=database, server=parts.port, port=port, **who))
    with serving([*unprivileged, find("pgbouncer"), str(ini)], port, tmp_path / "log"):
        yield f"{parts.scheme}://{parts.username}@127.0.0.1:{port}/{database}"


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[str]:
    """Give the address of an empty Redis that writes no files."""
    port = free_port()
    run = [find("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
    run += ["--save", "", "--appendonly", "no", "--dir", str(tmp_path)]
    reader = ["redis-cli", "-h", "127.0.0.1", "-p", str(port), "ping"]
    with serving(run, port, tmp_path / "log", reader):
        yield f"redis://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def postgresql_15(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give where a server is: `user@` and a database around it name one; postgres may all."""
    with programs.postgresql_15(tmp_path_factory.mktemp("fifteen"), "fsync=off") as address:
        yield address
