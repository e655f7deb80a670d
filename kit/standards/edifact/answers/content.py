"""APERAK (D.96A): what became of what a message says, beyond its syntax."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from textwrap import wrap

from kit.standards.edifact.answers.control import APERAK
from kit.standards.edifact.groups import Group, Seg
from kit.standards.edifact.parts import MessageKind
from kit.standards.edifact.writing import SegmentParts

KIND = MessageKind(APERAK, "D", "96A", "UN")
_PLACES = Group("PLACE", (Seg("RFF"), Seg("FTX", 9)), 9)
TABLE: Sequence[Seg | Group] = (
    Seg("UNH", is_needed=True),
    Seg("BGM", is_needed=True),
    Seg("DTM", 9),
    Seg("FTX", 9),
    Seg("CNT", 9),
    Group("REFERENCE", (Seg("RFF"), Seg("DTM", 9)), 9),
    Group("PARTY", (Seg("NAD"), Seg("CTA", 9), Seg("COM", 9)), 9),
    Group(
        "ERROR",
        (Seg("ERC"), Seg("FTX"), Group("REFERENCE", (Seg("RFF"), Seg("FTX", 9)), 9)),
        99_999,
    ),
    Seg("UNT"),
)
"""Segments and groups of D.96A."""
_ACKNOWLEDGED, _IN_ERROR = "312", "313"
_LONGEST_TEXT, _MOST_TEXTS, _MOST_NOTES = 70, 5, 9
_UNSPECIFIED = 18
"""Of 0085, whose codes are told as ours (3055: 91, assigned by the seller)."""


class Verdict(StrEnum):
    """What became of a message (1225): all, some or nothing of it holds, or that is not decided."""

    ALL = "29"
    SOME = "34"
    NOTHING = "27"
    HELD = "23"


@dataclass(frozen=True)
class Remark:
    """What is wrong with a message. code: of 0085, None for what has none there."""

    code: int | None
    text: str


@dataclass(frozen=True)
class Reply:
    """What became of a message. remarks: what is wrong with it, notes: what else is to be said."""

    verdict: Verdict
    remarks: Sequence[Remark] = ()
    notes: Sequence[str] = ()


def application_body(
    interchange: str, message: str, reply: Reply, now: datetime
) -> Sequence[SegmentParts]:
    """Return the segments of an APERAK. interchange, message: references of what it answers.

    Of more notes than it has room for the first ones are told.
    """
    name = _IN_ERROR if reply.remarks else _ACKNOWLEDGED
    return [
        ("BGM", name, f"{interchange}/{message}"[:35], reply.verdict.value),
        ("DTM", ("137", now.strftime("%Y%m%d%H%M"), "203")),
        *(_text(it) for it in reply.notes[:_MOST_NOTES]),
        ("RFF", ("AGO", interchange)),
        ("RFF", ("ACW", message)),
        *(segment for each in reply.remarks for segment in _of(each)),
    ]


def _of(remark: Remark) -> Iterator[SegmentParts]:
    yield ("ERC", (str(remark.code or _UNSPECIFIED), "", "91"))
    yield _text(remark.text)


def _text(text: str) -> SegmentParts:
    """Return a text in lines, whose words are whole."""
    lines = wrap(" ".join(text.split()), _LONGEST_TEXT, break_on_hyphens=False)
    return ("FTX", "AAO", "", "", lines[:_MOST_TEXTS])
