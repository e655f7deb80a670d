"""Segments: where they begin and end among bytes, and what is in one.

A segment keeps its text and parts it when it is asked, so that a message of many costs little more
than its bytes.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from kit.standards.edifact.delimiters import Delimiters

_LONGEST = 32 * 1024
"""Bytes of one segment: more than the longest of the directories, several times over."""
BLANK = b" \t\r\n"
END = b"\x00\x1a"
"""What old systems write behind a file's last segment."""
_BREAKS = {ord("\r"): None, ord("\n"): None}


class Raw(NamedTuple):
    """A segment among bytes. end: behind its terminator. is_whole: whether it has one."""

    start: int
    end: int
    content: bytes
    is_whole: bool


def scan(content: bytes, start: int, end: int, delimiters: Delimiters) -> Iterator[Raw]:
    """Give the segments between two places; what stands between two of them is skipped if blank.

    The last one may not be whole: it is cut off, or longer than any. Linear in time, and nothing is
    kept of what was given.
    """
    mark, release = delimiters.segment.encode(), delimiters.release.encode()
    blank = bytes(set(BLANK) - set(mark))
    while (start := past(content, start, end, blank)) < end:
        stop = _end_of(content, start, min(end, start + _LONGEST), mark, release)
        if stop is None:
            yield Raw(start, end, content[start : start + _LONGEST], is_whole=False)
            return
        yield Raw(start, stop + 1, content[start:stop], is_whole=True)
        start = stop + 1


def past(content: bytes, start: int, end: int, blank: bytes = BLANK) -> int:
    """Return the next place that is not blank, slice by slice: a file may be all blank."""
    while start < end:
        piece = content[start : min(end, start + _LONGEST)]
        if remaining := piece.lstrip(blank):
            return start + len(piece) - len(remaining)
        start += len(piece)
    return end


def _end_of(content: bytes, start: int, end: int, mark: bytes, release: bytes) -> int | None:
    """Return where the next terminator stands that is not released: by the parity of the marks."""
    place = start
    while (stop := content.find(mark, place, end)) >= 0:
        before = content[place:stop]
        if not release or (len(before) - len(before.rstrip(release))) % 2 == 0:
            return stop
        place = stop + 1
    return None


class Segment:
    """A segment of a message. number: in it, UNH being 1. offset: of its first byte."""

    __slots__ = ("delimiters", "number", "offset", "text")

    def __init__(self, text: str, delimiters: Delimiters, number: int, offset: int) -> None:
        """Take its text without the terminator."""
        self.text, self.delimiters = text, delimiters
        self.number, self.offset = number, offset

    @property
    def tag(self) -> str:
        """Return its tag, as it is written."""
        return self.text[: len("UNB")]

    def element(self, place: int) -> list[str]:
        """Return the components of an element, the tag being 0; none where there is none."""
        marks = self.delimiters
        found = marks.parts(self.text, marks.element)
        if place >= len(found):
            return []
        return [marks.plain(it) for it in marks.parts(found[place], marks.component)]

    def get(self, place: int, component: int = 1) -> str:
        """Return a component of an element, "" where there is none. component: from 1."""
        found = self.element(place)
        return found[component - 1] if component <= len(found) else ""

    def elements(self) -> list[list[list[str]]]:
        """Return all of it: elements (the tag is the first), their repetitions, the components."""
        marks = self.delimiters
        return [
            [
                [marks.plain(it) for it in marks.parts(one, marks.component)]
                for one in (marks.parts(each, marks.repetition) if marks.repetition else [each])
            ]
            for each in marks.parts(self.text, marks.element)
        ]


class PartedSegment(Segment):
    """A segment that is asked again and again, and kept by few: it parts each element once."""

    __slots__ = ("_known",)

    def __init__(self, *about: Any) -> None:
        """Take what a segment takes."""
        super().__init__(*about)
        self._known: dict[int, list[str]] = {}

    def element(self, place: int) -> list[str]:
        """Return the components of an element, as of any segment."""
        if place not in self._known:
            self._known[place] = super().element(place)
        return self._known[place]


def decoded(content: bytes, codec: str, delimiters: Delimiters) -> tuple[str, bool]:
    """Return the text of a segment, and whether a line break stood in it: lines are just wrapped.

    UnicodeDecodeError for bytes that are none of the charset's.
    """
    text = content.decode(codec)
    if "\n" not in text and "\r" not in text:
        return text, False
    marks = delimiters.una
    return text.translate({key: it for key, it in _BREAKS.items() if chr(key) not in marks}), True
