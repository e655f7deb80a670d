"""A port that another program has is told in a line that names the setting of another one."""

import socket

import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from kit.config import listening
from transport.connections.server import HttpServer, Settings
from transport.telemetry import metrics_shown


def _taken(port: int = 0) -> socket.socket:
    """Take a port as a server does that is still loading."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", port))
    return taken


def test_of_two_that_start_at_once_one_is_told_that_the_other_listens() -> None:
    with _taken() as first, _taken(first.getsockname()[1]) as second:
        first.listen()
        port = second.getsockname()[1]
        server = HttpServer(Settings(Starlette(), lifespan="off", loop="uvloop"))
        wanted = f"cannot listen on 127.0.0.1, port {port}: .* ABRUF_PORT names another"
        with (
            pytest.raises(SystemExit, match=wanted),
            listening("127.0.0.1", port, "ABRUF_PORT"),
            server.beside(second),
        ):
            pytest.fail("It answers.")


def test_a_port_of_metrics_that_another_has_is_told() -> None:
    with _taken() as taken:
        taken.listen()
        port = taken.getsockname()[1]
        wanted = f"port {port}: .* ABRUF_METRICS_PORT names another"
        with (
            pytest.raises(SystemExit, match=wanted),
            metrics_shown(CollectorRegistry(), "127.0.0.1", port),
        ):
            pytest.fail("It is shown.")
