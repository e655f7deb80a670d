"""Starts Abruf on this machine (`make run`): says at once what is wrong with its configuration.

What takes long to load is loaded after that.
"""

import logging
import signal
import socket
import sys
from contextlib import closing

from kit.config import Config, from_environment, listening
from kit.loop.ending import end_on_termination, mark_termination
from kit.loop.loading import loading
from kit.telemetry import log

_log = logging.getLogger("abruf")


def main() -> None:
    """Run until Ctrl-C or SIGTERM."""
    mark_termination()
    try:
        config = from_environment()
        log.configure(config.log)
        for name in config.unknown:
            _log.warning("No setting is called %s", name)
        with closing(_taken(config)) as listener:
            with loading():
                from startup import run  # noqa: PLC0415
            end_on_termination()
            run(config, listener)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _taken(config: Config) -> socket.socket:
    """Take the port before anything is started; who connects is refused until somebody answers."""
    is_six = ":" in config.host
    taken = socket.socket(socket.AF_INET6 if is_six else socket.AF_INET)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_six:
        taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    with listening(config.host, config.port, "ABRUF_PORT"):
        taken.bind((config.host, config.port))
    return taken


if __name__ == "__main__":
    main()
