"""Unicode: its form NFC, in which what looks the same is the same, accents, and what is seen."""

import re
import unicodedata

_SPELLED = 4
"""Characters at most that become one in the form NFC."""
_MOST_MARKS = 30
"""Marks on one letter in stream-safe text (Unicode Standard Annex 15, section 13)."""
_MARKS = re.compile(
    f"[{''.join(char for char in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(char))}]+"
)
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | {
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
"""Letters and marks that leave no trace: fillers, joiners and selectors of variants."""
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


def is_visible(text: str) -> bool:
    """Tell whether all characters of a text are seen, or the plain space."""
    return text.isprintable() and not _BLANK.intersection(text)


def is_seen(text: str) -> bool:
    """Tell whether anything of a text is seen."""
    return any(it.isprintable() and it not in _BLANK and not it.isspace() for it in text)


def names_something(text: str) -> bool:
    """Tell whether a text has a letter, a digit or a symbol, of whatever script, that is seen."""
    return any(unicodedata.category(it)[0] in "LNS" and it not in _BLANK for it in text)
