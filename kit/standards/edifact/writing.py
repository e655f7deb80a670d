"""Writing interchanges: what is written is read again as it was meant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from kit.standards.edifact.charsets import CODECS, fits
from kit.standards.edifact.delimiters import DEFAULT, Delimiters
from kit.standards.edifact.parts import Header, MessageKind

Element: TypeAlias = str | Sequence[str]
"""An element: its only component, or all of them."""
SegmentParts: TypeAlias = Sequence[Element]
"""A segment to be: its tag, then its elements; empty ones at the end are left out."""
_YEARS_OF_FOUR_DIGITS = "4"


@dataclass(frozen=True)
class Style:
    """How a partner wants it. has_una: whether UNA is written also where it says the usual."""

    delimiters: Delimiters = DEFAULT
    has_una: bool = True
    has_line_breaks: bool = False


def segment(delimiters: Delimiters, parts: SegmentParts) -> str:
    """Return the text of a segment. ValueError for what cannot be escaped."""
    elements = [
        _trimmed([delimiters.escaped(it) for it in ([each] if isinstance(each, str) else each)])
        for each in parts
    ]
    texts = _trimmed([delimiters.component.join(it) for it in elements])
    return delimiters.element.join(texts) + delimiters.segment


def _trimmed(parts: list[str]) -> list[str]:
    """Return the parts without empty ones at the end, of which the first stays."""
    while len(parts) > 1 and not parts[-1]:
        parts = parts[:-1]
    return parts


def interchange(
    header: Header, messages: Iterable[tuple[MessageKind, Sequence[SegmentParts]]], style: Style
) -> bytes:
    """Return an interchange of messages, numbered from 1, each without its UNH and UNT.

    ValueError for what the charset cannot write: nothing becomes `?`.
    """
    lines = [_unb(header)]
    count = 0
    for count, (kind, body) in enumerate(messages, 1):
        own = (kind.type, kind.version, kind.release, kind.agency, kind.association)
        lines += [("UNH", str(count), own), *body, ("UNT", str(len(body) + 2), str(count))]
    lines.append(("UNZ", str(count), header.reference))
    ending = "\r\n" if style.has_line_breaks else ""
    una = style.delimiters.una + ending if style.has_una else ""
    text = una + "".join(segment(style.delimiters, each) + ending for each in lines)
    if not fits(text, header.identifier):
        message = f"This cannot be written in {header.identifier}."
        raise ValueError(message)
    codec = CODECS[header.identifier]
    return text.encode("latin-1" if codec == "cp1252" else codec)


def _unb(header: Header) -> SegmentParts:
    return (
        "UNB",
        (header.identifier, header.version),
        (header.sender.code, header.sender.qualifier),
        (header.recipient.code, header.recipient.qualifier),
        _day_and_clock(header),
        header.reference,
        "",
        header.application,
        "",
        "1" if header.wants_answer else "",
        "",
        "1" if header.is_test else "",
    )


def _day_and_clock(header: Header) -> Sequence[str]:
    when = header.prepared_at or datetime.min  # noqa: DTZ901 -- UNB knows no zone.
    form = "%Y%m%d" if header.version == _YEARS_OF_FOUR_DIGITS else "%y%m%d"
    return (when.strftime(form), when.strftime("%H%M"))
