"""The segments of a message, read again from where its envelope found it."""

from collections.abc import Iterator

from kit.standards.edifact.parts import Envelope, EnvelopedMessage
from kit.standards.edifact.segments import Segment, decoded, scan


def segments_of(content: bytes, of: Envelope, message: EnvelopedMessage) -> Iterator[Segment]:
    """Give the segments of a whole message, UNH and UNT too. content: of the file."""
    raws = scan(content, message.start, message.end, of.delimiters)
    for number, raw in enumerate(raws, 1):
        text, _ = decoded(raw.content, of.codec, of.delimiters)
        yield Segment(text, of.delimiters, number, raw.start)
