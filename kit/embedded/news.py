"""What a keeper says to all who use its server, on a disk that may be full.

It is written over a file that has its whole length from the beginning, so that it needs no room.
"""

import contextlib
import os
from collections import deque
from pathlib import Path

_SIZE = 4_096
"""Bytes of the file, which hold the newest lines."""
_LINES, _LONGEST = 8, 480
"""How many lines are kept, and how many letters of each."""


class Bulletin:
    """The newest lines of a keeper, numbered as they came."""

    def __init__(self, path: Path) -> None:
        """Begin a file without lines. OSError: there is no room even now."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._lines, self._count = deque[str](maxlen=_LINES), 0
        self._write()

    def tell(self, line: str) -> None:
        """Add a line; on a disk that does not even take that, it is lost."""
        self._count += 1
        self._lines.append(f"{self._count} {' '.join(line.split())[:_LONGEST]}")
        with contextlib.suppress(OSError):
            self._write()

    def _write(self) -> None:
        text = "\n".join(self._lines).encode("ascii", "replace")
        os.pwrite(self._file, text.ljust(_SIZE), 0)


class Heard:
    """What one who uses the server has heard."""

    def __init__(self, path: Path) -> None:
        """Hear what is told from now on."""
        self._path, self._count = path, 0
        self.new()

    def new(self) -> list[str]:
        """Return the lines that were told since it was asked last; none of who keeps no file."""
        text = self._path.read_text("ascii").rstrip() if self._path.exists() else ""
        numbered = [it.partition(" ") for it in text.splitlines()]
        new = [(int(number), line) for number, _, line in numbered if int(number) > self._count]
        self._count = new[-1][0] if new else self._count
        return [line for _, line in new]
