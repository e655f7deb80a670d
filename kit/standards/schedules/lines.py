"""One line of a schedule: from the meanings of its codes to its kind, commitment and time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from kit.standards.edifact.segments import Segment
from kit.standards.schedules.dates import bucket_of, filled
from kit.standards.schedules.messages import (
    LineCommitment,
    LineDate,
    LineKind,
    PlannedQuantity,
    Span,
)

_COMMITMENTS: Mapping[str, LineCommitment] = {
    "FIRM": "FIRM",
    "MAKE_AND_MATERIAL": "MAKE_AND_MATERIAL",
    "MATERIAL": "MATERIAL",
    "BACKLOG": "FIRM",
    "IMMEDIATE": "FIRM",
    "BACKLOG_IF_PAST": "FIRM",
}
"""What a commitment binds to; what is overdue or wanted at once is firm."""


@dataclass
class Codes:
    """What the codes of a line mean. meaning: of its quantity. commitment, bucket: of its SCC."""

    qty: Segment
    scc: Segment | None
    meaning: str
    commitment: str = ""
    bucket: str = "DAY"
    pattern: str = ""

    @property
    def sent(self) -> str:
        """Return the code as it was sent, that of the quantity where no SCC says one."""
        named = self.qty if self.scc is None else self.scc
        return f"{named.tag} {named.get(1)}".strip()


def line_of(
    codes: Codes, quantity: Decimal, dates: Mapping[str, Span], issued: Span | None
) -> PlannedQuantity | None:
    """Return the line. dates: of its own. None where nothing says when it is wanted."""
    meaning, span = _when(dates)
    if span is not None and codes.bucket:
        span = filled(codes.bucket, span)
    kind = _kind(codes, span, issued)
    if span is None and kind == "SCHEDULED":
        return None
    return PlannedQuantity(
        quantity,
        kind,
        "FIRM" if kind != "SCHEDULED" else _COMMITMENTS.get(codes.commitment, "FORECAST"),
        bucket_of(codes.bucket),
        meaning,
        span,
        codes.sent,
        codes.pattern,
        codes.qty.get(1, 3),
        codes.qty.number,
    )


def time_of(dates: Mapping[str, Span]) -> Span | None:
    """Return of which time something is, None where nothing says it. dates: of its own."""
    return _when(dates)[1]


def wanted_around(scopes: Iterable[Mapping[str, Span]]) -> Mapping[str, Span]:
    """Return when what stands in scopes is wanted, by the innermost one that says it: a day.

    From when and until when something holds is no day on which it is wanted.
    """
    own = ({it: each[it] for it in ("ARRIVAL", "SHIPMENT") if it in each} for each in scopes)
    return next(filter(None, own), {})


def _when(dates: Mapping[str, Span]) -> tuple[LineDate, Span | None]:
    """Return what a line's date is about, and its time: a window where it has both ends."""
    meaning: LineDate = "ARRIVAL" if "SHIPMENT" not in dates or "ARRIVAL" in dates else "SHIPMENT"
    if (exact := dates.get(meaning)) is not None:
        return meaning, exact
    first, last = dates.get("FROM"), dates.get("UNTIL")
    if first is None or last is None:
        return meaning, first or last
    is_comparable = (first.start.tzinfo is None) == (last.end.tzinfo is None)
    if is_comparable and first.start < last.until:
        return meaning, Span(first.start, last.until)
    return meaning, first


def _kind(codes: Codes, span: Span | None, issued: Span | None) -> LineKind:
    meanings = {codes.meaning, codes.commitment}
    if "BACKLOG_IF_PAST" in meanings and is_past(span, issued):
        return "BACKLOG"
    if "BACKLOG" in meanings:
        return "BACKLOG"
    return "IMMEDIATE" if meanings & {"IMMEDIATE", "BACKLOG_IF_PAST"} else "SCHEDULED"


def is_past(span: Span | None, issued: Span | None) -> bool:
    """Tell whether a time lies on days before that of the message."""
    return span is not None and issued is not None and span.start.date() < issued.start.date()


def first_firm_as_backlog(lines: list[PlannedQuantity], issued: Span | None) -> None:
    """Make backlog of the first firm line, if it is of the day of issue or before."""
    for place, line in enumerate(lines):
        if line.commitment == "FIRM" and line.kind == "SCHEDULED":
            day = line.span and line.span.start.date()
            if day and issued and day <= issued.start.date():
                lines[place] = replace(line, kind="BACKLOG")
            return
