"""What a reader of messages is."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from commands.writing.transaction import Writing
from kit.standards.edifact import groups
from kit.standards.edifact.faults import Finding
from kit.standards.edifact.groups import Group, Seg
from kit.standards.edifact.messages import segments_of
from kit.standards.edifact.parts import Envelope, EnvelopedMessage
from models.messages.interchanges import InterchangeMessage
from models.messages.partners import PartnerProfile


@dataclass(frozen=True)
class Incoming:
    """A message that is read: its row, its partner, and what its bytes were parsed into."""

    message: InterchangeMessage
    partner: PartnerProfile
    content: Any


@dataclass(frozen=True)
class MessageBytes:
    """The bytes of a message that is read, and how they are written."""

    content: bytes
    envelope: Envelope
    message: EnvelopedMessage


def grouped(table: Sequence[Seg | Group]) -> "Parsing":
    """Return what parses segments into the groups of a table."""

    def parse(it: MessageBytes) -> Iterator[tuple[Any, Sequence[Finding]] | None]:
        return groups.parse_in_steps(table, segments_of(it.content, it.envelope, it.message))

    return parse


Parsing = Callable[[MessageBytes], Iterator[tuple[Any, Sequence[Finding]] | None]]
"""What parses the bytes of a message, and tells what it finds; None: a pause."""


@dataclass(frozen=True)
class MessageReader:
    """What reads the messages of a type. releases: of the directories whose messages it reads.

    parse: makes of the bytes what `apply` reads, a `Branch` for EDIFACT (`grouped`).
    apply: takes a message in, in its own transaction, and returns what it finds; Refused rolls all
    of it back, so that nothing is half applied.
    """

    releases: frozenset[str]
    parse: Parsing
    apply: Callable[[Writing, Incoming], Awaitable[Sequence[Finding]]]
