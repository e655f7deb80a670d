"""How the Python engines listen: uvicorn, set as in `start.py`, on a free port that is printed."""

import os
import socket
import sys

from starlette.applications import Starlette

from kit.limits import DEFAULT_BOUNDS, Bounds
from transport.connections.server import HttpServer, Settings


def database_url() -> str:
    """Return the address of the database (postgresql://...); it holds a password."""
    return os.environ["BENCH_DATABASE_URL"]


def pool_size() -> int:
    """Return how many connections to PostgreSQL the process may have."""
    return int(os.environ["BENCH_POOL"])


def serve(app: Starlette, bounds: Bounds = DEFAULT_BOUNDS) -> None:
    """Answer on 127.0.0.1 until a signal ends it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        settings = Settings(app, bounds, loop="uvloop", lifespan="on", timeout_graceful_shutdown=1)
        HttpServer(settings).run(sockets=[listener])
