"""PostgreSQL from a wheel, for the quick start and the tests: a server as long as anyone uses it.

`running` is the whole front; `addresses` prefers a PostgreSQL that is configured.
docs/decisions/0002-embedded-postgresql.md gives the reasons.
"""

import contextlib
import fcntl
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kit.embedded.home import STOP_S, EmbeddedPostgresError, Home, take_lock
from kit.embedded.news import Heard

if TYPE_CHECKING:
    # Who only runs a server needs nothing but the standard library.
    from kit.config import Config

_LISTEN_S = 0.5
"""Seconds between two looks at what the keeper says."""
_log = logging.getLogger("abruf")


@dataclass(frozen=True, slots=True)
class Server:
    """Addresses of one database: SQLAlchemy URLs with the driver asyncpg; they hold passwords.

    `owner_url` connects as the owner of the database and its tables, `app_url` as the role of the
    server. Our own server answers on 127.0.0.1, its database is `abruf`; its owner may create
    further databases; its `app_url` names the login role `abruf_app`, which owns nothing and is
    bound by row-level security. `backup_url` names who reads past that wall, and writes nothing;
    of a PostgreSQL elsewhere it may not be known. None is a superuser.
    """

    owner_url: str
    app_url: str
    backup_url: str | None = None


@contextlib.contextmanager
def running(
    data_dir: Path, *, durable: bool = True, lost: Callable[[str], None] | None = None
) -> Iterator[Server]:
    """Give a server whose data live in `data_dir / "postgresql"`, made on first use, mode 0700.

    Programs that name the same folder share one server; it stops when the last of them leaves or
    dies, and the last to leave waits for that. `durable=False` trades safety against power loss
    for speed (tests); the program that starts the server decides. A server that ends by itself is
    started again where it was; `lost` is called from another thread, with the end of its log, when
    that fails for good. Blocks, so enter it outside an event loop. Raises EmbeddedPostgresError,
    with the end of the server's log, when no server can be had.
    """
    home = Home(data_dir.absolute() / "postgresql")
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.path.mkdir(mode=0o700, exist_ok=True)
        users = home.open_lock("users")
    except OSError as error:
        message = f"There is no place for PostgreSQL's data: {error}"
        raise EmbeddedPostgresError(message) from error
    try:
        # A keeper that stops its server has this lock for itself until the server is gone.
        if not take_lock(users, fcntl.LOCK_SH, 4 * STOP_S):
            message = f"The last server in {home.path} does not come to its end."
            raise EmbeddedPostgresError(message)
        server = _ask_keeper(home, durable=durable)
        left = threading.Event()
        if lost:
            threading.Thread(target=_watch_keeper, args=(home, left, lost), daemon=True).start()
        try:
            yield server
        finally:
            left.set()
    finally:
        _leave(home, users)


@contextlib.contextmanager
def addresses(config: "Config", lost: Callable[[str], None] | None = None) -> Iterator[Server]:
    """Give the addresses of the configured PostgreSQL, or of our own while it is used.

    lost: as `running` takes it.
    """
    if config.database_url is not None:
        owner_url = config.owner_url or config.database_url
        yield Server(owner_url, config.database_url, config.backup_url)
        return
    with running(config.data_dir, lost=lost) as server:
        yield server


def _ask_keeper(home: Home, *, durable: bool) -> Server:
    """Start a keeper, which finds or starts the server, and read its answer.

    It leaves our session, so that Ctrl-C reaches this program only, and closes its standard output
    when it has answered.
    """
    keeper = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "kit.embedded.keeper", str(home.path), str(int(durable))],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        check=False,
    )
    answer = json.loads(keeper.stdout or '{"error": "The keeper of PostgreSQL died."}')
    if "error" in answer:
        tail = home.log_tail()
        between = "\n" if "\n" in tail else " "
        message = f"{answer['error'].strip()}{between}{tail}"
        raise EmbeddedPostgresError(message)
    return Server(**answer)


def _watch_keeper(home: Home, left: threading.Event, lost: Callable[[str], None]) -> None:
    """Tell the log what the keeper says; its lock is had when it has given up or died."""
    keeper, heard, has_ended = home.open_lock("keeper"), Heard(home.news), False
    while not has_ended and not left.wait(_LISTEN_S):
        has_ended = take_lock(keeper, fcntl.LOCK_SH)
        for line in heard.new():
            _log.warning(line)
    os.close(keeper)
    if not left.is_set():
        lost(home.log_tail())


def _leave(home: Home, users: int) -> None:
    """Give up our share of the users' lock; the last user waits until the server has stopped."""
    last = take_lock(users, fcntl.LOCK_EX)
    if not last:
        # Granted at once while others stay, else when the keeper has stopped the server.
        take_lock(users, fcntl.LOCK_SH, 4 * STOP_S)
    os.close(users)
    if last:
        server = home.open_lock("server")
        take_lock(server, fcntl.LOCK_EX, 4 * STOP_S)
        os.close(server)
