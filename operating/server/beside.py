"""A program that runs beside this one: started again when it ends unasked, ended with this one."""

import logging
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread

_log = logging.getLogger("abruf")
_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
"""Before it is started again, twice as long each time."""
_WANTED_ENDS = frozenset({0, 128 + signal.SIGINT, -signal.SIGINT, -signal.SIGTERM})
"""How it ends when somebody tells it to: Ctrl-C reaches it, too."""


class _Beside:
    """Keeps one process of the program."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._name, self._command, self._environment = name, command, environment
        self._is_over, self._lock = Event(), Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def keep(self) -> None:
        """Start it, again and again, until it is told to end."""
        pause = _PAUSE_S
        while (process := self._started()) is not None:
            code = process.wait()
            if code in _WANTED_ENDS or self._is_over.is_set():
                return
            _log.warning("The %s ended with %s, and is started again", self._name, code)
            self._is_over.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _started(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._is_over.is_set():
                return None
            # Its standard input ends with us, however we end.
            self._process = subprocess.Popen(  # noqa: S603 -- a program of ours.
                self._command,
                env={**os.environ, **self._environment},
                stdin=subprocess.PIPE,
            )
            return self._process

    def end(self, grace_s: float) -> None:
        """End it; kill it after the grace."""
        with self._lock:
            self._is_over.set()
        process = self._process
        if process is None:
            return
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


@contextmanager
def beside(
    name: str, command: Sequence[str], environment: Mapping[str, str], grace_s: float
) -> Iterator[None]:
    """Let a program run meanwhile. environment: what differs from ours. grace_s: to its end."""
    kept = _Beside(name, command, environment)
    thread = Thread(target=kept.keep, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        kept.end(grace_s)
        thread.join()
