"""What can be wrong with an interchange, by the codes with which CONTRL tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

LONGEST_TEXT = 500
"""Characters of what a finding says: it may quote what it is about, however long that is."""


def shortened(text: str) -> str:
    """Return a text with no more characters than a finding says."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


class Fault(StrEnum):
    """What is wrong: the syntax error codes (0085) that we tell, and some of ours."""

    VERSION_NOT_SUPPORTED = "VERSION_NOT_SUPPORTED"
    NOT_THE_RECIPIENT = "NOT_THE_RECIPIENT"
    INVALID_VALUE = "INVALID_VALUE"
    MISSING = "MISSING"
    NOT_IN_THIS_PLACE = "NOT_IN_THIS_PLACE"
    INVALID_DECIMAL = "INVALID_DECIMAL"
    INVALID_SERVICE_CHARACTER = "INVALID_SERVICE_CHARACTER"
    INVALID_CHARACTER = "INVALID_CHARACTER"
    INVALID_START = "INVALID_START"
    UNKNOWN_SENDER = "UNKNOWN_SENDER"
    DUPLICATE_REFERENCE = "DUPLICATE_REFERENCE"
    REFERENCES_DIFFER = "REFERENCES_DIFFER"
    COUNTS_DIFFER = "COUNTS_DIFFER"
    GROUPS_AND_MESSAGES_MIXED = "GROUPS_AND_MESSAGES_MIXED"
    NOTHING_INSIDE = "NOTHING_INSIDE"
    OUTSIDE_A_MESSAGE = "OUTSIDE_A_MESSAGE"
    TOO_MANY = "TOO_MANY"
    NO_DIGIT_BEFORE_DECIMAL_MARK = "NO_DIGIT_BEFORE_DECIMAL_MARK"
    TOO_LONG = "TOO_LONG"
    CHARSET_NOT_SUPPORTED = "CHARSET_NOT_SUPPORTED"
    OTHER_CHARSET = "OTHER_CHARSET"
    LINE_BREAK = "LINE_BREAK"
    NOT_IN_FORCE = "NOT_IN_FORCE"
    OUT_OF_SEQUENCE = "OUT_OF_SEQUENCE"
    ODD_RECEIPT = "ODD_RECEIPT"
    ODD_FIGURE = "ODD_FIGURE"
    UNIT_MISMATCH = "UNIT_MISMATCH"


SYNTAX_CODES: Mapping[Fault, int] = MappingProxyType(
    {
        Fault.VERSION_NOT_SUPPORTED: 2,
        Fault.NOT_THE_RECIPIENT: 7,
        Fault.INVALID_VALUE: 12,
        Fault.UNIT_MISMATCH: 12,
        Fault.MISSING: 13,
        Fault.NOT_IN_THIS_PLACE: 15,
        Fault.INVALID_DECIMAL: 19,
        Fault.INVALID_SERVICE_CHARACTER: 20,
        Fault.INVALID_CHARACTER: 21,
        Fault.INVALID_START: 22,
        Fault.UNKNOWN_SENDER: 23,
        Fault.DUPLICATE_REFERENCE: 26,
        Fault.REFERENCES_DIFFER: 28,
        Fault.COUNTS_DIFFER: 29,
        Fault.GROUPS_AND_MESSAGES_MIXED: 30,
        Fault.NOTHING_INSIDE: 32,
        Fault.OUTSIDE_A_MESSAGE: 33,
        Fault.TOO_MANY: 35,
        Fault.NO_DIGIT_BEFORE_DECIMAL_MARK: 38,
        Fault.TOO_LONG: 39,
        Fault.CHARSET_NOT_SUPPORTED: 46,
    }
)
"""Fault -> UN/EDIFACT 0085. Those without a code are habits that we read past, and what waits."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where.

    offset: of the byte in the interchange where its segment begins. tag: of that segment; number:
    of it in its message, UNH being 1, None outside of messages. element, component: from 1.
    """

    fault: Fault
    text: str
    offset: int
    tag: str | None = None
    number: int | None = None
    element: int | None = None
    component: int | None = None

    def __post_init__(self) -> None:
        """Shorten the text."""
        object.__setattr__(self, "text", shortened(self.text))

    @property
    def is_error(self) -> bool:
        """Whether what it is about is refused because of it."""
        return self.fault in SYNTAX_CODES


class Faulty(ValueError):
    """A value is not written as EDIFACT has it. finding: says how."""

    def __init__(self, finding: Finding) -> None:
        """Take what is wrong."""
        super().__init__(finding.text)
        self.finding = finding
