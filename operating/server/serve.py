"""`abruf serve`: the server."""

import argparse

import start


def add_words(parser: argparse.ArgumentParser) -> None:
    """It takes no words: its settings are in the environment."""
    parser.description = "Answer requests until Ctrl-C or SIGTERM."
    parser.set_defaults(run=lambda _arguments: start.main())
