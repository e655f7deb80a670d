"""What is known of an interchange once its envelope was read: header, messages, findings."""

from dataclasses import dataclass, field
from datetime import datetime

from kit.standards.edifact.delimiters import Delimiters
from kit.standards.edifact.faults import Finding


@dataclass(frozen=True)
class Identification:
    """Who sends or takes. code: 0004 or 0010. qualifier: of that (0007), "" for none."""

    code: str
    qualifier: str = ""


@dataclass(frozen=True)
class Header:
    """What UNB says. prepared_at: without a zone, as it was written.

    wants_answer: 0031. is_test: 0035. previous: the reference of the one before it, "" where it
    names none.
    """

    identifier: str
    version: str
    sender: Identification
    recipient: Identification
    prepared_at: datetime | None
    reference: str
    application: str
    wants_answer: bool
    is_test: bool
    previous: str = ""


@dataclass(frozen=True)
class MessageKind:
    """Type, version, release, agency and association code of a message (S009)."""

    type: str
    version: str = ""
    release: str = ""
    agency: str = ""
    association: str = ""

    def __str__(self) -> str:
        """Write it as UNH does."""
        own = (self.type, self.version, self.release, self.agency, self.association)
        return ":".join(own).rstrip(":")


@dataclass(frozen=True)
class FunctionalGroup:
    """What UNG says. number: of the group in its interchange."""

    number: int
    reference: str
    sender: Identification
    recipient: Identification


@dataclass
class EnvelopedMessage:
    """A message: from its UNH, at start, to the end of its UNT. segments: with both of them."""

    reference: str
    kind: MessageKind
    start: int
    end: int = 0
    segments: int = 0
    group: FunctionalGroup | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing of its syntax is wrong."""
        return not any(it.is_error for it in self.findings)


@dataclass
class Envelope:
    """An interchange that was read: the bytes from start to end.

    header: None where there is none that can be read. findings: of its envelope; what is an error
    of its own refuses all of it.
    """

    start: int
    end: int
    delimiters: Delimiters = field(default_factory=Delimiters)
    codec: str = "ascii"
    header: Header | None = None
    messages: list[EnvelopedMessage] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether its envelope is; what is in its messages may still be wrong."""
        return not any(it.is_error for it in self.findings)
