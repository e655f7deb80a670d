"""A schedule message, whatever it was written in: what it says of each article and place.

Times are as they were written: without a zone where the message names none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from kit.standards.edifact.faults import Finding

MOST_FINDINGS = 200
"""Of an article, and of what is no single one's: a message of many faults tells no more."""
MOST_LINES = 5_000
"""Of an article at a place."""
PORTION, MOST_ARTICLES = 2_500, 250
"""Lines and articles of a message that are held at a time; the last article may have more."""
_MOMENT = timedelta(minutes=1)
"""How long a moment is at most: a minute, or a second."""
LineKind = Literal["SCHEDULED", "BACKLOG", "IMMEDIATE"]
LineCommitment = Literal["FIRM", "MAKE_AND_MATERIAL", "MATERIAL", "FORECAST"]
LineBucket = Literal["DAY", "WEEK", "MONTH", "PERIOD", "FLEXIBLE"]
LineDate = Literal["ARRIVAL", "SHIPMENT"]
ReplacedBy = Literal["WHOLE", "ARTICLE", "UPDATE"]
"""WHOLE: it replaces all that was sent before, also articles that it does not name. ARTICLE: it
replaces the schedules of those that it names. UPDATE: it changes single lines of them."""


@dataclass(frozen=True)
class Span:
    """A stretch of time; end: the first instant behind it."""

    start: datetime
    end: datetime

    @property
    def until(self) -> datetime:
        """Return when ends what lasts until this: at a moment itself, and with the last of days."""
        return self.start if self.end - self.start <= _MOMENT else self.end

    def is_after(self, other: "Span") -> bool:
        """Tell whether all of it lies after another one; not where only one says its zone."""
        if (self.start.tzinfo is None) != (other.start.tzinfo is None):
            return False
        return other.start < self.start and other.until <= self.start


@dataclass(frozen=True)
class PlannedQuantity:
    """One line of a schedule. span: None where it is wanted without a date.

    code: that of the schedule, as it was sent ("SCC 1", "333333"). pattern: of the days, likewise.
    segment: the number in the message (or of the record) that says the quantity.
    """

    quantity: Decimal
    kind: LineKind
    commitment: LineCommitment
    bucket: LineBucket
    date_meaning: LineDate
    span: Span | None
    code: str
    pattern: str
    unit: str
    segment: int


@dataclass(frozen=True)
class CountedReceipt:
    """A delivery that the customer has counted in. note: of ours, "" where it says none."""

    note: str
    quantity: Decimal
    received: Span | None
    dispatched: Span | None
    segment: int
    unit: str = ""


@dataclass(frozen=True)
class GoAhead:
    """Up to which cumulative quantity, and until when, something may be done at its risk."""

    quantity: Decimal
    until: Span | None
    segment: int
    unit: str = ""


@dataclass(frozen=True)
class Remainder:
    """What is forecast beyond the last day: a figure, wanted on no day."""

    quantity: Decimal
    segment: int
    unit: str = ""


@dataclass
class ArticleSchedule:
    """What a message says of an article at a place.

    articles, places, references: meaning (see `habits.MEANINGS`) -> code. segment, offset, tag:
    where it begins, by number and by byte, and with what.
    remainder: what is forecast beyond its lines. says_nothing: whether it says that nothing is
    wanted, in so many words. says_cumulative: whether it says up to what cumulative quantity
    something is wanted, which is read of go-aheads only; where it is said of a time for which it is
    not said how much is wanted, it is told. is_delivery: whether it stands in a delivery (SEQ), of
    which a message may have several of one article.
    received_unit: and all units, as they were sent, "" where none is.
    findings: what of it could not be read; what is an error leaves out what it is about.
    """

    segment: int
    offset: int = 0
    line_no: str = ""
    tag: str = "LIN"
    articles: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    number: str = ""
    planner: str = ""
    calculated: Span | None = None
    horizon_start: Span | None = None
    horizon_end: Span | None = None
    received: Decimal | None = None
    received_unit: str = ""
    period_start: Span | None = None
    receipts: list[CountedReceipt] = field(default_factory=list)
    production: GoAhead | None = None
    material: GoAhead | None = None
    lines: list[PlannedQuantity] = field(default_factory=list)
    remainder: Remainder | None = None
    says_nothing: bool = False
    says_cumulative: bool = False
    is_delivery: bool = False
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether all of it was understood."""
        return not any(it.is_error for it in self.findings)


@dataclass
class ScheduleMessage:
    """A message, or a portion of it: what its head says, and some of its articles.

    number: as text. places: of the message as a whole, meaning -> code. findings: of what is no
    single article's; of portions, the last one has them.
    """

    is_just_in_time: bool
    number: str = ""
    function: ReplacedBy | None = None
    issued: Span | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    articles: list[ArticleSchedule] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    is_last: bool = True


MessagePart = ScheduleMessage | ArticleSchedule
"""The head of a message, without its articles, or one of these."""


def in_portions(parts: Iterable[MessagePart | None]) -> Iterator[ScheduleMessage | None]:
    """Give messages in portions, each as it is filled, and the last one of a message always.

    parts: of each message its head, to which findings are added up to its end, and its articles.
    None: a pause.
    """
    head: ScheduleMessage | None = None
    articles, lines = list[ArticleSchedule](), 0
    for part in parts:
        if part is None:
            yield None
        elif isinstance(part, ArticleSchedule):
            articles.append(part)
            lines += 1 + len(part.lines)
        else:
            if head is not None:
                yield replace(head, articles=articles)
            head, articles, lines = part, [], 0
        if head is not None and (lines >= PORTION or len(articles) == MOST_ARTICLES):
            yield replace(head, articles=articles, findings=[], is_last=False)
            articles, lines = [], 0
    if head is not None:
        yield replace(head, articles=articles)


def put_together(portions: Iterable[ScheduleMessage | None]) -> Iterator[ScheduleMessage]:
    """Give messages that come in portions as wholes."""
    articles = list[ArticleSchedule]()
    for portion in filter(None, portions):
        articles += portion.articles
        if portion.is_last:
            yield replace(portion, articles=articles)
            articles = []
