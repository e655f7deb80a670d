"""The process that starts a server and stops it when nobody uses it any more.

`python -m kit.embedded.keeper FOLDER DURABLE` prints, as JSON, the fields of `Server` or an
`error`, and closes its standard output; a process that it leaves behind keeps the server. It needs
nothing but the standard library and the wheel.
"""

import contextlib
import fcntl
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from kit.embedded.home import STEP_S, EmbeddedPostgresError, Home, take_lock, write_file
from kit.embedded.news import Bulletin
from kit.embedded.server import START_S, answers, furnish, make_cluster, start, stop

_AGAIN_S = 0.1
"""Seconds until a server that ended is started again, twice as long after each failure."""
MOST_FAILURES = 6
"""In a row, after which the keeper gives up: about a quarter of a minute."""
STEADY_S = 60.0
"""Seconds after which a server that ended had not failed to start."""
LOOK_S = 0.1
"""Seconds between two looks at whether the server still runs."""


def main(folder: str, durable: str) -> None:
    """Go into the background, find or keep a server, and answer."""
    home = Home(Path(folder))
    os.umask(0o077)
    os.chdir("/")
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        if not _found(home):
            _keep(home, durable=durable == "1")
    except (EmbeddedPostgresError, OSError) as error:
        _answer(json.dumps({"error": str(error)}))


def _found(home: Home) -> bool:
    """Answer with another keeper's server once it is up; False when we are the keeper now."""
    lock = home.open_lock("keeper")
    deadline = time.monotonic() + 3 * START_S
    while not take_lock(lock, fcntl.LOCK_EX):
        if addresses := _answering(home):
            _answer(addresses)
            return True
        if time.monotonic() > deadline:
            message = "Another program's start of PostgreSQL came to no end."
            raise EmbeddedPostgresError(message)
        time.sleep(STEP_S)
    return False


def _keep(home: Home, *, durable: bool) -> None:
    """Run the server until nobody uses it; start it again, where it was, when it ends by itself.

    Raises EmbeddedPostgresError or OSError, also in the server's log, when it cannot be started
    (again).
    """
    alone, news = threading.Event(), Bulletin(home.news)
    port, ended = _run(home, alone, news, 0, durable=durable)
    failures = 0
    while not alone.wait(_AGAIN_S * 2**failures):
        if ended:
            news.tell(f"PostgreSQL {ended}, and is started again")
        began = time.monotonic()
        try:
            _, ended = _run(home, alone, news, port, durable=durable)
        except (EmbeddedPostgresError, OSError) as error:
            if ended:
                why = " ".join([str(error), *home.log_tail().splitlines()[-2:]])
                news.tell(f"PostgreSQL cannot be started: {why}")
            ended = ""
            # The disk may be full, also for the log.
            with contextlib.suppress(OSError):
                sys.stderr.write(f"It does not start again: {error}\n")
                sys.stderr.flush()
            if failures == MOST_FAILURES:
                raise
        failures = 0 if time.monotonic() - began > STEADY_S else min(failures + 1, MOST_FAILURES)


def _run(
    home: Home, alone: threading.Event, news: Bulletin, port: int, *, durable: bool
) -> tuple[int, str]:
    """Run a server until it ends, or nobody uses it. port: 0 for the first one.

    Returns its port, and in words how it has ended. Each server has the lock from a descriptor of
    its own, so that the next one waits until no process of it is left: the rest of a killed one
    still writes.
    """
    lock = home.open_lock("server")
    try:
        _outlast(home, lock)
        # Nobody holds the server's lock, so that this pid, if it lives, is somebody else's.
        (home.cluster / "postmaster.pid").unlink(missing_ok=True)
        if not port:
            _prepare(home, lock, durable=durable)
        child, came_up_at = start(home, lock, port, durable=durable)
        try:
            addresses = json.dumps(furnish(home, came_up_at))
            write_file(home.addresses, addresses)
            if port:
                news.tell("PostgreSQL is started again")
            else:
                _answer(addresses)
                threading.Thread(target=_wait_until_alone, args=(home, alone), daemon=True).start()
            while child.poll() is None and not alone.wait(LOOK_S):
                pass
            ended = _how(child.returncode)
        finally:
            stop(child)
    finally:
        os.close(lock)
    return came_up_at, ended


def _prepare(home: Home, lock: int, *, durable: bool) -> None:
    """Have data, and from now on the server's log for what is said."""
    home.log.unlink(missing_ok=True)
    make_cluster(home, lock, durable=durable)
    os.dup2(os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())


def _how(code: int | None) -> str:
    """Say how a server has ended. code: below zero the signal, None while it runs."""
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"has ended with exit status {code}"


def _outlast(home: Home, lock: int) -> None:
    """Take the server's lock as soon as no process of an earlier server is left.

    On Linux a server dies with its keeper. Elsewhere it may have outlived it: then it is stopped,
    and its pid is believed only because it answers and holds its lock.
    """
    orphan = _answering(home)
    home.addresses.unlink(missing_ok=True)
    if take_lock(lock, fcntl.LOCK_EX, 1):
        return
    if orphan:
        os.kill(int((home.cluster / "postmaster.pid").read_text().split()[0]), signal.SIGINT)
    if not take_lock(lock, fcntl.LOCK_EX, START_S):
        message = "An earlier server does not stop."
        raise EmbeddedPostgresError(message)


def _answering(home: Home) -> str:
    """Give the addresses (JSON) that a keeper has left if a server answers there, else ""."""
    try:
        addresses = home.addresses.read_text()
    except FileNotFoundError:
        return ""
    port = urlsplit(json.loads(addresses)["owner_url"]).port
    return addresses if port and answers(port) else ""


def _wait_until_alone(home: Home, alone: threading.Event) -> None:
    """Wait for the lock that every user shares, which the kernel gives us after the last one."""
    fcntl.flock(home.open_lock("users"), fcntl.LOCK_EX)
    alone.set()


def _answer(answer: str) -> None:
    """Print the answer, and let go of the pipe, whose end tells the caller that it is whole.

    The caller may be dead by now; the server may still have another user.
    """
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), answer.encode())
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main(*sys.argv[1:])
