"""In which characters an interchange is written: what UNB says, what files are.

Files lie: Latin-1 is Windows-1252, UTF-8 stands under UNOC, lower case and umlauts under UNOA. A
partner's setting goes before what UNB says.
"""

import codecs
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

CODECS: Mapping[str, str] = MappingProxyType(
    {
        "UNOA": "ascii",
        "UNOB": "ascii",
        "UNOC": "cp1252",
        "UNOD": "iso8859_2",
        "UNOE": "iso8859_5",
        "UNOF": "iso8859_7",
        "UNOG": "iso8859_3",
        "UNOH": "iso8859_4",
        "UNOI": "iso8859_6",
        "UNOJ": "iso8859_8",
        "UNOK": "iso8859_9",
        "UNOL": "iso8859_15",
        "UNOW": "utf-8",
        "UNOY": "utf-8",
    }
)
"""Syntax identifier (0001) -> how Python reads it; UNOX (ISO 2022) is read by nobody any more."""
_VERSIONS = {"ascii": "1", "utf-8": "4"}
_LATIN = frozenset({"UNOA", "UNOB", "UNOC"})
_GERMAN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "AE", "Ö": "OE", "Ü": "UE", "ß": "ss", "ẞ": "SS"}
)


def codec_of(identifier: str, content: bytes) -> tuple[str, bool]:
    """Return how to read a content whose UNB has this identifier, and whether it is as UNB says.

    KeyError for an identifier that nobody reads.
    """
    usual, content = CODECS[identifier], content.removeprefix(codecs.BOM_UTF8)
    if content.isascii() or identifier not in _LATIN:
        return usual, True
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252", identifier == "UNOC"
    return "utf-8", False


def least_version(identifier: str) -> str:
    """Return the first version of the syntax (0002) that has the characters of an identifier."""
    return _VERSIONS.get(CODECS[identifier], "3")


def fits(text: str, identifier: str) -> bool:
    """Tell whether a text can be written under an identifier: Latin-1 is written as it is named."""
    codec = CODECS[identifier]
    try:
        text.encode("latin-1" if codec == "cp1252" else codec)
    except UnicodeEncodeError:
        return False
    return True


def transliterated(text: str, identifier: str) -> str:
    """Return a text in letters that can be written. ValueError for one that has none: never `?`."""
    found = "".join(it if fits(it, identifier) else _nearest(it) for it in text)
    if not fits(found, identifier):
        message = f"{text!r} cannot be written in {identifier}"
        raise ValueError(message)
    return found


def _nearest(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", letter.translate(_GERMAN))
    return "".join(it for it in plain if not unicodedata.combining(it))
