"""The folder of one embedded server: its files, its locks, its error."""

import fcntl
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

STOP_S = 10.0
"""Seconds that a server gets to stop before it is asked more rudely."""

STEP_S = 0.02
"""Seconds between two looks at a condition."""


class EmbeddedPostgresError(RuntimeError):
    """No embedded server can be had; the text says why and ends with the server's log."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder `path` (mode 0700) and what lies in it.

    Three files are only locked, never read. `users`: shared by every program that uses the server.
    `keeper`: held by the process that started it. `server`: inherited by every process of the
    server, so that having it proves that none is left, whatever any pid file says.
    """

    path: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.path / "cluster"

    @property
    def log(self) -> Path:
        """What the running server, or the last one, wrote to its standard error."""
        return self.path / "server.log"

    @property
    def passwords(self) -> Path:
        """One a line: superuser, owner, application, backups. initdb reads the first only."""
        return self.path / "passwords"

    @property
    def news(self) -> Path:
        """What the keeper says to those who use the server: `kit.embedded.news`."""
        return self.path / "keeper.news"

    @property
    def addresses(self) -> Path:
        """The fields of `Server` as JSON, there once the server takes connections."""
        return self.path / "server.json"

    def log_tail(self) -> str:
        """Give the last lines of the log and the room left, since a full disk loses the log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        free_mb = shutil.disk_usage(self.path).free / 1e6
        return "\n".join([*text.splitlines()[-15:], f"({free_mb:.1f} MB free in {self.path})"])

    def open_lock(self, name: str) -> int:
        """Open a lock file; the descriptor is the caller's to close."""
        return os.open(self.path / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)


def write_file(path: Path, text: str) -> None:
    """Write the file whole or not at all, readable by us alone."""
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(path)


def take_lock(descriptor: int, how: int, seconds: float = 0) -> bool:
    """Take the lock (LOCK_SH or LOCK_EX) and tell whether that came off within the time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(STEP_S)
        else:
            return True
