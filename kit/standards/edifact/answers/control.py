"""CONTRL: what is said of an interchange's syntax; D.3 for its versions 1 to 3, 4.1 for 4."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from kit.standards.edifact.charsets import CODECS
from kit.standards.edifact.faults import SYNTAX_CODES, Finding
from kit.standards.edifact.parts import (
    Envelope,
    EnvelopedMessage,
    Header,
    Identification,
    MessageKind,
)
from kit.standards.edifact.writing import Element, SegmentParts

ACKNOWLEDGED, REFUSED = "7", "4"
"""Action codes (0083): this level with what is not refused below it; all of this level."""
CONTRL, APERAK = "CONTRL", "APERAK"
ANSWERS = frozenset({CONTRL, APERAK})
"""Types of messages that say something of another one, and are never answered."""
_NEWEST = "4"
_ENVELOPE = frozenset({"UNH", "UNT"})


def kind_for(header: Header) -> MessageKind:
    """Return the version of CONTRL that goes with an interchange's syntax."""
    if header.version == _NEWEST:
        return MessageKind(CONTRL, "4", "1", "UN")
    return MessageKind(CONTRL, "D", "3", "UN")


def can_be_answered(of: Envelope) -> bool:
    """Tell whether it is EDIFACT that is no answer itself: what says something of another one."""
    is_edifact = of.header is not None and of.header.identifier in CODECS
    return is_edifact and not any(it.kind.type in ANSWERS for it in of.messages)


def body(header: Header, of: Envelope) -> Sequence[SegmentParts]:
    """Return the segments of the CONTRL of an interchange, whose header it has."""
    worst = next((it for it in of.findings if it.is_error), None)
    lines: list[SegmentParts] = [
        ("UCI", header.reference, _pair(header.sender), _pair(header.recipient), *_action(worst))
    ]
    if worst is None:
        refused = [it for it in of.messages if not it.is_whole]
        for group, messages in groupby(refused, lambda it: it.group):
            if group is not None:
                sides = (_pair(group.sender), _pair(group.recipient))
                lines.append(("UCF", group.reference, *sides, ACKNOWLEDGED))
            for message in messages:
                lines += _of_message(message)
    return lines


def _pair(address: Identification) -> Element:
    return (address.code, address.qualifier)


def _action(finding: Finding | None) -> Sequence[Element]:
    """Return action, error code, tag and place of UCI and UCM."""
    if finding is None:
        return (ACKNOWLEDGED,)
    code, tag, *place = _error(finding)
    return (REFUSED, code, tag, *place)


def _error(finding: Finding) -> Sequence[Element]:
    element = "" if finding.element is None else str(finding.element + 1)
    component = "" if finding.component is None else str(finding.component)
    return (str(SYNTAX_CODES[finding.fault]), finding.tag or "", (element, component))


def _of_message(message: EnvelopedMessage) -> Iterator[SegmentParts]:
    kind = message.kind
    own = (kind.type, kind.version, kind.release, kind.agency, kind.association)
    errors = [it for it in message.findings if it.is_error]
    outer = next((it for it in errors if it.tag in _ENVELOPE), None)
    action = (REFUSED,) if outer is None else _action(outer)
    yield ("UCM", message.reference, own, *action)
    inner = [it for it in errors if it.tag not in _ENVELOPE and it.number is not None]
    for number, findings in groupby(inner, lambda it: it.number):
        yield from _of_segment(str(number), list(findings))


def _of_segment(number: str, findings: Sequence[Finding]) -> Iterator[SegmentParts]:
    whole = next((it for it in findings if it.element is None), None)
    yield ("UCS", number, "" if whole is None else str(SYNTAX_CODES[whole.fault]))
    for each in findings:
        if each.element is not None:
            code, _, place = _error(each)
            yield ("UCD", code, place)
