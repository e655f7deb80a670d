"""`abruf worker`: what is done unasked, in a process of its own."""

import argparse
import signal
import sys
from typing import NoReturn

from kit.config import from_environment
from kit.telemetry import log
from startup import work


def add_words(parser: argparse.ArgumentParser) -> None:
    """It takes no words: its settings are in the environment."""
    parser.description = (
        "Read messages, end what is over, forget what is not kept, for every merchant, until Ctrl-C"
        " or SIGTERM. Servers do that too unless ABRUF_WORKS=0; several at once do no harm."
    )
    parser.set_defaults(run=_run)


def _run(_arguments: argparse.Namespace) -> None:
    signal.signal(signal.SIGTERM, _terminated)
    config = from_environment()
    log.configure(config.log)
    work(config)


def _terminated(*_: object) -> NoReturn:
    sys.exit(0)
