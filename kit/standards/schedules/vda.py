"""VDA 4905 (edition of 1996): call-offs in fixed records of 128 characters, 511 to 519.

A file holds transmissions: 511, for each article 512, 513, 514 as needed, 515, 517, 518, then 519
that counts them. A call-off replaces the one before completely.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from kit.standards.edifact.faults import Fault, Finding
from kit.standards.schedules.dates import month_of, span_of
from kit.standards.schedules.habits import Habits
from kit.standards.schedules.messages import (
    MOST_FINDINGS,
    MOST_LINES,
    ArticleSchedule,
    CountedReceipt,
    GoAhead,
    LineBucket,
    LineKind,
    MessagePart,
    PlannedQuantity,
    Remainder,
    ScheduleMessage,
    Span,
    in_portions,
    put_together,
)
from kit.standards.schedules.records import LAYOUTS, RECORD_LENGTH, Record, records

RECORDS_A_TURN = 50
"""Records that are read between two places to pause."""
_UNITS = {
    "ST": "PCE",
    "KG": "KGM",
    "GR": "GRM",
    "G": "GRM",
    "T": "TNE",
    "M": "MTR",
    "MM": "MMT",
    "CM": "CMT",
    "M2": "MTK",
    "M3": "MTQ",
    "L": "LTR",
}
"""Unit of 512 -> its code of `kit.standards.units`; others are given as they were sent."""
_DATE_LENGTH = 6
_NONE, _NO_DEMAND, _BACKLOG, _IMMEDIATE, _PERIODS, _REMAINDER = (
    *("000000", "222222", "333333"),
    *("444444", "555555", "999999"),
)
_WITHOUT_QUANTITY = (_NONE, _NO_DEMAND, _PERIODS)
"""No date, no demand, and that periods follow: nothing is wanted by these."""
_BEFORE: Mapping[str, tuple[str, ...]] = {
    "513": ("512",),
    "514": ("513", "514"),
    "515": ("513", "514", "517", "518"),
    "517": ("513", "514", "515", "517", "518"),
    "518": ("513", "514", "515", "517", "518"),
}
"""Record of an article -> those that it may follow."""
_KINDS: Mapping[str, LineKind] = {_BACKLOG: "BACKLOG", _IMMEDIATE: "IMMEDIATE"}


@dataclass
class _Transmission:
    """A transmission that is read. at_periods: what follows 555555 is from week to week.

    before: the record of the article that was read last. order: what the partner means by the
    number of an order, which EDIFACT has as RFF ON.
    """

    found: ScheduleMessage
    reset: Span | None = None
    counts: Counter[str] = field(default_factory=Counter)
    article: ArticleSchedule | None = None
    unit: str = ""
    at_periods: bool = False
    before: Record | None = None
    order: str = "ORDER"


def schedules_of(content: bytes) -> Iterator[ScheduleMessage]:
    """Read the transmissions of a file, each as a whole. Never raises for content.

    In linear time; of the file, no more is kept than the transmission that is being read.
    """
    return put_together(transmission_portions(content))


def transmission_portions(
    content: bytes, habits: Habits | None = None
) -> Iterator[ScheduleMessage | None]:
    """Do the same in portions, and give None as a pause for who does it in turn with others.

    No more is held than a portion and one article.
    """
    return in_portions(_parts(content, (habits or Habits()).meaning("REFERENCE", "ON") or ""))


def _parts(content: bytes, order: str) -> Iterator[MessagePart | None]:
    """Give the head of each transmission, then its articles, with pauses."""
    current: _Transmission | None = None
    for record in records(content):
        if record.type == "511" or current is None:
            if current is not None:
                yield from _left(current)
            current = _opened(record, order)
            yield current.found
            if record.type != "511":
                _keep(current, record, Fault.INVALID_START, "A transmission begins with 511.")
        if record.type in ("512", "519"):
            yield from _ended(current)
        _take(current, record)
        if record.number % RECORDS_A_TURN == 0:
            yield None
        if record.type == "519":
            current = None
    if current is not None:
        yield from _left(current)


def _ended(into: _Transmission) -> Iterator[ArticleSchedule]:
    """Give the article that ends here, if there is one.

    For what is wrong at the beginning all articles wait, for records of an article only the first.
    """
    if into.article is not None:
        is_first = into.counts["512"] == 1
        before = (it for it in into.found.findings if is_first or it.tag not in _BEFORE)
        into.article.findings += [it for it in before if it.is_error]
        if into.before is not None and into.before.type == "512":
            _keep(into, into.before, Fault.MISSING, "No 513 follows.", of_article=True)
        yield into.article
        into.article = None


def _left(into: _Transmission) -> Iterator[ArticleSchedule]:
    """End a transmission that has no end: of its last article it may say half."""
    missing = Finding(Fault.MISSING, "519 is missing: the transmission is cut off.", 0, "519")
    if into.article is not None:
        into.article.findings.append(missing)
    yield from _ended(into)
    into.found.findings.append(missing)


def _keep(
    into: _Transmission, record: Record, fault: Fault, text: str, *, of_article: bool = False
) -> None:
    finding = Finding(fault, text, record.offset, record.type, record.number)
    article = into.article if of_article else None
    findings = into.found.findings if article is None else article.findings
    if len(findings) < MOST_FINDINGS:
        findings.append(finding)


def _opened(record: Record, order: str) -> _Transmission:
    head = ScheduleMessage(is_just_in_time=False, function="ARTICLE")
    into = _Transmission(head, order=order)
    if record.type == "511":
        fields = record.fields()
        _tell_cut(into, record)
        into.found.number = fields["number"]
        into.found.places = {"BUYER": fields["customer"], "SELLER": fields["supplier"]}
        into.found.issued = _date(into, record, fields["date"])
        into.reset = _date(into, record, fields["reset"])
    return into


def _take(into: _Transmission, record: Record) -> None:
    into.counts[record.type] += 1
    if record.type not in LAYOUTS:
        text = "This is no record of VDA 4905."
        _keep(into, record, Fault.NOT_IN_THIS_PLACE, text, of_article=True)
    elif record.type == "512":
        _article(into, record)
    elif record.type == "519":
        into.found.findings += counted_otherwise(record, into.counts)
    elif record.type != "511" and into.article is None:
        _keep(into, record, Fault.NOT_IN_THIS_PLACE, "An article begins with 512.")
    elif record.type != "511":
        _of_article(into, record)


def _of_article(into: _Transmission, record: Record) -> None:
    """Read a record that says more of the article; one that is cut or misplaced is told."""
    before, into.before = into.before, record
    if before is not None and before.type not in _BEFORE[record.type]:
        text = f"{record.type} does not follow {before.type}."
        _keep(into, record, Fault.NOT_IN_THIS_PLACE, text, of_article=True)
    elif before is not None and record.type == "514" and record.text == before.text:
        text = "It says again what the 514 before it says."
        _keep(into, record, Fault.NOT_IN_THIS_PLACE, text, of_article=True)
    _tell_cut(into, record)
    if record.type in ("513", "514"):
        _quantities(into, record)
    elif record.type == "515":
        _go_aheads(into, record)
    elif record.type == "517" and into.article is not None:
        into.article.articles.setdefault("PACKAGING", record.fields()["packaging"])


def _tell_cut(into: _Transmission, record: Record) -> None:
    if record.is_cut:
        text = f"It is cut: only {record.length} of its {RECORD_LENGTH} characters were sent."
        _keep(into, record, Fault.MISSING, text, of_article=True)


def counted_otherwise(record: Record, counts: Counter[str]) -> Iterator[Finding]:
    """Yield what a 519 counts otherwise than we do."""
    for kind, counted in record.fields().items():
        if counted and (not _is_number(counted) or int(counted) != counts[kind]):
            text = f"519 counts {counted} records {kind}; there are {counts[kind]}."
            yield Finding(Fault.COUNTS_DIFFER, text, record.offset, record.type, record.number)


def _article(into: _Transmission, record: Record) -> None:
    fields = record.fields()
    found = ArticleSchedule(record.number, record.offset, tag=record.type)
    names = {"BUYERS": fields["buyers"], "SUPPLIERS": fields["suppliers"]}
    found.articles = {meaning: name for meaning, name in names.items() if name}
    places = {"SHIP_TO": fields["plant"], "UNLOADING_POINT": fields["unloading_point"]}
    found.places = {meaning: name for meaning, name in places.items() if name}
    references = {
        "NUMBER": fields["number"],
        "PREVIOUS_NUMBER": fields["old_number"],
        into.order: fields["order"],
    }
    found.references = {meaning: name for meaning, name in references.items() if name.strip("0")}
    found.number, found.planner = found.references.get("NUMBER", ""), fields["planner"]
    into.article, into.at_periods, into.before = found, False, record
    _tell_cut(into, record)
    into.unit = found.received_unit = _UNITS.get(fields["unit"], fields["unit"])
    found.calculated = _date(into, record, fields["date"])
    found.period_start = into.reset
    if not found.articles:
        _keep(into, record, Fault.MISSING, "512 names no article.", of_article=True)


def _quantities(into: _Transmission, record: Record) -> None:
    """Read the last receipt and the quantities of a 513, or the quantities of a 514."""
    fields, article = record.fields(), into.article
    if article is None:
        return
    if record.type == "513":
        article.received = _number(into, record, fields["received"])
        last = _number(into, record, fields["quantity"])
        if last:
            # The quantity of a receipt has three decimals, those of a schedule have none.
            received, noted = (_date(into, record, fields[it]) for it in ("received_on", "note_on"))
            note = fields["note"].lstrip("0")
            receipt = CountedReceipt(note, last / 1000, received, noted, record.number, into.unit)
            article.receipts.append(receipt)
    for at in range(5 if record.type == "513" else 8):
        code, quantity = fields[f"date{at}"], fields[f"sum{at}"]
        into.at_periods = into.at_periods or code == _PERIODS
        if code not in ("", *_WITHOUT_QUANTITY):
            _line(into, record, code, quantity)
        elif quantity.strip("0"):
            text = f"No date stands before {quantity!r}."
            if code in (_NO_DEMAND, _PERIODS):
                text = f"{code} is no date, and {quantity!r} stands behind it."
            _keep(into, record, Fault.MISSING, text, of_article=True)
        elif code == _NO_DEMAND:
            article.says_nothing = True


def _line(into: _Transmission, record: Record, code: str, amount: str) -> None:
    if into.article is None:
        return
    quantity = _number(into, record, amount, is_needed=True)
    if quantity is None:
        return
    if code == _REMAINDER:
        before = Decimal() if into.article.remainder is None else into.article.remainder.quantity
        into.article.remainder = Remainder(before + quantity, record.number, into.unit)
        return
    kind = _KINDS.get(code, "SCHEDULED")
    bucket: LineBucket = "PERIOD"
    span = None
    if code not in _KINDS:
        try:
            bucket, span = _when(code, at_periods=into.at_periods)
        except ValueError:
            text = f"{code!r} is no date of VDA 4905."
            _keep(into, record, Fault.INVALID_VALUE, text, of_article=True)
            return
    else:
        bucket = "DAY"
    if len(into.article.lines) == MOST_LINES:
        text = f"An article has at most {MOST_LINES:,} lines."
        _keep(into, record, Fault.TOO_MANY, text, of_article=True)
        return
    into.article.lines.append(
        PlannedQuantity(
            quantity,
            kind,
            "FORECAST" if kind == "SCHEDULED" else "FIRM",
            bucket,
            "ARRIVAL",
            span,
            code,
            "",
            into.unit,
            record.number,
        )
    )


def _when(code: str, *, at_periods: bool) -> tuple[LineBucket, Span]:
    """Return the time of a date: YYMMDD, YYMM00 (a month), YY00WW (a week); from week to week."""
    if len(code) != _DATE_LENGTH or not _is_number(code):
        raise ValueError(code)
    year = f"{'19' if code[:2] >= '80' else '20'}{code[:2]}"
    if at_periods and code[4:] != "00" and code[2:4] != "00":
        first, last = code[2:4], code[4:]
        after = int(year) + (last < first)
        return "PERIOD", span_of(f"{year}{first}{after}{last}", "716")
    if code[4:] == "00":
        return "MONTH", month_of(span_of(f"{year}{code[2:4]}01", "102").start)
    if code[2:4] == "00":
        return "WEEK", span_of(f"{year}{code[4:]}", "616")
    return "DAY", span_of(code, "101")


def _go_aheads(into: _Transmission, record: Record) -> None:
    fields, article = record.fields(), into.article
    if article is None:
        return
    for name in ("production", "material"):
        quantity = _number(into, record, fields[name])
        until = _date(into, record, fields[f"{name}_to"])
        if quantity:
            setattr(article, name, GoAhead(quantity, until, record.number, into.unit))
    article.horizon_end = _date(into, record, fields["horizon"])
    for names, meaning, name in (
        (article.articles, "REVISION", "revision"),
        (article.places, "POINT_OF_USE", "point_of_use"),
    ):
        if fields[name]:
            names[meaning] = fields[name]


def _date(into: _Transmission, record: Record, text: str) -> Span | None:
    """Return a date, None for none; what is no date is told."""
    if not text.strip("0"):
        return None
    try:
        return span_of(text, "101")
    except ValueError:
        text = f"{text!r} is no date."
        _keep(into, record, Fault.INVALID_VALUE, text, of_article=True)
        return None


def _number(
    into: _Transmission, record: Record, text: str, *, is_needed: bool = False
) -> Decimal | None:
    """Return a number without decimals, nothing being 0; None for what is none: told."""
    if not text and not is_needed:
        return Decimal()
    if _is_number(text.removeprefix("-")) or _is_number(text.removesuffix("-")):
        return Decimal(text.strip("-")) * (-1 if "-" in text else 1)
    text = f"{text!r} is no number."
    _keep(into, record, Fault.INVALID_DECIMAL, text, of_article=True)
    return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
