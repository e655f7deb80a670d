"""UNB, UNG and UNH: what they say, and what of it is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.standards.edifact.charsets import CODECS
from kit.standards.edifact.faults import Fault, Faulty, Finding
from kit.standards.edifact.parts import FunctionalGroup, Header, Identification, MessageKind
from kit.standards.edifact.segments import Segment

_VERSIONS = frozenset("1234")
LONGEST_REFERENCE = 14
_LONGEST_CODE, _LONGEST_QUALIFIER = 35, 4
_FORMATS = {("6", "4"): "%y%m%d%H%M", ("8", "4"): "%Y%m%d%H%M"}
"""Digits of date and time (S004) -> how they are read; syntax 4 has years of four digits."""


@dataclass(frozen=True)
class Component:
    """A component of a segment that is read."""

    segment: Segment
    element: int
    component: int = 1

    @property
    def value(self) -> str:
        """Return what stands there."""
        return self.segment.get(self.element, self.component)

    def faulty(self, fault: Fault, text: str) -> Faulty:
        """Return that what stands there is wrong."""
        at = self.segment
        number = at.number or None
        finding = Finding(fault, text, at.offset, at.tag, number, self.element, self.component)
        return Faulty(finding)

    def needed(self, longest: int, what: str) -> str:
        """Return what stands there. Faulty: nothing does, or more than fits."""
        found = self.value
        if not found.strip():
            raise self.faulty(Fault.MISSING, f"{self.segment.tag} has no {what}.")
        if len(found) > longest:
            text = f"The {what} has more than {longest} characters."
            raise self.faulty(Fault.TOO_LONG, text)
        return found


def header_of(unb: Segment) -> Header:
    """Read a UNB. Faulty: what is missing, too long, or of a version or charset nobody reads."""
    identifier = Component(unb, 1).needed(4, "syntax identifier")
    if identifier not in CODECS:
        text = f"Nobody reads the characters of {identifier}."
        raise Component(unb, 1).faulty(Fault.CHARSET_NOT_SUPPORTED, text)
    version = Component(unb, 1, 2).needed(1, "syntax version")
    if version not in _VERSIONS:
        text = f"There is no syntax version {version}."
        raise Component(unb, 1, 2).faulty(Fault.VERSION_NOT_SUPPORTED, text)
    return Header(
        identifier=identifier,
        version=version,
        sender=_address(unb, 2, "sender"),
        recipient=_address(unb, 3, "recipient"),
        prepared_at=_prepared_at(unb),
        reference=Component(unb, 5).needed(LONGEST_REFERENCE, "control reference"),
        application=unb.get(7),
        wants_answer=unb.get(9) == "1",
        is_test=unb.get(11) == "1",
    )


def _address(segment: Segment, element: int, what: str) -> Identification:
    qualifier = segment.get(element, 2)
    if len(qualifier) > _LONGEST_QUALIFIER:
        text = f"The qualifier of the {what} is too long."
        raise Component(segment, element, 2).faulty(Fault.TOO_LONG, text)
    return Identification(Component(segment, element).needed(_LONGEST_CODE, what), qualifier)


def _prepared_at(unb: Segment) -> datetime | None:
    """Return when it was prepared. Faulty: a date that is none."""
    day, clock = unb.get(4), unb.get(4, 2)
    form = _FORMATS.get((str(len(day)), str(len(clock))))
    if form is not None and (day + clock).isascii() and (day + clock).isdigit():
        try:
            return datetime.strptime(day + clock, form)  # noqa: DTZ007 -- UNB knows no zone.
        except ValueError:
            pass
    if not day:
        raise Component(unb, 4).faulty(Fault.MISSING, "UNB has no date.")
    raise Component(unb, 4).faulty(Fault.INVALID_VALUE, "This is no date and time.")


def group_of(ung: Segment, number: int) -> FunctionalGroup:
    """Read a UNG. Faulty: what is missing or too long."""
    return FunctionalGroup(
        number,
        Component(ung, 5).needed(LONGEST_REFERENCE, "group reference"),
        Identification(ung.get(2), ung.get(2, 2)),
        Identification(ung.get(3), ung.get(3, 2)),
    )


def message_kind(unh: Segment) -> MessageKind:
    """Return the type of message that a UNH says. Faulty: it says none."""
    parts: Sequence[tuple[int, str]] = ((6, "message type"), (3, "version"), (3, "release"))
    values = [Component(unh, 2, at).needed(most, what) for at, (most, what) in enumerate(parts, 1)]
    agency = Component(unh, 2, 4).needed(3, "controlling agency")
    return MessageKind(values[0], values[1], values[2], agency, unh.get(2, 5)[:6])


def reference_of(segment: Segment, element: int) -> str:
    """Return a control reference. Faulty: there is none, or it is too long."""
    return Component(segment, element).needed(LONGEST_REFERENCE, "reference")


def count_of(segment: Segment, element: int = 1) -> int:
    """Return a control count. Faulty: it is no number."""
    place = Component(segment, element)
    found = place.needed(10, "control count")
    if not (found.isascii() and found.isdigit()):
        raise place.faulty(Fault.INVALID_VALUE, "The control count is no number.")
    return int(found)
