"""What stands at the head of a mail: fields written so that a text stays text, and addresses.

Nothing here reads what it is given as a header: an encoded word (RFC 2047) in a text is written as
text that a reader shows, and a line break is refused (CVE-2024-6923: Python's own headers decode
the one and then write the other).
"""

import re
from email.header import Header
from unicodedata import category

_LONGEST_LINE = 76
_MOST = 900
"""Bytes of a field that is not folded; a line may have 998 (RFC 5322)."""
_BREAKS = {"Cc", "Cs", "Zl", "Zp"}
"""Categories of characters that have no place in a field: controls, and ends of lines."""
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>{_LABEL}(?:\.{_LABEL})+)")
_WORD = "=?"
"""How an encoded word begins."""


def is_address(text: str) -> bool:
    """Tell whether a text is one mail address of ASCII, which any server takes.

    Quoted local parts and addresses of machines are none, and nothing that reads like an encoded
    word is.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or _WORD in text:
        return False
    return len(found["local"]) <= 64 and len(found["domain"]) <= 255  # noqa: PLR2004 -- RFC 5321.


def text_field(name: str, text: str) -> str:
    """Return a field of free text, such as Subject. ValueError: it has a line break in it."""
    _check(text)
    if _is_plain(text) and len(name) + len(text) < _LONGEST_LINE:
        return f"{name}: {text}\r\n"
    return f"{name}: {_words(name, text)}\r\n"


def mailbox_field(name: str, person: str, address: str) -> str:
    """Return a field that names somebody and its address. ValueError: as `text_field`."""
    _check(person)
    escaped = re.sub(r'(["\\])', r"\\\1", person)
    is_short = _is_plain(person) and len(name) + len(escaped) < _LONGEST_LINE
    shown = f'"{escaped}"' if is_short else _words(name, person)
    return f"{name}: {shown}\r\n <{address}>\r\n"


def plain_field(name: str, value: str) -> str:
    """Return a field of which every character means something. ValueError: it is not printable."""
    if not _is_plain(value) or len(value) > _MOST:
        message = f"{name} must be printable ASCII in one line"
        raise ValueError(message)
    return f"{name}: {value}\r\n"


def _check(text: str) -> None:
    if any(category(it) in _BREAKS for it in text):
        message = "A field has no line breaks and no control characters"
        raise ValueError(message)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and _WORD not in text and text == text.strip()


def _words(name: str, text: str) -> str:
    """Return encoded words, folded."""
    return Header(text, "utf-8", _LONGEST_LINE, name).encode(linesep="\r\n")
