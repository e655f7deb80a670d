"""Starts Abruf on this machine (`make run`): says at once what is wrong with its configuration.

What takes long to load is loaded after that.
"""

import gc
import logging
import signal
import socket
import sys
from contextlib import closing
from typing import NoReturn

from kit.config import Config, from_environment
from kit.telemetry import log

_log = logging.getLogger("abruf")


def main() -> None:
    """Run until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        config = from_environment()
        log.configure(config.log)
        for name in config.unknown:
            _log.warning("No setting is called %s", name)
        with closing(_listening(config)) as listener:
            # What is loaded stays: the collector of cycles would go through it again and again.
            gc.disable()
            from startup import run  # noqa: PLC0415

            gc.enable()
            run(config, listener)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _terminated(*_: object) -> NoReturn:
    sys.exit(0)


def _listening(config: Config) -> socket.socket:
    """Take the port before anything is started. SystemExit says why it cannot be had."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server((config.host, config.port), family=family)
    except (OSError, OverflowError) as error:
        message = f"Abruf cannot listen on {config.host}, port {config.port}: {error}."
        sys.exit(f"{message} Another port: ABRUF_PORT=8001.")


if __name__ == "__main__":
    main()
