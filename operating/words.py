"""Words that several commands take, and tables that they print."""

import argparse
from pathlib import Path


def folder(path: str) -> Path:
    """Return the path of a folder that is there."""
    if not Path(path).is_dir():
        message = f"there is no folder {path}"
        raise argparse.ArgumentTypeError(message)
    return Path(path)


def file(path: str) -> Path:
    """Return the path of a file that is there."""
    if not Path(path).is_file():
        message = f"there is no file {path}"
        raise argparse.ArgumentTypeError(message)
    return Path(path)


def table(head: list[str], rows: list[list[str]]) -> str:
    """Line columns up, two spaces apart."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "".join(f"{line.rstrip()}\n" for line in padded)


def in_a_line(error: Exception) -> str:
    """Return what an error says itself, without statement and links that SQLAlchemy adds."""
    own = str(getattr(error, "orig", None) or error)
    return own.partition("\n")[0].rpartition(">: ")[2]
