"""Unicode: its form NFC, in which two texts that look the same are the same, and accents."""

import re
import unicodedata

_SPELLED = 4
"""Characters at most that become one in the form NFC."""
_MOST_MARKS = 30
"""Marks on one letter in stream-safe text (Unicode Standard Annex 15, section 13)."""
_MARKS = re.compile(
    f"[{''.join(char for char in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(char))}]+"
)
_ACCENTS = re.compile("[\u0300-\u036f]")


def without_accents(text: str) -> str:
    """Return a text without the marks of its letters, as `folded` of the database has it."""
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text))


def is_beyond(text: str, longest: int) -> bool:
    """Tell whether a text is longer than that, however it is spelled."""
    return len(text) > _SPELLED * longest


def normal(text: str) -> str:
    """Return a text, of which `is_beyond` has told the length, in Unicode's form NFC.

    ValueError for more marks on one letter than are put in order in reasonable time: it grows
    with their square.
    """
    if unicodedata.is_normalized("NFC", text):
        return text
    if any(len(run) > _MOST_MARKS for run in _MARKS.findall(text)):
        message = f"A letter has at most {_MOST_MARKS} marks."
        raise ValueError(message)
    return unicodedata.normalize("NFC", text)
