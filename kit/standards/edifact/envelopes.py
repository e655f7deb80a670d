"""The envelope of an interchange, strictly: what is opened is closed, counted and named alike.

One pass over the bytes, in which nothing is kept but where each message lies. UNB is read before
anything is decoded, since it says how.
"""

import codecs
import re
from collections.abc import Callable, Iterator

from kit.standards.edifact import headers
from kit.standards.edifact.charsets import CODECS, codec_of
from kit.standards.edifact.delimiters import UNA_LENGTH, Delimiters
from kit.standards.edifact.faults import Fault, Faulty, Finding
from kit.standards.edifact.parts import Envelope, EnvelopedMessage, FunctionalGroup, MessageKind
from kit.standards.edifact.segments import (
    BLANK,
    END,
    PartedSegment,
    Raw,
    Segment,
    decoded,
    past,
    scan,
)

MOST_INTERCHANGES = 1_000
"""Of one file: what has more is refused as a whole."""
MOST_MESSAGES = 5_000
"""Of one interchange."""
MOST_SEGMENTS = 400_000
"""Of one interchange."""
LONGEST = 2_000
"""Characters of a segment that is no free text (FTX): twice what the directories have room for."""
MOST_FAULTS = 500
"""Of one interchange: what has more is read no further."""
READ_STEP = 100
"""Segments that are read between two places to pause."""
FINDINGS_KEPT = 20
"""That are kept of an interchange, and of each message."""
_TAG = 3
_OPENING = re.compile(rb"(?:UNA.{6}\s*)?UNB[^A-Za-z0-9]", re.DOTALL)
_CONTROLS = {*range(32), *range(127, 160)}


class TooManyInterchanges(ValueError):
    """A file has more interchanges, or what may be some, than one may have."""

    def __init__(self) -> None:
        """Say how many are the most."""
        super().__init__(f"It has more than {MOST_INTERCHANGES:,} interchanges.")


def split(content: bytes, charset: str | None = None) -> Iterator[Envelope]:
    """Give the interchanges of a file, one after the other; at least one, whatever it is.

    Together they are all of its bytes, so that nothing of a file gets lost. charset: a syntax
    identifier (0001) that a partner means, whatever its UNB says. TooManyInterchanges: at the end.
    """
    return filter(None, split_in_steps(content, charset))


def split_in_steps(content: bytes, charset: str | None = None) -> Iterator[Envelope | None]:
    """Give the same, and None as a pause for who reads in turn with others."""
    start = 0
    for _ in range(MOST_INTERCHANGES):
        if start:
            yield None
        reading = _Reading(content, start, charset)
        yield from reading.steps()
        found = reading.found
        start = found.end
        if past(content, start, len(content), BLANK + END) == len(content):
            found.end = len(content)
            yield found
            return
        yield found
    raise TooManyInterchanges


def read(content: bytes, start: int = 0, charset: str | None = None) -> Envelope:
    """Read an interchange and check its envelope. It ends behind its UNZ, or before the next UNB.

    charset: as of `split`.
    """
    reading = _Reading(content, start, charset)
    for _ in reading.steps():
        pass
    return reading.found


class _Reading:
    """An interchange that is being read."""

    def __init__(self, content: bytes, start: int, charset: str | None) -> None:
        self.content, self.charset = content, charset
        self.found = Envelope(start, len(content))
        self.group: FunctionalGroup | None = None
        self.message: EnvelopedMessage | None = None
        self.references: set[tuple[int, str]] = set()
        self.groups = self.in_group = self.scanned = self.faults = 0

    def steps(self) -> Iterator[None]:
        """Read all of it, with pauses."""
        try:
            start = self._begin()
            segments = scan(self.content, start, len(self.content), self.found.delimiters)
            self._open(next(segments, Raw(start, start, b"", is_whole=False)))
        except Faulty as faulty:
            self.found.findings.append(faulty.finding)
        if self.found.header is None:
            # It does not begin as an interchange, and ends where the next one may begin.
            self.found.end = self._next_opening(self._past_marks())
            return
        for raw in segments:
            self.scanned += 1
            if self.scanned % READ_STEP == 0:
                yield
            if self._ends_at(raw):
                return
        self._refuse(Fault.MISSING, "It is cut off: there is no UNZ.", len(self.content), "UNZ")

    def _ends_at(self, raw: Raw) -> bool:
        """Take the next segment in; tells whether nothing more of the interchange is read."""
        if not raw.is_whole:
            text = "It is cut off: its last segment does not end."
            self._refuse(Fault.MISSING, text, raw.start)
            return True
        if raw.content[:_TAG] in {b"UNA", b"UNB"}:
            text = "UNZ is missing before the next interchange."
            self._refuse(Fault.MISSING, text, raw.start, "UNZ")
            self.found.end = raw.start
            return True
        if self._is_too_much():
            text = f"Not read on: {MOST_SEGMENTS:,} segments, {MOST_MESSAGES:,} messages and"
            text += f" {MOST_FAULTS} faults are the most."
            self._refuse(Fault.TOO_MANY, text, raw.start)
            return True
        if self._take(raw):
            self.found.end = raw.end
            return True
        return False

    def _begin(self) -> int:
        """Read past what may stand before UNB, and UNA; return where UNB is to be."""
        start = self._past_marks()
        if self.content.startswith(b"UNA", start):
            self.found.delimiters = Delimiters.of(self.content[start + _TAG : start + UNA_LENGTH])
            start += UNA_LENGTH
        return start

    def _open(self, unb: Raw) -> None:
        """Read UNB, and with it how the rest is decoded. Faulty: it is none, or wrong."""
        if unb.content[:_TAG] != b"UNB":
            text = "This is no EDIFACT: it does not begin with UNB."
            raise Faulty(Finding(Fault.INVALID_START, text, unb.start))
        if not unb.is_whole:
            text = "It is cut off within UNB."
            raise Faulty(Finding(Fault.MISSING, text, unb.start, "UNB"))
        written = PartedSegment(
            unb.content.decode("latin-1"), self.found.delimiters, 0, unb.start
        ).get(1)
        wanted = self.charset or written
        # An identifier that nobody reads is a fault of the header.
        if wanted in CODECS:
            own = self.content[unb.start : self._next_opening(unb.start)]
            self.found.codec, is_declared = codec_of(wanted, own)
            if not is_declared:
                text = f"It is not written in {wanted}, but in {self.found.codec}."
                self._note(Fault.OTHER_CHARSET, text, unb.start, "UNB")
        segment = self._decoded(unb, 0)
        if segment is not None:
            self.found.header = headers.header_of(segment)

    def _is_too_much(self) -> bool:
        messages = len(self.found.messages)
        return self.scanned > MOST_SEGMENTS or messages > MOST_MESSAGES or self.faults > MOST_FAULTS

    def _next_opening(self, start: int) -> int:
        """Return where, behind a beginning, another interchange seems to begin; else the end."""
        openings = (it.start() for it in _OPENING.finditer(self.content, start))
        return next((it for it in openings if it > start), len(self.content))

    def _past_marks(self) -> int:
        """Return where it begins, behind a byte order mark and what is blank."""
        start = self.found.start
        if self.content.startswith(codecs.BOM_UTF8, start):
            start += len(codecs.BOM_UTF8)
        return past(self.content, start, len(self.content), BLANK + END)

    def _take(self, raw: Raw) -> bool:
        """Take the next segment in; tells whether it was the last."""
        number = 0 if self.message is None else self.message.segments + 1
        if raw.content[:_TAG] == b"UNH":
            number = 1
        segment = self._decoded(raw, number)
        if segment is None:
            if self.message is not None:
                self.message.segments += 1
            return False
        act = self._ACTS.get(segment.tag)
        try:
            if act is not None:
                act(self, segment, raw)
            else:
                self._inside(segment)
        except Faulty as faulty:
            self._keep(faulty.finding)
            if segment.tag in ("UNH", "UNT"):
                self.message = None
        return segment.tag == "UNZ"

    def _inside(self, segment: Segment) -> None:
        """Count a segment of a message."""
        if self.message is None:
            text = f"{segment.tag} stands outside of any message."
            self._refuse(Fault.OUTSIDE_A_MESSAGE, text, segment.offset, segment.tag)
            return
        self.message.segments += 1
        tag, mark = segment.tag, segment.text[_TAG : _TAG + 1]
        is_tag = len(tag) == _TAG and tag.isascii() and tag.isalnum() and tag.isupper()
        if not is_tag or mark not in ("", self.found.delimiters.element, ":"):
            text = f"{segment.text[:10]!r} does not begin with a tag."
            finding = Finding(Fault.INVALID_VALUE, text, segment.offset, None, segment.number)
            self._keep(finding)
        if len(segment.text) > LONGEST and tag != "FTX":
            text = f"{tag} has more than {LONGEST:,} characters."
            self._keep(Finding(Fault.TOO_LONG, text, segment.offset, tag, segment.number))

    def _unh(self, segment: Segment, raw: Raw) -> None:
        self._end_message(segment)
        if self.groups and self.group is None:
            text = "Messages stand beside groups."
            self._refuse(Fault.GROUPS_AND_MESSAGES_MIXED, text, raw.start, "UNH")
        self.in_group += 1
        self.message = EnvelopedMessage(segment.get(1)[:14], MessageKind(""), raw.start, raw.end, 1)
        self.message.group = self.group
        self.found.messages.append(self.message)
        try:
            headers.reference_of(segment, 1)
            self.message.kind = headers.message_kind(segment)
            self._check_reference(segment)
        except Faulty as faulty:
            self._keep(faulty.finding)

    def _check_reference(self, segment: Segment) -> None:
        """Refuse a message whose reference another one has, of the interchange or group."""
        key = (self.groups if self.group else 0, segment.get(1))
        if key in self.references:
            text = f"Another message has the reference {segment.get(1)}."
            place = (segment.tag, segment.number, 1)
            self._keep(Finding(Fault.DUPLICATE_REFERENCE, text, segment.offset, *place))
        self.references.add(key)

    def _unt(self, segment: Segment, raw: Raw) -> None:
        message = self.message
        if message is None:
            text = "UNT closes no message."
            self._refuse(Fault.OUTSIDE_A_MESSAGE, text, raw.start, "UNT")
            return
        message.segments, message.end = message.segments + 1, raw.end
        self._compare(headers.count_of(segment), message.segments, segment)
        self._compare(headers.reference_of(segment, 2), message.reference, segment, 2)
        self.message = None

    def _ung(self, segment: Segment, raw: Raw) -> None:
        self._end_message(segment)
        if self.group is not None:
            self._refuse(Fault.MISSING, "UNE is missing before this.", raw.start, "UNG")
        if self.found.messages and not self.groups:
            text = "Groups stand beside messages."
            self._refuse(Fault.GROUPS_AND_MESSAGES_MIXED, text, raw.start, "UNG")
        self.groups, self.in_group = self.groups + 1, 0
        self.group = headers.group_of(segment, self.groups)

    def _une(self, segment: Segment, raw: Raw) -> None:
        self._end_message(segment)
        if self.group is None:
            text = "UNE closes no group."
            self._refuse(Fault.OUTSIDE_A_MESSAGE, text, raw.start, "UNE")
            return
        reference, self.group = self.group.reference, None
        self._compare(headers.count_of(segment), self.in_group, segment)
        self._compare(headers.reference_of(segment, 2), reference, segment, 2)

    def _unz(self, segment: Segment, raw: Raw) -> None:
        self._end_message(segment)
        if self.group is not None:
            self._refuse(Fault.MISSING, "UNE is missing before UNZ.", raw.start, "UNZ")
        held = self.groups or len(self.found.messages)
        if not held:
            text = "There is no message in it."
            self._refuse(Fault.NOTHING_INSIDE, text, raw.start, "UNZ")
        self._compare(headers.count_of(segment), held, segment)
        header = self.found.header
        if header is not None:
            reference = headers.reference_of(segment, 2)
            self._compare(reference, header.reference, segment, 2)

    _ACTS: dict[str, Callable[["_Reading", Segment, Raw], None]] = {  # noqa: RUF012 -- it never changes.
        "UNH": _unh,
        "UNT": _unt,
        "UNG": _ung,
        "UNE": _une,
        "UNZ": _unz,
    }

    def _end_message(self, segment: Segment) -> None:
        """Refuse the message that has not ended when something else begins."""
        if self.message is not None:
            text = f"UNT is missing before {segment.tag}."
            number = self.message.segments + 1
            self._keep(Finding(Fault.MISSING, text, segment.offset, "UNT", number))
            self.message.end = segment.offset
            self.message = None

    def _compare(self, theirs: object, own: object, segment: Segment, element: int = 1) -> None:
        """Refuse a count or a reference that is another than ours."""
        if theirs != own:
            fault = Fault.COUNTS_DIFFER if element == 1 else Fault.REFERENCES_DIFFER
            text = f"{segment.tag} says {theirs}, and here it is {own}."
            number = segment.number or None
            self._keep(Finding(fault, text, segment.offset, segment.tag, number, element, 1))

    def _decoded(self, raw: Raw, number: int) -> Segment | None:
        """Return a segment as text, None where its bytes are none of the charset's."""
        tag = raw.content[:_TAG].decode("latin-1")
        try:
            text, was_wrapped = decoded(raw.content, self.found.codec, self.found.delimiters)
        except UnicodeDecodeError as error:
            text = f"These are no characters of {self.found.codec}: {error.object[error.start]:#x}."
            known = tag if tag.isalnum() else None
            self._keep(Finding(Fault.INVALID_CHARACTER, text, raw.start, known, number or None))
            return None
        if was_wrapped:
            self._note(Fault.LINE_BREAK, "Line breaks stand within segments.", raw.start, tag)
        if not text.isprintable() and any(ord(it) in _CONTROLS for it in text):
            own = self.found.delimiters.una
            if any(ord(it) in _CONTROLS and it not in own for it in text):
                finding = Finding(
                    Fault.INVALID_CHARACTER,
                    "A control character stands in it.",
                    raw.start,
                    tag if tag.isalnum() else None,
                    number or None,
                )
                self._keep(finding)
        return PartedSegment(text, self.found.delimiters, number, raw.start)

    def _refuse(self, fault: Fault, text: str, offset: int, tag: str | None = None) -> None:
        self._add(self.found.findings, Finding(fault, text, offset, tag))

    def _note(self, fault: Fault, text: str, offset: int, tag: str | None) -> None:
        """Tell a habit once."""
        if all(it.fault is not fault for it in self.found.findings):
            self.found.findings.append(Finding(fault, text, offset, tag))

    def _keep(self, finding: Finding) -> None:
        """Keep a finding with what it is about: the message that is open, or the envelope."""
        own = self.found.findings if self.message is None else self.message.findings
        self._add(own, finding)

    def _add(self, findings: list[Finding], finding: Finding) -> None:
        self.faults += 1
        if len(findings) < FINDINGS_KEPT or finding.fault is Fault.TOO_MANY:
            findings.append(finding)
