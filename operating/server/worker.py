"""`abruf worker`: what is done unasked, in a process of its own."""

import argparse
import logging

from kit.config import from_environment
from kit.loop.ending import end_on_termination
from kit.telemetry import log
from work import work

_log = logging.getLogger("abruf")


def add_words(parser: argparse.ArgumentParser) -> None:
    """Its settings are in the environment."""
    parser.description = (
        "Follow the journals, read messages, end what is over, forget what is not kept, for every"
        " merchant, until Ctrl-C or SIGTERM. A server starts one beside itself unless"
        " ABRUF_WORKER=0; any number of them share the work."
    )
    parser.add_argument(
        "--beside", action="store_true", help="end when the standard input ends, with who began it"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    end_on_termination()
    config = from_environment()
    log.configure(config.log)
    # Who has started it beside itself has told of the same environment.
    for name in () if arguments.beside else config.unknown:
        _log.warning("No setting is called %s", name)
    work(config, is_beside=arguments.beside)
