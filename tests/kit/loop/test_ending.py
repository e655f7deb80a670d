"""SIGTERM ends a process, also where it comes in a place from which nothing is raised."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FINALIZED = """
import os, signal
class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
"""
"""What a SIGTERM interrupts in its finalizer: Python drops what a handler raises there."""
STARTED = "Finalized(); print('goes on'); end_if_signalled()"
SERVED = """
import socket
from starlette.applications import Starlette
from transport.connections.server import HttpServer, Settings
server = HttpServer(Settings(Starlette(), lifespan="off"))
with socket.create_server(("127.0.0.1", 0)) as listener, server.beside(listener) as last:
    Finalized(); print("goes on"); last()
"""
WORKED = """
import asyncio, work
Finalized(); print("goes on"); asyncio.run(work._told_to_stop(is_beside=False))
"""


def _ends(then: str) -> None:
    program = f"{FINALIZED}\nfrom kit.loop.ending import *\n{then}\nprint('for ever')"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "goes on\n", "")


@pytest.mark.parametrize("waits", [STARTED, SERVED, WORKED])
def test_who_waits_hears_what_a_finalizer_dropped(waits) -> None:
    _ends(f"end_on_termination()\n{waits}")


def test_what_is_noted_while_it_loads_ends_it_after_that() -> None:
    _ends("mark_termination()\nFinalized(); print('goes on'); end_on_termination()")


def test_what_is_left_at_the_end_is_not_looked_through() -> None:
    looked = "atexit.register(lambda: print(len(gc.get_objects()) < 100 < gc.get_freeze_count()))"
    program = f"import atexit, gc\nfrom kit.loop.ending import *\n{looked}\nend_on_termination()"
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    assert ended.stdout == "True\n"
