"""DELFOR and DELJIT: from segment groups to what they say of each article and place."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from kit.standards.edifact.faults import Fault, Faulty, Finding
from kit.standards.edifact.groups import Branch
from kit.standards.edifact.headers import Component
from kit.standards.edifact.segments import Segment
from kit.standards.edifact.values import number_at
from kit.standards.schedules.dates import span_of
from kit.standards.schedules.habits import Habits
from kit.standards.schedules.lines import Codes, first_firm_as_backlog, line_of
from kit.standards.schedules.messages import (
    MOST_FINDINGS,
    ArticleSchedule,
    CountedReceipt,
    GoAhead,
    ReplacedBy,
    ScheduleMessage,
    Span,
)

JUST_IN_TIME = "DELJIT"
_REPLACING: dict[str, ReplacedBy] = {"WHOLE": "WHOLE", "ARTICLE": "ARTICLE", "UPDATE": "UPDATE"}
_GO_AHEADS = {"MAKE_AND_MATERIAL": "production", "MATERIAL": "material"}
"""Commitment of an SCC -> what a cumulative quantity under it is a go-ahead for."""


@dataclass
class _Reading:
    """What one message's groups are read with. head: dates of the message as a whole."""

    habits: Habits
    is_just_in_time: bool
    findings: list[Finding] = field(default_factory=list)
    head: dict[str, Span] = field(default_factory=dict)

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
        found = self.habits.meaning(element, code)
        if found is None:
            self.wrong(segment, place, component, f"Nobody says what {code!r} means here.")
        return found or ""

    def dates(self, *groups: Branch) -> dict[str, Span]:
        """Return meaning -> what the groups' own DTM say, the first of each; the first group wins.

        What is no date is told.
        """
        found: dict[str, Span] = {}
        for group in groups:
            for dtm in group.all("DTM"):
                meaning = self.meaning("DATE", dtm, 1)
                try:
                    span = span_of(dtm.get(1, 2), dtm.get(1, 3))
                except ValueError:
                    text = f"{dtm.get(1, 2)!r} is no date of format {dtm.get(1, 3)!r}."
                    self.wrong(dtm, 1, 2, text)
                    continue
                found.setdefault(meaning, span)
        return found

    def places(self, *scopes: Branch) -> dict[str, str]:
        """Return meaning -> code, of the innermost scope that says it: the first one given."""
        found: dict[str, str] = {}
        for scope in scopes:
            for segment in _placing(scope):
                code = f"{segment.tag} {segment.get(1)}"
                meaning = self.habits.meaning("PLACE", code) or ""
                if named := segment.get(2):
                    found.setdefault(meaning, named)
        found.pop("OTHER", None)
        return found

    def references(self, *scopes: Branch) -> dict[str, str]:
        """Return meaning -> reference, of the innermost scope that says it."""
        found: dict[str, str] = {}
        for scope in scopes:
            for group in scope.within("REFERENCE"):
                for rff in group.all("RFF"):
                    meaning = self.habits.meaning("REFERENCE", rff.get(1)) or ""
                    if named := rff.get(1, 2):
                        found.setdefault(meaning, named)
        found.pop("OTHER", None)
        return found


def schedule_of(content: Branch, message_type: str, habits: Habits) -> ScheduleMessage:
    """Read a message whose segments stand in the groups of `tables`. Never raises for content."""
    return next(filter(None, read_in_steps(content, message_type, habits)))


def read_in_steps(
    content: Branch, message_type: str, habits: Habits
) -> Iterator[ScheduleMessage | None]:
    """Do the same, and give None as a pause for who does it in turn with others."""
    reading = _Reading(habits, is_just_in_time=message_type == JUST_IN_TIME)
    reading.head = reading.dates(content)
    found = ScheduleMessage(reading.is_just_in_time, issued=reading.issued)
    found.places = reading.places(content)
    if bgm := content.one("BGM"):
        found.number = bgm.get(2)
        found.function = _REPLACING.get(reading.meaning("FUNCTION", bgm, 3))
    found.findings = reading.findings
    for scopes, place in _articles(content):
        yield None
        found.articles.append((yield from _article(reading, scopes, place)))
    yield found


def _articles(content: Branch) -> Iterator[tuple[list[Branch], Branch]]:
    """Yield (scopes around it, innermost first; what has the quantities) of each schedule."""
    plants = [(article, [plant]) for plant in content.within("PLANT") for article in _in(plant)]
    for article, around in [*plants, *((it, []) for it in _in(content))]:
        parties = [it for it in article.within("PARTY") if _has_quantities(it)]
        if not parties:
            yield [article, *around, content], article
        elif _has_quantities(article) and len(parties) > 1:
            # What stands before several places is of none of them alone.
            yield [article, *around, content], article
            for party in parties:
                yield [party, article, *around, content], party
        else:
            for party in parties:
                yield [party, article, *around, content], party


def _in(group: Branch) -> Sequence[Branch]:
    return group.within("ARTICLE")


def _has_quantities(group: Branch) -> bool:
    return bool(group.within("QUANTITY") or group.within("SCHEDULE"))


def _placing(scope: Branch) -> Iterator[Segment]:
    """Yield what names places in a scope: its own, then those of its parties."""
    yield from scope.all("NAD")
    yield from scope.all("LOC")
    for party in scope.within("PARTY"):
        yield from party.all("NAD")
        yield from party.all("LOC")


def _article(
    reading: _Reading, scopes: list[Branch], place: Branch
) -> Generator[None, None, ArticleSchedule]:
    """Read what is said of one article at one place, with pauses."""
    outside, reading.findings = reading.findings, []
    article = next(scope for scope in scopes if scope.one("LIN"))
    lin = article.all("LIN")[0]
    own = scopes[: scopes.index(article) + 1]
    dates = reading.head | reading.dates(*own)
    found = ArticleSchedule(lin.number, lin.offset, lin.get(1))
    found.articles = _names(reading, article)
    found.places = _near(reading, scopes, place)
    found.references = reading.references(*scopes)
    found.number = found.references.get("NUMBER", "")
    found.planner = _planner(scopes)
    found.calculated = dates.get("CALCULATED")
    found.horizon_start, found.horizon_end = dates.get("FROM"), dates.get("UNTIL")
    yield from _quantities(reading, found, [it for it in own if it is not place], place)
    if reading.habits.first_firm_is_backlog:
        first_firm_as_backlog(found.lines, reading.issued)
    found.findings, reading.findings = reading.findings, outside
    return found


def _near(reading: _Reading, scopes: list[Branch], place: Branch) -> dict[str, str]:
    """Return the places of a schedule: the parties of other schedules are not its own."""
    shared = [it for it in scopes if it is not place]
    lonely = [Branch(it.segments) if _is_parted(it) else it for it in shared]
    return reading.places(*([place] if place in scopes else []), *lonely)


def _is_parted(article: Branch) -> bool:
    return any(_has_quantities(it) for it in article.within("PARTY"))


def _names(reading: _Reading, article: Branch) -> dict[str, str]:
    """Return meaning -> number of the article, of LIN and PIA."""
    found: dict[str, str] = {}
    lin = article.all("LIN")[0]
    numbers = [(lin, 3), *((pia, at) for pia in article.all("PIA") for at in range(2, 7))]
    for segment, element in numbers:
        named, kind, *_ = [*segment.element(element), "", ""]
        meaning = reading.habits.meaning("ARTICLE", kind)
        if named and meaning and meaning != "OTHER":
            found.setdefault(meaning, named)
    if not found:
        reading.wrong(lin, 3, 1, "LIN names no article that anybody knows.")
    return found


def _planner(scopes: Sequence[Branch]) -> str:
    for scope in scopes:
        for group in (scope, *scope.within("PARTY")):
            for contact in group.within("CONTACT"):
                if found := contact.all("CTA")[0].get(2) or contact.all("CTA")[0].get(2, 2):
                    return found
    return ""


def _quantities(
    reading: _Reading, into: ArticleSchedule, around: list[Branch], place: Branch
) -> Iterator[None]:
    """Read the quantities of a place, and what is said once for its article around it."""
    notes = [
        group
        for scope in (place, *around)
        for group in scope.within("REFERENCE")
        if reading.habits.meaning("REFERENCE", group.all("RFF")[0].get(1)) == "NOTE"
    ]
    for scope in (*around, place):
        for group in scope.within("QUANTITY"):
            yield
            _quantity(reading, into, group, notes, scope)
        for schedule in scope.within("SCHEDULE"):
            for group in schedule.within("QUANTITY"):
                yield
                _scheduled(reading, into, schedule, group)
    if notes:
        text = "This delivery note goes with no quantity that was received."
        reading.keep(Finding(Fault.NOT_IN_THIS_PLACE, text, *_at(notes[0].all("RFF")[0])))


def _at(segment: Segment) -> tuple[int, str, int | None]:
    return segment.offset, segment.tag, segment.number or None


def _quantity(
    reading: _Reading,
    into: ArticleSchedule,
    group: Branch,
    notes: list[Branch],
    scope: Branch,
) -> None:
    """Read a quantity that stands under an article itself."""
    qty = group.all("QTY")[0]
    meaning = reading.meaning("QUANTITY", qty, 1)
    dates = reading.dates(group)
    number = _number(reading, qty)
    if number is None:
        return
    if meaning == "RECEIVED":
        into.received = number
        into.period_start = dates.get("PERIOD_START") or reading.dates(scope).get("PERIOD_START")
    elif meaning == "RECEIPT":
        inside = group.within("REFERENCE")
        note = inside[0] if inside else (notes.pop(0) if notes else Branch())
        beside = reading.dates(group, note)
        rff = note.one("RFF")
        into.receipts.append(
            CountedReceipt(
                "" if rff is None else rff.get(1, 2),
                number,
                beside.get("RECEIVED"),
                beside.get("DISPATCHED"),
                qty.number,
            )
        )
    elif meaning in ("DEMAND", "BACKLOG", "IMMEDIATE"):
        scc = group.one("SCC")
        _line(reading, into, group, scc, meaning, *([] if meaning != "DEMAND" else [scope]))


def _scheduled(reading: _Reading, into: ArticleSchedule, schedule: Branch, group: Branch) -> None:
    """Read a quantity that stands under a schedule (SCC)."""
    qty, scc = group.all("QTY")[0], schedule.all("SCC")[0]
    meaning = reading.meaning("QUANTITY", qty, 1)
    commitment = reading.habits.meaning("COMMITMENT", scc.get(1)) or ""
    if meaning in ("DEMAND", "BACKLOG", "IMMEDIATE"):
        _line(reading, into, group, scc, meaning, schedule)
    elif meaning == "CUMULATIVE" and commitment in _GO_AHEADS:
        number = _number(reading, qty)
        if number is not None:
            dates = reading.dates(group, schedule)
            until = dates.get("UNTIL") or dates.get("PERIOD_END")
            setattr(into, _GO_AHEADS[commitment], GoAhead(number, until, qty.number))


def _line(
    reading: _Reading,
    into: ArticleSchedule,
    group: Branch,
    scc: Segment | None,
    meaning: str,
    *around: Branch,
) -> None:
    """Add a line. around: where its date stands, if not beside its quantity."""
    qty = group.all("QTY")[0]
    number = _number(reading, qty)
    codes = Codes(qty, scc, meaning)
    if scc is None:
        codes.commitment = "FIRM" if reading.is_just_in_time else ""
    else:
        codes.commitment = reading.meaning("COMMITMENT", scc, 1)
        codes.bucket = reading.meaning("BUCKET", scc, 3)
        codes.pattern = scc.get(3, 2)
    if number is None or (scc is not None and not (codes.commitment and codes.bucket)):
        return
    if codes.commitment == "OTHER":
        return
    made = line_of(codes, number, reading.dates(group, *around), reading.issued)
    if made is None:
        reading.wrong(qty, 1, 2, "Nothing says when this is wanted.")
    else:
        into.lines.append(made)


def _number(reading: _Reading, qty: Segment) -> Decimal | None:
    try:
        return number_at(Component(qty, 1, 2))
    except Faulty as faulty:
        reading.keep(faulty.finding)
        return None
