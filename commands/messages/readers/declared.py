"""What a reader of messages is."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from commands.writing.transaction import Writing
from kit.standards.edifact.faults import Finding
from kit.standards.edifact.groups import Branch, Group, Seg
from models.messages.interchanges import InterchangeMessage
from models.messages.partners import PartnerProfile


@dataclass(frozen=True)
class Incoming:
    """A message that is read: its row, its partner, its segments in the groups of its table."""

    message: InterchangeMessage
    partner: PartnerProfile
    content: Branch


@dataclass(frozen=True)
class MessageReader:
    """What reads the messages of a type. releases: of the directories whose messages it reads.

    apply: takes a message in, in its own transaction, and returns what it finds; Refused rolls all
    of it back, so that nothing is half applied.
    """

    releases: frozenset[str]
    table: Sequence[Seg | Group]
    apply: Callable[[Writing, Incoming], Awaitable[Sequence[Finding]]]
