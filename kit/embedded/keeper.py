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
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from kit.embedded.home import STEP_S, EmbeddedPostgresError, Home, take_lock, write_file
from kit.embedded.server import START_S, answers, furnish, make_cluster, start, stop


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
    """Run the server until it ends by itself or nobody uses it."""
    lock = home.open_lock("server")
    _outlast(home, lock)
    # Nobody holds the server's lock, so that this pid, if it lives, is somebody else's.
    (home.cluster / "postmaster.pid").unlink(missing_ok=True)
    home.log.unlink(missing_ok=True)
    make_cluster(home, lock, durable=durable)
    os.dup2(os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())
    child, port = start(home, lock, durable=durable)
    try:
        addresses = json.dumps(furnish(home, port))
        write_file(home.addresses, addresses)
        _answer(addresses)
        threading.Thread(target=_stop_when_alone, args=(home, child), daemon=True).start()
        child.wait()
    finally:
        stop(child)


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


def _stop_when_alone(home: Home, child: subprocess.Popen[bytes]) -> None:
    """Wait for the lock that every user shares, which the kernel gives us after the last one."""
    fcntl.flock(home.open_lock("users"), fcntl.LOCK_EX)
    stop(child)


def _answer(answer: str) -> None:
    """Print the answer, and let go of the pipe, whose end tells the caller that it is whole.

    The caller may be dead by now; the server may still have another user.
    """
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), answer.encode())
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main(*sys.argv[1:])
