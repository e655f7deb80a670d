"""What a reader of messages is."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from commands.writing.transaction import Writing
from kit.standards.edifact.faults import Finding
from kit.standards.edifact.messages import segments_of
from kit.standards.edifact.parts import Envelope, EnvelopedMessage, MessageKind
from kit.standards.edifact.segments import Segment
from models.messages.interchanges import InterchangeMessage
from models.messages.partners import PartnerProfile


@dataclass(frozen=True)
class Incoming:
    """A message that is read: its row, its partner, its bytes, and how these are written.

    named_twice: what of it a reader has found to be named twice when it was all but taken in; it
    raised `NamedTwice` then, and takes nothing of that in now.
    """

    message: InterchangeMessage
    partner: PartnerProfile
    content: bytes
    envelope: Envelope
    named_twice: frozenset[Any] = frozenset()

    def segments(self) -> Iterator[Segment]:
        """Give its segments, of EDIFACT."""
        kind, end = MessageKind(self.message.type), len(self.content)
        whole = EnvelopedMessage(self.message.reference, kind, 0, end)
        return segments_of(self.content, self.envelope, whole)


class Reading(NamedTuple):
    """What reading a message came to. is_taken_in: whether anything of it was."""

    findings: Sequence[Finding]
    is_taken_in: bool = True


@dataclass(frozen=True)
class MessageReader:
    """What reads the messages of a type. releases: of the directories whose messages it reads.

    apply: takes a message in, in its own transaction, and returns what came of it; Refused rolls
    all of it back, so that nothing is half applied. What takes long is done beside the event loop.
    """

    releases: frozenset[str]
    apply: Callable[[Writing, Incoming], Awaitable[Reading]]
