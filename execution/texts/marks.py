"""Texts that code makes of what a statement has written: marks in the JSON, which it replaces.

A mark is the JSON list of the number of who makes the text, and of the values of which it is made,
between two control characters: JSON escapes those in texts, so that none stands anywhere else.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import orjson

from execution.texts import Sql, constant, joined

OPEN, CLOSE = "\x02", "\x03"
_MARK = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}".encode())
AT_ONCE = 250
"""More marks are replaced in turn with others."""

Words: TypeAlias = Callable[[Any, Sequence[Any]], str]
"""(what the operation runs with, the values) -> the text."""
Texts: TypeAlias = Sequence[bytes | None]
"""Of a row, in UTF-8."""


def mark(number: int, values: Sequence[Sql]) -> Sql:
    """Write a mark. number: of who makes the text. values: their JSON, never NULL."""
    parts: list[Sql] = [constant(f"{OPEN}[{number}")]
    for value in values:
        parts += (constant(","), value)
    return joined([*parts, constant(f"]{CLOSE}")])


def marks(rows: Sequence[Texts]) -> int:
    """Count the marks in texts."""
    return sum(text.count(OPEN.encode()) for row in rows for text in row if text is not None)


def worded(rows: Sequence[Texts], words: Sequence[Words], runs: Any) -> Iterator[Texts | None]:
    """Yield rows with texts in place of their marks, and None where somebody else may go on."""
    for row in rows:
        texts: list[bytes | None] = []
        for text in row:
            pieces, end = [], 0
            for found in _MARK.finditer(text or b""):
                number, *values = orjson.loads(found[1])
                own = orjson.dumps(words[number](runs, values))
                pieces += [(text or b"")[end : found.start()], own]
                end = found.end()
                yield None
            texts.append(None if text is None else b"".join([*pieces, text[end:]]))
        yield tuple(texts)
