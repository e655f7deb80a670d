"""What is told beside how much is wanted: receipts, go-aheads, and cumulative quantities."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from kit.standards.edifact.faults import Fault, Finding
from kit.standards.edifact.groups import Branch
from kit.standards.edifact.headers import Component
from kit.standards.edifact.segments import Segment
from kit.standards.schedules.dates import filled
from kit.standards.schedules.habits import OTHER
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


_INFORMING = frozenset({"RECEIVED", "DISPATCHED", OTHER})
"""Dates without which nothing is understood otherwise."""
_WITHOUT = frozenset({*_INFORMING, "PERIOD_START", "PERIOD_END", "CALCULATED"})
"""Dates of which zeros say that there is none."""


def no_date(dtm: Segment, meaning: str) -> Finding:
    """Return that a date cannot be read. It is no error where it informs only, or says none."""
    value, form = dtm.get(1, 2), dtm.get(1, 3)
    is_left_out = meaning in (_INFORMING if value.strip("0") else _WITHOUT)
    fault = Fault.ODD_FIGURE if is_left_out else Fault.INVALID_VALUE
    text = f"{value!r} is no date of format {form!r}."
    return Component(dtm, 1, 2).faulty(fault, text).finding


def has_time(quantity: Branch) -> bool:
    """Tell whether a quantity under an article has a time or a schedule of its own."""
    return bool(quantity.all("DTM") or quantity.all("SCC"))


def backwards(qty: Segment, levels: Iterable[Mapping[str, Span]]) -> Iterator[Finding]:
    """Yield that a quantity's window ends before it starts. levels: from the inside out.

    The innermost one that says when it is wanted says its window: an end of another one is of more.
    """
    dates = next((it for it in levels if it.keys() & _WHEN), {})
    first, last = dates.get("FROM"), dates.get("UNTIL")
    if (
        first is not None
        and last is not None
        and not dates.keys() & _EXACT
        and first.is_after(last)
    ):
        text = "The time until which this is wanted is before that from which it is."
        yield Component(qty, 1, 2).faulty(Fault.INVALID_VALUE, text).finding


_EXACT = frozenset({"ARRIVAL", "SHIPMENT"})
_WHEN = _EXACT | {"FROM", "UNTIL"}


def unknown_figures(every: Iterable[Segment], *, are_beside: bool) -> Iterator[Finding]:
    """Yield quantities without a time, of which nobody knows what they are.

    are_beside: whether it is said otherwise how much is wanted; then they inform only.
    """
    fault = Fault.ODD_FIGURE if are_beside else Fault.INVALID_VALUE
    for qty in every:
        text = f"Nobody says what {qty.get(1)!r} means here."
        yield Component(qty, 1).faulty(fault, text).finding


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
