"""What is told beside how much is wanted: receipts, go-aheads, and cumulative quantities."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from kit.standards.edifact.faults import Fault, Finding
from kit.standards.edifact.headers import Component
from kit.standards.edifact.segments import Segment
from kit.standards.schedules.dates import filled
from kit.standards.schedules.lines import time_of
from kit.standards.schedules.messages import CountedReceipt, GoAhead, PlannedQuantity, Span

GO_AHEAD_FIELDS = {"MAKE_AND_MATERIAL": "production", "MATERIAL": "material"}
"""Of an SCC -> what a cumulative quantity under it is a go-ahead for."""


def receipt_of(
    qty: Segment, quantity: Decimal, rff: Segment | None, dates: Mapping[str, Span]
) -> CountedReceipt:
    """Return a receipt. rff: that names its delivery note; dates: what is said of both."""
    return CountedReceipt(
        "" if rff is None else rff.get(1, 2),
        quantity,
        dates.get("RECEIVED"),
        dates.get("DISPATCHED"),
        qty.number,
        qty.get(1, 3),
    )


def go_ahead_of(qty: Segment, quantity: Decimal, dates: Mapping[str, Span]) -> GoAhead:
    """Return a go-ahead. dates: its own and those around it."""
    until = dates.get("UNTIL") or dates.get("PERIOD_END")
    return GoAhead(quantity, until, qty.number, qty.get(1, 3))


class CumulativeTime(NamedTuple):
    """Up to what cumulative quantity something is wanted. span: until when, None for no time.

    is_beside: whether it stands beside how much is wanted.
    """

    qty: Segment
    span: Span | None
    is_beside: bool

    @classmethod
    def of(
        cls, qty: Segment, bucket: str, dates: Mapping[str, Span], *, is_beside: bool
    ) -> "CumulativeTime":
        """Return it. bucket, dates: of its schedule."""
        span = time_of(dates)
        return cls(qty, filled(bucket, span) if span and bucket else span, is_beside)


def without_amounts(
    upto: Sequence[CumulativeTime], lines: Iterable[PlannedQuantity]
) -> Iterator[Finding]:
    """Yield cumulative quantities of times for which it is not said how much is wanted.

    Where that is said of none, all of the article is told elsewhere.
    """
    starts = {it.span and it.span.start for it in lines}
    text = (
        "It says up to what cumulative quantity something is wanted then, and not how much, which"
        " is not read as a schedule."
    )
    for qty, span, is_beside in upto if starts else ():
        has_amount = is_beside if span is None else span.start in starts
        if not has_amount:
            yield Component(qty, 1).faulty(Fault.INVALID_VALUE, text).finding
