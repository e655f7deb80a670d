"""Files as they are taken in: in bounded memory, whatever stands in them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kit.standards.edifact.envelopes import FINDINGS_KEPT, TooManyInterchanges, split_in_steps
from kit.standards.edifact.faults import SYNTAX_CODES, Fault, Finding
from kit.standards.edifact.parts import Envelope, EnvelopedMessage
from kit.standards.edifact.segments import BLANK, END
from kit.standards.schedules import transmissions

LARGEST_FILE = 16 * 1024 * 1024
"""Bytes of a file that is read; of one that is larger, no more than its beginning is kept."""
TAKEN_AT_ONCE = 100
"""Interchanges of a file that are taken in by one transaction."""
HEAD = 4 * 1024
"""Bytes that are kept of a file that is too large, or has too many interchanges."""


@dataclass(frozen=True)
class File:
    """A file: its bytes, and of one that is too large only the first.

    size: of all. sha256: of all that was read of it.
    """

    content: bytes
    size: int
    sha256: str

    @classmethod
    def of(cls, chunks: Iterable[bytes], beyond: int = 0) -> "File":
        """Read a file from its parts, none of which is kept beyond the largest file.

        beyond: bytes that it has besides, which are not read.
        """
        kept, size, digest = bytearray(), beyond, hashlib.sha256()
        for chunk in chunks:
            size += len(chunk)
            digest.update(chunk)
            if len(kept) <= LARGEST_FILE:
                kept += chunk[: LARGEST_FILE + 1 - len(kept)]
        content = bytes(kept) if size <= LARGEST_FILE else bytes(kept[:HEAD])
        return cls(content, size, digest.hexdigest())


@dataclass(frozen=True)
class Piece:
    """An interchange of a file, and its own bytes, from which its places are counted.

    size, sha256: of the bytes, or of the whole file where it is too large.
    """

    content: bytes
    size: int
    sha256: str
    envelope: Envelope

    def part(self, start: int, end: int) -> bytes:
        """Return bytes between two places of the file."""
        return self.content[start - self.envelope.start : end - self.envelope.start]


def pieces(file: File, charset: str | None = None) -> Iterator[Piece | None]:
    """Give the interchanges of a file; what is blank behind one is no difference. None: a pause.

    charset: that of a partner, whatever UNB says; transmissions of VDA 4905 have always the same.
    TooManyInterchanges: at the end.
    """
    for envelope in _envelopes(file.content, charset):
        if envelope is None:
            yield None
            continue
        content = file.content[envelope.start : envelope.end]
        if len(file.content) == file.size:
            kept = content.strip(BLANK + END)
            yield Piece(content, len(content), hashlib.sha256(kept).hexdigest(), envelope)
        else:
            text = f"It has {file.size:,} bytes, and {LARGEST_FILE:,} are the most."
            yield _beginning(file, envelope, text)
            return


def pieces_or_beginning(file: File) -> list[Piece]:
    """Return the interchanges of a file, and its beginning alone where it has too many of them."""
    try:
        return [*filter(None, pieces(file))]
    except TooManyInterchanges as error:
        start = file.content[:HEAD]
        envelope = next(filter(None, _envelopes(start, None)))
        return [_beginning(replace(file, content=start), envelope, str(error))]


def _beginning(file: File, envelope: Envelope, text: str) -> Piece:
    """Return a file, of which no more than its beginning is kept, as one that is refused."""
    envelope.findings[:] = [Finding(Fault.TOO_MANY, text, 0)]
    envelope.messages.clear()
    return Piece(file.content, file.size, file.sha256, envelope)


def _envelopes(content: bytes, charset: str | None) -> Iterator[Envelope | None]:
    if transmissions.are_transmissions(content):
        return transmissions.transmissions_in(content)
    return split_in_steps(content, charset)


def first_of(file: File, charset: str | None = None) -> Iterator[Piece | None]:
    """Give the first interchange of a file, and pauses before it."""
    for piece in pieces(file, charset):
        yield piece
        if piece is not None:
            return


def storable(text: str) -> str:
    """Return a text without what PostgreSQL takes for none."""
    return "".join(it if it.isprintable() else "\N{REPLACEMENT CHARACTER}" for it in text)


def kept_findings(findings: Iterable[Finding], start: int) -> list[dict[str, Any]]:
    """Return findings as rows keep them. start: of what they are counted from."""
    return [_kept(it, start) for it in list(findings)[: FINDINGS_KEPT + 1]]


def _kept(finding: Finding, start: int) -> dict[str, Any]:
    return {
        "code": finding.fault.value,
        "syntax_code": SYNTAX_CODES.get(finding.fault),
        "text": storable(finding.text),
        "is_error": finding.is_error,
        "offset": max(0, finding.offset - start),
        "tag": None if finding.tag is None else storable(finding.tag),
        "segment_no": finding.number,
        "element_no": finding.element,
        "component_no": finding.component,
    }


def envelope_columns(piece: Piece) -> Mapping[str, Any]:
    """Return the columns of an interchange that its bytes say."""
    envelope, header = piece.envelope, piece.envelope.header
    own: dict[str, Any] = {
        "codec": envelope.codec,
        "service_characters": envelope.delimiters.una[len("UNA") :],
        "findings": kept_findings(envelope.findings, envelope.start),
        "wants_answer": header is not None and header.wants_answer,
        "is_test": header is not None and header.is_test,
    }
    if header is None:
        return own
    prepared, previous = header.prepared_at, header.previous
    begins = transmissions.begins_again(header.reference, previous)
    return own | {
        "sender": storable(header.sender.code),
        "sender_qualifier": storable(header.sender.qualifier),
        "recipient": storable(header.recipient.code),
        "recipient_qualifier": storable(header.recipient.qualifier),
        "reference": storable(header.reference),
        "begins_after": storable(previous) if begins else None,
        "prepared": None if prepared is None else prepared.isoformat(timespec="minutes"),
        "syntax": f"{header.identifier}:{header.version}",
        "application": storable(header.application) or None,
    }


def message_columns(message: EnvelopedMessage, start: int) -> Mapping[str, Any]:
    """Return the columns of a message that its bytes say. start: of its interchange."""
    kind, group = message.kind, message.group
    names = ("type", "version", "release", "agency", "association")
    return {
        "reference": storable(message.reference),
        **{name: storable(getattr(kind, name)) for name in names},
        "group_reference": None if group is None else storable(group.reference),
        "start": message.start - start,
        "length": message.end - message.start,
        "segment_count": message.segments,
        "findings": kept_findings(message.findings, start),
    }
