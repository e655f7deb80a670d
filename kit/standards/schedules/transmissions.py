"""Transmissions of VDA 4905 in a file: what its inbox keeps of each, as of an interchange.

A transmission names its customer first and then its supplier. It is one message, and no error in
its envelope lets half of it through.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from kit.standards.edifact.envelopes import MOST_INTERCHANGES, TooManyInterchanges
from kit.standards.edifact.faults import Fault, Finding
from kit.standards.edifact.parts import (
    Envelope,
    EnvelopedMessage,
    Header,
    Identification,
    MessageKind,
)
from kit.standards.edifact.segments import BLANK, END
from kit.standards.schedules.dates import span_of
from kit.standards.schedules.records import RECORD_LENGTH, Record, records
from kit.standards.schedules.vda import RECORDS_A_TURN, counted_otherwise

TYPE = "4905"
_AGENCY = "VDA"
_FIRST, _LAST = "511", "519"
_NUMBERS = 100_000
"""How many numbers transmissions have: five digits."""
_BEGINNING = 64
"""Bytes in which a file of transmissions begins, blank ones before it."""


def are_transmissions(content: bytes) -> bool:
    """Tell whether a file begins as a transmission does."""
    return content[:_BEGINNING].lstrip(BLANK).startswith(_FIRST.encode())


def transmissions_in(content: bytes) -> Iterator[Envelope | None]:
    """Give the transmissions of a file; together they are all of its bytes. None: a pause.

    TooManyInterchanges: at the end.
    """
    current: Envelope | None = None
    counts: Counter[str] = Counter()
    number = 0
    for record in records(content):
        if current is None or record.type == _FIRST:
            if current is not None:
                yield _cut_off(current, record.offset)
            current, counts, number = _opened(record), Counter(), number + 1
            if number > MOST_INTERCHANGES:
                raise TooManyInterchanges
        counts[record.type] += 1
        if record.number % RECORDS_A_TURN == 0:
            yield None
        if record.type == _LAST:
            yield _ended(current, record, counts, content)
            current = None
    if current is not None:
        yield _cut_off(current, len(content))


def begins_again(number: str, previous: str) -> bool:
    """Tell whether numbers begin again with a transmission, and not behind 99999.

    previous: of the one that it names as the one before it.
    """
    return was_sent_before(number, previous)


def was_sent_before(number: str, other: str, begun: Iterable[tuple[str, str]] = ()) -> bool:
    """Tell whether a transmission was sent before another one of its day, by their numbers.

    They begin again behind 99999: the nearer way round tells. begun: numbers with which they began
    again elsewhere that day, each with the last one before it; what is nearer to that than to the
    new ones was sent before these.
    """
    if not all(it.isdecimal() for it in (number, other)):
        return False
    for first, last in begun:
        is_new, is_other_new = (
            _is_nearer(int(it), int(first), int(last)) for it in (number, other)
        )
        if is_new is not is_other_new:
            return is_other_new
    return 0 < _ahead(int(number), int(other)) < _NUMBERS // 2


def _is_nearer(number: int, first: int, last: int) -> bool:
    """Tell whether a number is nearer behind a first one than before a last one."""
    return _ahead(first, number) < _ahead(number, last)


def _ahead(number: int, other: int) -> int:
    """Return how far another number is ahead, on the way round."""
    return (other - number) % _NUMBERS


def _opened(record: Record) -> Envelope:
    found = Envelope(record.offset, record.offset, codec="latin-1")
    fields = record.fields() if record.type == _FIRST else {}
    if not fields.get("customer") or record.is_cut:
        text = "A transmission begins with 511, which names its customer and its day."
        found.findings.append(Finding(Fault.INVALID_START, text, record.offset, record.type))
        return found
    found.header = Header(
        identifier=_AGENCY,
        version=TYPE,
        sender=Identification(fields["customer"]),
        recipient=Identification(fields["supplier"]),
        prepared_at=_day(fields["date"]),
        reference=fields["number"],
        application="",
        wants_answer=False,
        is_test=False,
        previous=fields["old_number"] if fields["old_number"].strip("0") else "",
    )
    kind = MessageKind(TYPE, agency=_AGENCY)
    found.messages.append(EnvelopedMessage(fields["number"], kind, record.offset))
    return found


def _ended(found: Envelope, record: Record, counts: Counter[str], content: bytes) -> Envelope:
    found.findings += counted_otherwise(record, counts)
    end = min(record.offset + RECORD_LENGTH, len(content))
    _close(found, end, sum(counts.values()))
    if not content[end:].strip(BLANK + END):
        found.end = len(content)
    return found


def _cut_off(found: Envelope, end: int) -> Envelope:
    text = "519 is missing: the transmission is cut off."
    found.findings.append(Finding(Fault.MISSING, text, found.start, _LAST))
    _close(found, end, 0)
    return found


def _close(found: Envelope, end: int, segments: int) -> None:
    found.end = end
    for message in found.messages:
        message.end, message.segments = end, segments


def _day(text: str) -> datetime | None:
    try:
        return span_of(text, "101").start
    except ValueError:
        return None
