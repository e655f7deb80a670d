"""DELFOR and DELJIT: from segment groups to what they say of each article and place."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import TypeVar

from kit.standards.edifact.faults import Fault, Faulty, Finding
from kit.standards.edifact.groups import Branch, LoneGroup, misplaced, parse_in_steps
from kit.standards.edifact.headers import Component
from kit.standards.edifact.segments import PartedSegment, Segment
from kit.standards.edifact.values import number_at
from kit.standards.schedules.controls import ControlTotals
from kit.standards.schedules.dates import span_of
from kit.standards.schedules.figures import (
    GO_AHEAD_FIELDS,
    CumulativeTime,
    backwards,
    go_ahead_of,
    has_time,
    no_date,
    receipt_of,
    unknown_figures,
    without_amounts,
)
from kit.standards.schedules.habits import OTHER, Habits
from kit.standards.schedules.lines import Codes, first_firm_as_backlog, line_of, wanted_around
from kit.standards.schedules.messages import (
    MOST_FINDINGS,
    ArticleSchedule,
    MessagePart,
    ReplacedBy,
    ScheduleMessage,
    Span,
    in_portions,
    put_together,
)
from kit.standards.schedules.surroundings import (
    DEMANDED,
    OTHERWISE,
    Plants,
    ReadBranch,
    Surrounding,
    contradicting,
    doubts,
    empty_plants,
    innermost,
    names_of,
    notes_in,
    parted,
    placed,
    stray_periods,
    surroundings_of,
    with_quantities_first,
    wrong_in,
)
from kit.standards.schedules.tables import TABLES, with_plants

_REPLACING: dict[str, ReplacedBy] = {"WHOLE": "WHOLE", "ARTICLE": "ARTICLE", "UPDATE": "UPDATE"}
_T = TypeVar("_T")
_Dates = Callable[[], Sequence[Mapping[str, Span]]]


@dataclass
class _Reading:
    """What one message's groups are read with.

    head: dates of the message as a whole; doubtful: what of its head was not understood, for which
    all articles wait. known: what was read of branches of the article, however often it is asked.
    named: that of which the findings are among those of the schedule that is read. upto: cumulative
    quantities of the article that are no go-aheads. wanted_under: the last SCC of a line. unknown:
    quantities of which nobody knows what they are. plants: of all articles. scopes: the groups
    of the place and the article. delivery: that in which it stands (SEQ), if any.
    """

    habits: Habits
    is_just_in_time: bool
    findings: list[Finding] = field(default_factory=list)
    head: dict[str, Span] = field(default_factory=dict)
    doubtful: Sequence[Finding] = ()
    known: dict[tuple[str, int], ReadBranch] = field(default_factory=dict)
    named: set[tuple[str, int]] = field(default_factory=set)
    upto: list[CumulativeTime] = field(default_factory=list)
    unknown: list[Segment] = field(default_factory=list)
    plants: Plants = field(default_factory=Plants)
    wanted_under: Segment | None = None
    scopes: Sequence[Branch] = ()
    delivery: Sequence[Branch] = ()

    @property
    def issued(self) -> Span | None:
        """Return when the message was issued."""
        return self.head.get("ISSUED")

    def wrong(self, segment: Segment, element: int, component: int, text: str) -> None:
        self.keep(Component(segment, element, component).faulty(Fault.INVALID_VALUE, text).finding)

    def keep(self, finding: Finding) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)

    def meaning(self, element: str, segment: Segment, place: int, component: int = 1) -> str:
        """Return what the code in a place means, "" for one that nobody has heard of: told."""
        code = segment.get(place, component)
        if (found := self.habits.meaning(element, code)) is None:
            self.wrong(segment, place, component, f"Nobody says what {code!r} means here.")
        return found or ""

    def once(self, read: Callable[["_Reading", Branch], _T], branch: Branch) -> _T:
        """Return what is read of a branch, read once; what is wrong there is told once."""
        key = read.__name__, id(branch)
        if key not in self.known:
            outside, self.findings = self.findings, []
            self.known[key] = ReadBranch(branch, read(self, branch), self.findings)
            self.findings = outside
        found = self.known[key]
        if key not in self.named:
            self.named.add(key)
            for each in found.findings:
                self.keep(each)
        return found.value  # type: ignore[return-value]

    def forget(self, branch: Branch) -> None:
        """Keep no longer what was read of a branch that nobody asks any more."""
        for key in [(it.__name__, id(branch)) for it in (_dates, _scc)]:
            self.known.pop(key, None)
            self.named.discard(key)

    def dates(self, *around: Branch) -> dict[str, Span]:
        """Return meaning -> what the own DTM of groups say, the first wins."""
        return innermost(self.once(_dates, it) for it in around)


def schedule_of(segments: Iterable[Segment], type_: str, habits: Habits) -> ScheduleMessage:
    """Read a message of a type of `TABLES` as a whole. Never raises for content."""
    return next(put_together(schedule_portions(segments, type_, habits)))


def schedule_portions(
    segments: Iterable[Segment], type_: str, habits: Habits
) -> Iterator[ScheduleMessage | None]:
    """Do the same in portions, and give None as a pause for who does it in turn with others.

    No more is held than a portion, one article, and what stands around it.
    """
    return in_portions(_parts(segments, type_, habits))


def _parts(segments: Iterable[Segment], type_: str, habits: Habits) -> Iterator[MessagePart | None]:
    """Give the head of a message, then its articles, with pauses."""
    reading = _Reading(habits, is_just_in_time=type_ == "DELJIT")
    controls = ControlTotals(habits)
    around: Sequence[Surrounding] = ()
    for each in parse_in_steps(TABLES[type_], with_plants(segments)):
        if each is None:
            yield None
            continue
        branches = each.around if isinstance(each, LoneGroup) else [each[0]]
        before, around = around, surroundings_of(branches, around, habits)
        if not before:
            yield _head(reading, around[-1])
        if not isinstance(each, LoneGroup):
            reading.findings += [*each[1], *controls.compared(each[0]), *reading.plants.findings]
        elif not each.branch.one("LIN"):
            reading.findings += [*each.findings, *empty_plants(each.branch, before)]
        else:
            controls.add(each)
            yield from _articles(reading, each, around)


def _head(reading: _Reading, content: Surrounding) -> ScheduleMessage:
    reading.head = _dates(reading, content.branch)
    if bgm := content.branch.one("BGM"):
        _tell_kind(reading, bgm)
    found = ScheduleMessage(reading.is_just_in_time, issued=reading.issued, places=content.places)
    if bgm:
        found.number = bgm.get(2)
        found.function = _REPLACING.get(reading.meaning("FUNCTION", bgm, 3))
    found.findings = reading.findings
    reading.doubtful = [it for it in found.findings if it.is_error]
    return found


def _tell_kind(reading: _Reading, bgm: Segment) -> None:
    """Say whether a message is just in time: by its type, or by the code of its document.

    A code that nobody knows, and one of a forecast in a message of the other type, is told.
    """
    if reading.meaning("DOCUMENT", bgm, 1) == "JUST_IN_TIME":
        reading.is_just_in_time = True
    elif reading.is_just_in_time and reading.habits.meaning("DOCUMENT", bgm.get(1)):
        reading.wrong(bgm, 1, 1, "It says that it is a forecast; it is read as just in time.")


def _dates(reading: _Reading, group: Branch) -> dict[str, Span]:
    """Return meaning -> what a group's own DTM say, the first of each.

    What is no date is told, and what says otherwise what was said before.
    """
    found, coded = dict[str, Span](), dict[str, Span]()
    for dtm in group.all("DTM"):
        meaning = reading.meaning("DATE", dtm, 1)
        try:
            span = span_of(dtm.get(1, 2), dtm.get(1, 3))
        except ValueError:
            reading.keep(no_date(dtm, meaning))
            continue
        if coded.setdefault(dtm.get(1), span) != span and meaning != OTHER:
            reading.wrong(dtm, 1, 2, OTHERWISE)
        found.setdefault(meaning, span)
    return found


def _articles(
    reading: _Reading, lone: LoneGroup, around: Sequence[Surrounding]
) -> Iterator[ArticleSchedule | None]:
    """Give what an article's group says, of each place."""
    is_of_96a = any(it.get(2, 3) == "96A" for it in lone.around[-1].all("UNH"))
    branch = with_quantities_first(lone.branch, reading.habits, may_be_backlog=is_of_96a)
    wrong = [*reading.doubtful, *wrong_in(lone, branch, reading.habits)]
    for article, place in parted(branch, reading.habits, around[:-1]):
        yield None
        found = yield from _article(reading, article, place, around)
        found.findings += wrong
        yield found
    reading.known = {}


def _article(
    reading: _Reading, article: Surrounding, place: Surrounding, around: Sequence[Surrounding]
) -> Generator[None, None, ArticleSchedule]:
    """Read what is said of one article at one place, with pauses."""
    outside, reading.findings, reading.named = reading.findings, [], set()
    lin = article.branch.all("LIN")[0]
    inside = [place, article] if place is not article else [article]
    scopes = [*inside, *around]
    reading.delivery = [it.branch for it in around if it.branch.one("SEQ")]
    reading.scopes = [it.branch for it in inside]
    dates = reading.head | reading.dates(*reading.scopes)
    found = ArticleSchedule(lin.number, lin.offset, lin.get(1))
    found.is_delivery, found.articles = bool(reading.delivery), reading.once(_names, article.branch)
    found.places = placed(scopes)
    found.references = innermost(it.references for it in scopes)
    reading.findings += [*doubts(scopes), *reading.plants.of(inside, around)]
    found.number = found.references.get("NUMBER", "")
    found.planner = next(filter(None, (it.planner for it in scopes)), "")
    found.calculated = dates.get("CALCULATED")
    found.horizon_start, found.horizon_end = dates.get("FROM"), dates.get("UNTIL")
    yield from _quantities(reading, found, reading.scopes)
    reading.findings += without_amounts(reading.upto, found.lines)
    reading.findings += unknown_figures(reading.unknown, are_beside=bool(found.lines))
    reading.upto, reading.unknown = [], []
    if reading.habits.first_firm_is_backlog:
        first_firm_as_backlog(found.lines, reading.issued)
    found.findings, reading.findings = reading.findings, outside
    return found


def _names(reading: _Reading, article: Branch) -> dict[str, str]:
    """Return what names the article. That nothing does is told."""
    if not (found := names_of(article, reading.habits)):
        reading.wrong(article.all("LIN")[0], 3, 1, "LIN names no article that anybody knows.")
    return found


def _quantities(
    reading: _Reading, into: ArticleSchedule, scopes: Sequence[Branch]
) -> Iterator[None]:
    """Read the quantities of a place, and before them what is said of its article around it."""
    notes = chain.from_iterable(reading.once(_notes, it) for it in scopes)
    for scope in reversed(scopes):
        reading.findings += contradicting(scope, reading.habits)
        for group in scope.within("QUANTITY"):
            yield
            _quantity(reading, into, group, notes, scope)
        for schedule in scope.within("SCHEDULE"):
            if not schedule.within("QUANTITY"):
                at, text = Component(schedule.all("SCC")[0], 1), "No quantity stands under it."
                reading.keep(at.faulty(Fault.MISSING, text).finding)
            for group in schedule.within("QUANTITY"):
                yield
                _scheduled(reading, into, schedule, group)
            reading.forget(schedule)
    for scope in scopes if into.period_start is None else ():
        reading.once(_stray_periods, scope)
    if (note := next(notes, None)) is not None:
        text = "This delivery note goes with no quantity that was received."
        reading.keep(misplaced(note.all("RFF")[0], text))


def _stray_periods(reading: _Reading, scope: Branch) -> None:
    """Tell of days from which it is counted that stand under no cumulative quantity."""
    reading.findings += stray_periods(scope, reading.habits)


def _notes(reading: _Reading, scope: Branch) -> Sequence[Branch]:
    return notes_in(scope, reading.habits)


def _quantity(
    reading: _Reading, into: ArticleSchedule, group: Branch, notes: Iterator[Branch], scope: Branch
) -> None:
    """Read a quantity that stands under an article itself."""
    qty = group.all("QTY")[0]
    if not reading.habits.meaning("QUANTITY", qty.get(1)) and not has_time(group):
        reading.unknown.append(qty)
        return
    meaning = reading.meaning("QUANTITY", qty, 1)
    dates = _dates(reading, group)
    number = _number(reading, qty)
    if number is None:
        return
    if meaning == "RECEIVED":
        into.received, into.received_unit = number, qty.get(1, 3)
        into.period_start = dates.get("PERIOD_START") or reading.dates(scope).get("PERIOD_START")
    elif meaning == "RECEIPT":
        note = next(iter(group.within("REFERENCE")), None) or next(notes, None)
        beside = dates if note is None else reading.dates(note) | dates
        rff = None if note is None else note.one("RFF")
        into.receipts.append(receipt_of(qty, number, rff, beside))
    elif meaning in DEMANDED:
        around = (scope, *reading.delivery) if meaning == "DEMAND" else ()
        codes = Codes(qty, group.one("SCC"), meaning)
        _line(reading, into, codes, lambda: (dates, *map(reading.dates, around)))
    elif meaning == "CUMULATIVE":
        _cumulative(reading, into, Codes(qty, group.one("SCC"), meaning), lambda: (dates,))


def _scheduled(reading: _Reading, into: ArticleSchedule, schedule: Branch, group: Branch) -> None:
    """Read a quantity that stands under a schedule (SCC)."""

    def dates() -> Sequence[Mapping[str, Span]]:
        own = reading.dates(schedule) | _dates(reading, group)
        return own, *map(reading.dates, reading.delivery)

    qty, scc = group.all("QTY")[0], reading.once(_scc, schedule)
    meaning = reading.meaning("QUANTITY", qty, 1)
    if meaning in DEMANDED:
        _line(reading, into, Codes(qty, scc, meaning), dates)
    elif meaning == "CUMULATIVE":
        _cumulative(reading, into, Codes(qty, scc, meaning), dates)


def _cumulative(reading: _Reading, into: ArticleSchedule, codes: Codes, dates: _Dates) -> None:
    """Read a cumulative quantity: a go-ahead, or up to what something is wanted until a time."""
    qty, scc = codes.qty, codes.scc
    commitment = "" if scc is None else reading.habits.meaning("COMMITMENT", scc.get(1)) or ""
    if commitment in GO_AHEAD_FIELDS:
        if (number := _number(reading, qty)) is not None:
            go_ahead = go_ahead_of(qty, number, innermost(dates()))
            setattr(into, GO_AHEAD_FIELDS[commitment], go_ahead)
    elif commitment != OTHER:
        into.says_cumulative = True
        if scc is not None:
            bucket = reading.habits.meaning("BUCKET", scc.get(3)) or ""
            its, is_beside = innermost(dates()), reading.wanted_under is scc
            reading.upto.append(CumulativeTime.of(qty, bucket, its, is_beside=is_beside))


def _scc(_: _Reading, schedule: Branch) -> Segment:
    """Return the SCC of a schedule, which each of its quantities asks."""
    scc = schedule.all("SCC")[0]
    return PartedSegment(scc.text, scc.delimiters, scc.number, scc.offset)


def _line(reading: _Reading, into: ArticleSchedule, codes: Codes, dates: _Dates) -> None:
    """Add a line. dates: as of `backwards`; else its place, article, delivery or the head says."""
    qty, scc = codes.qty, codes.scc
    number, reading.wanted_under = _number(reading, qty), scc
    if scc is None:
        codes.commitment = "FIRM" if reading.is_just_in_time else ""
    else:
        codes.commitment = reading.meaning("COMMITMENT", scc, 1)
        codes.bucket = reading.meaning("BUCKET", scc, 3)
        codes.pattern = scc.get(3, 2)
    is_known = scc is None or (codes.commitment and codes.bucket)
    if number is None or not is_known or codes.commitment == "OTHER":
        return
    levels = dates()
    reading.findings += backwards(qty, levels)
    made = line_of(codes, number, innermost(levels), reading.issued)
    if made is None and number:
        around = (reading.dates(it) for it in (*reading.scopes, *reading.delivery))
        made = line_of(codes, number, wanted_around([*around, reading.head]), reading.issued)
    if made is not None:
        into.lines.append(made)
    elif number:
        reading.wrong(qty, 1, 2, "Nothing says when this is wanted.")
    else:
        into.says_nothing = True


def _number(reading: _Reading, qty: Segment) -> Decimal | None:
    try:
        return number_at(Component(qty, 1, 2))
    except Faulty as faulty:
        reading.keep(faulty.finding)
        return None
