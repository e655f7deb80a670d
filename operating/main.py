"""The words of the command line: only the noun that is asked for is loaded.

Exit codes: 0 done, 1 refused or no database, 2 wrong words.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from kit.loop.loading import loading
from kit.telemetry.version import VERSION

NOUNS = {
    "serve": ("server.serve", "answer requests until a signal; `make run` does the same"),
    "worker": ("server.worker", "do what is done unasked, apart from the server"),
    "migrate": ("server.migrate", "bring the schema to what this program needs"),
    "doctor": ("server.doctor", "say what is wrong with database, role and settings"),
    "backup": ("backups.backup", "write the whole database to a file"),
    "restore": ("backups.restore", "read a backup into an empty database, and compare"),
    "merchant": ("merchants.merchant", "tenants"),
    "key": ("merchants.key", "API keys"),
    "person": ("persons.person", "write out what is kept of a person, or forget it"),
    "demo": ("merchants.demo", "the merchant that is for trying"),
    "document": ("merchants.document", "trusted documents"),
    "price": ("merchants.price", "price lists"),
    "edi": ("merchants.edi", "interchanges of a folder"),
}
"""Noun -> the module in this folder that knows its words, and what it is."""


def main(words: Sequence[str]) -> None:
    """Run what the words ask for; SystemExit carries the reason when it is not done."""
    try:
        arguments = _parser(words).parse_args(words)
        arguments.run(arguments)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="abruf",
        description="Run and operate Abruf. The database is that of ABRUF_DATABASE_URL, or the"
        " embedded one.",
    )
    parser.add_argument("--version", action="version", version=f"abruf {VERSION}")
    nouns = parser.add_subparsers(metavar="NOUN", required=True)
    for name, (module, meaning) in NOUNS.items():
        noun = nouns.add_parser(name, help=meaning)
        if name in words[:1]:
            with loading():
                words_of = import_module(f"operating.{module}").add_words
            words_of(noun)
    return parser
