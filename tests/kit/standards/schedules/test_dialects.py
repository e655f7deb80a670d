"""Messages of one customer's plants, in the dialect of each, beside what was reckoned by hand.

`files/*.edi` are what a plant sends; `files/*.txt` what a planner reads out of it, line by line:
kind, commitment, bucket, what the date is about, from, until, quantity, code, number of segment.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from kit.standards.edifact.delimiters import DEFAULT
from kit.standards.edifact.segments import Segment, scan
from kit.standards.schedules.edifact import schedule_of
from kit.standards.schedules.habits import Habits
from kit.standards.schedules.messages import GoAhead, ScheduleMessage, Span

FILES = Path(__file__).parent / "files"
DIALECTS = {
    "north": Habits(),
    "south": Habits({("COMMITMENT", "10"): "BACKLOG_IF_PAST"}),
    "forge": Habits(
        {
            ("PLACE", "NAD DP"): "UNLOADING_POINT",
            ("PLACE", "LOC 7"): "SHIP_TO",
            ("DATE", "171"): "DISPATCHED",
        },
        first_firm_is_backlog=True,
    ),
    "overlay": Habits(),
}
"""Plant -> its habits: data, as a partner's profile holds them."""


def segments(content: bytes) -> list[Segment]:
    raws = scan(content, 0, len(content), DEFAULT)
    return [
        Segment(raw.content.decode("latin-1"), DEFAULT, number, raw.start)
        for number, raw in enumerate(raws, 1)
    ]


def read(content: bytes, habits: Habits) -> ScheduleMessage:
    found = segments(content)
    kind = found[0].get(2)
    return schedule_of(found, kind, habits)


def _instant(when: datetime) -> str:
    return when.isoformat(timespec="minutes").removesuffix("T00:00")


def _day(span: Span | None) -> str:
    return "" if span is None else _instant(span.start)


def _go_ahead(it: GoAhead | None) -> str:
    return "" if it is None else f"{it.quantity}/{_day(it.until)}"


def written(message: ScheduleMessage) -> Iterator[list[str]]:
    """Give what was read in the words of the tables beside the files."""
    issued = message.issued.start.isoformat(timespec="minutes")
    kind = "DELJIT" if message.is_just_in_time else "DELFOR"
    places = [f"{meaning}={code}" for meaning, code in sorted(message.places.items())]
    yield ["message", message.number.replace(" ", "_"), message.function, issued, kind, *places]
    for article in message.articles:
        yield [
            "article",
            article.articles["BUYERS"],
            article.places.get("SHIP_TO", "-"),
            article.places.get("UNLOADING_POINT", "-"),
            f"number={article.number}",
            f"received={'' if article.received is None else article.received}",
            f"since={_day(article.period_start)}",
            f"production={_go_ahead(article.production)}",
            f"material={_go_ahead(article.material)}",
        ]
        for receipt in article.receipts:
            days = (_day(receipt.received), _day(receipt.dispatched))
            yield ["receipt", receipt.note, str(receipt.quantity), *(it or "-" for it in days)]
        for line in article.lines:
            yield [
                *("line", line.kind, line.commitment, line.bucket, line.date_meaning),
                *(_instant(line.span.start), _instant(line.span.end), str(line.quantity)),
                *(line.code.replace(" ", "_"), str(line.segment)),
            ]


@pytest.mark.parametrize("name", DIALECTS)
def test_a_message_says_what_was_reckoned_by_hand(name: str) -> None:
    message = read((FILES / f"{name}.edi").read_bytes(), DIALECTS[name])
    expected = [it.split() for it in (FILES / f"{name}.txt").read_text("utf-8").splitlines()]
    assert list(written(message)) == expected
    assert message.findings == []
    assert [it for article in message.articles for it in article.findings] == []


def test_a_plants_further_codes_are_read() -> None:
    north = read((FILES / "north.edi").read_bytes(), DIALECTS["north"])
    first = north.articles[0]
    assert first.articles == {"BUYERS": "4711-A", "SUPPLIERS": "B-77", "REVISION": "C"}
    assert first.references["CONTRACT"] == "5500012345"
    assert _day(first.calculated) == "2026-03-01"
    assert first.lines[1].unit == "PCE"
    south = read((FILES / "south.edi").read_bytes(), DIALECTS["south"])
    assert [it.places["POINT_OF_USE"] for it in south.articles] == ["LINE-7", "LINE-9", "LINE-8"]
    assert south.articles[0].references["PREVIOUS_NUMBER"] == "000000122"
    assert south.articles[0].lines[2].pattern == "1"


def test_another_habit_reads_the_same_bytes_otherwise() -> None:
    content = (FILES / "south.edi").read_bytes()
    whole = Habits({("FUNCTION", "4"): "WHOLE", ("REFERENCE", "AAN"): "OTHER"})
    message = read(content, whole)
    assert message.function == "WHOLE"
    assert {it.number for it in message.articles} == {""}
    assert [it.kind for it in message.articles[0].lines[:2]] == ["IMMEDIATE", "IMMEDIATE"]


@pytest.mark.parametrize(
    ("type_", "code", "is_just_in_time", "findings"),
    [
        ("DELFOR", "241", False, 0),
        ("DELFOR", "242", True, 0),
        ("DELJIT", "242", True, 0),
        ("DELJIT", "241", True, 1),
        ("DELFOR", "351", False, 1),
        ("DELFOR", "", False, 1),
        ("DELFOR", "OWN", True, 0),
    ],
)
def test_the_code_of_the_document_says_whether_it_is_just_in_time(
    type_: str, code: str, *, is_just_in_time: bool, findings: int
) -> None:
    habits = Habits({("DOCUMENT", "OWN"): "JUST_IN_TIME"})
    text = f"UNH+1+{type_}:D:97A:UN'BGM+{code}+1+5'LIN+1++A:IN'QTY+1:5'DTM+2:20260309:102'"
    message = schedule_of(segments(text.encode()), type_, habits)
    assert message.is_just_in_time is is_just_in_time
    assert [it.tag for it in message.findings] == ["BGM"] * findings


_COUNTED = "DTM+51:20260101:102'"


@pytest.mark.parametrize(
    ("quantities", "day", "findings"),
    [
        (f"QTY+70:5'{_COUNTED}", "2026-01-01", 0),
        (f"{_COUNTED}QTY+70:5'", "2026-01-01", 0),
        (f"RFF+ON:1'{_COUNTED}QTY+70:5'", "", 1),
        (f"QTY+70:5'RFF+AAU:X'{_COUNTED}QTY+48:5'", "", 1),
        (f"QTY+70:5'QTY+48:5'DTM+50:20260201:102'{_COUNTED}RFF+AAU:X'", "", 1),
        (f"QTY+70:5'{_COUNTED}QTY+3:9'{_COUNTED}", "2026-01-01", 0),
        (f"QTY+70:5'QTY+3:9'{_COUNTED}", "", 0),
    ],
)
def test_a_day_of_counting_that_stands_elsewhere_is_told(
    quantities: str, day: str, findings: int
) -> None:
    head = "UNH+1+DELFOR:D:97A:UN'BGM+241+1+5'DTM+137:20260302:102'LIN+1++A:IN'"
    text = f"{head}{quantities}SCC+1'QTY+113:9'DTM+2:20260309:102'"
    (article,) = schedule_of(segments(text.encode()), "DELFOR", Habits()).articles
    assert _day(article.period_start) == day
    found = [(it.fault.name, it.tag) for it in article.findings]
    assert found == [("NOT_IN_THIS_PLACE", "DTM")] * findings


_LIN = "LIN+{0}++A:IN'SCC+1'QTY+113:{0}'DTM+2:20260309:102'"
_NORTH, _SOUTH = "NAD+ST+W1::92'LOC+11+G1'", "NAD+ST+W2::92'"
_BUYER = "NAD+BY+X::92'NAD+SE+Y::91'"


@pytest.mark.parametrize(
    "text",
    [
        # D.96A; with segments of their own; beside each other behind one; with parties of others.
        f"{_BUYER}UNS+D'{_NORTH}{{1}}{_SOUTH}{{2}}{{3}}UNS+S'",
        f"{_BUYER}GIS+37'{_NORTH}{{1}}GIS+37'{_SOUTH}{{2}}{{3}}",
        f"{_BUYER}GIS+37'{_NORTH}{{1}}{_SOUTH}{{2}}{{3}}UNS+S'",
        f"GEI+6+37'{_BUYER}{_NORTH}{{1}}GEI+6+37'{_SOUTH}{_BUYER}{{2}}{{3}}",
        f"{_BUYER}{_NORTH}{{1}}{_SOUTH}CTA+PD+:Ada'{{2}}{{3}}",
        f"{_NORTH}{_BUYER}{{1}}{_SOUTH}TDT+20'{{2}}{{3}}UNS+S'",
    ],
)
def test_plants_come_before_their_articles_with_segments_of_their_own_or_without(text: str) -> None:
    every = text.format("", *(_LIN.format(it) for it in (1, 2, 3)))
    text = f"UNH+1+DELFOR:D:96A:UN'BGM+241+1+5'DTM+137:20260302:102'{every}UNT+9+1'"
    message = schedule_of(segments(text.encode()), "DELFOR", Habits())
    assert message.findings == []
    assert [(it.lines[0].quantity, *_places(it)) for it in message.articles] == [
        (1, "W1", "G1"),
        (2, "W2", None),
        (3, "W2", None),
    ]
    assert [it.findings for it in message.articles] == [[]] * 3


def test_plants_come_before_their_deliveries_just_in_time() -> None:
    every = "".join(
        f"NAD+ST+W{it}::92'{_LIN.format(it)}".replace("LIN", f"SEQ+{it}'LIN") for it in (1, 2, 3)
    )
    text = f"UNH+1+DELJIT:D:97A:UN'BGM+242+1+5'DTM+137:20260302:102'{_BUYER}{every}UNT+9+1'"
    message = schedule_of(segments(text.encode()), "DELJIT", Habits())
    assert message.findings == []
    assert [_places(it)[0] for it in message.articles] == ["W1", "W2", "W3"]


def test_the_time_of_a_delivery_just_in_time_is_that_of_its_articles() -> None:
    seq = "SEQ+{0}'DTM+2:202603091{0}00:203'LOC+11+G1'LIN+{0}++A:IN'QTY+113:{0}'"
    every = "".join(seq.format(it) for it in (1, 2))
    text = f"UNH+1+DELJIT:D:97A:UN'BGM+242+1+5'DTM+137:20260302:102'{every}UNT+9+1'"
    message = schedule_of(segments(text.encode()), "DELJIT", Habits())
    (first,), (second,) = (it.lines for it in message.articles)
    assert (first.quantity, second.quantity) == (1, 2)
    assert first.span != second.span
    assert [it.findings for it in message.articles] == [[], []]
    assert {it.is_delivery for it in message.articles} == {True}


def test_parties_behind_an_article_are_its_own_where_no_plant_began_so() -> None:
    every = "".join(_LIN.format(it) + f"NAD+ST+W{it}::92'" for it in (1, 2))
    text = f"UNH+1+DELFOR:D:97A:UN'BGM+241+1+5'DTM+137:20260302:102'{_BUYER}{every}UNT+9+1'"
    message = schedule_of(segments(text.encode()), "DELFOR", Habits())
    assert [_places(it)[0] for it in message.articles] == ["W1", "W2"]


def _places(article):
    return tuple(article.places.get(it) for it in ("SHIP_TO", "UNLOADING_POINT"))


@pytest.mark.parametrize(
    ("totals", "differing"),
    [
        ("CNT+2:2'", 0),
        ("CNT+2:3'", 1),
        # What is wanted, and all quantities with it; a number that is none is told as such.
        ("CNT+1:12,5'CNT+1:52,5'", 0),
        ("CNT+1:12'CNT+2:1'", 2),
        ("CNT+7:99'", 0),
        ("CNT+2:X'", 1),
    ],
)
def test_totals_at_the_end_are_compared(totals: str, differing: int) -> None:
    head = "UNH+1+DELFOR:D:97A:UN'BGM+241+1+5'DTM+137:20260302:102'UNS+D'"
    one = "LIN+1++A:IN'QTY+70:40'SCC+1'QTY+113:9'DTM+2:20260309:102'"
    other = "LIN+2++B:IN'LOC+11+D1'QTY+83:3,5'DTM+2:20260309:102'"
    text = f"{head}{one}{other}UNS+S'{totals}UNT+9+1'"
    message = schedule_of(segments(text.encode()), "DELFOR", Habits())
    assert [(it.tag, it.is_error) for it in message.findings] == [("CNT", True)] * differing
    # Whose totals are of something else says so in its profile.
    own = Habits({("CONTROL", it): "OTHER" for it in "12"})
    assert schedule_of(segments(text.encode()), "DELFOR", own).findings == []


def test_no_total_is_compared_with_quantities_that_cannot_be_read() -> None:
    text = "UNH+1+DELFOR:D:97A:UN'BGM+241+1+5'LIN+1++A:IN'QTY+113:X'UNS+S'CNT+1:7'"
    assert schedule_of(segments(text.encode()), "DELFOR", Habits()).findings == []


_FIRST = "QTY+113:120'SCC+1++Y'DTM+2:20260309:102'"
_THEN = "QTY+113:240'SCC+4++W'DTM+2:20260316:102'"
_OVERDUE = "QTY+83:27'SCC+5'"
_FIRM, _FORECAST = ("120", "FIRM", "DAY"), ("240", "FORECAST", "WEEK")


@pytest.mark.parametrize(
    ("release", "text", "lines"),
    [
        ("96A", _FIRST + _THEN, [_FIRM, _FORECAST]),
        ("97A", _FIRST + _THEN, [_FIRM, _FORECAST]),
        ("96A", "QTY+70:5'DTM+51:20260101:102'" + _FIRST + _THEN, [_FIRM, _FORECAST]),
        ("96A", "NAD+ST+A::92'LOC+11+D1'" + _FIRST + _THEN, [_FIRM, _FORECAST]),
        ("96A", _FIRST + "QTY+3:500'" + _THEN + "QTY+3:900'", [_FIRM, _FORECAST]),
        ("96A", _FIRST, [_FIRM]),
        ("96A", _OVERDUE + _FIRST, [("27", "FIRM", "DAY"), _FIRM]),
        # Elsewhere it may be without a date, and what is lost is the last quantity.
        ("97A", _OVERDUE + _FIRST, None),
        ("96A", _FIRST + "SCC+4++W'" + _THEN, None),
        ("96A", _FIRST + "QTY+113:9'" + _THEN, None),
    ],
)
def test_quantities_may_stand_before_their_schedules(
    release: str, text: str, lines: list[tuple[str, ...]] | None
) -> None:
    head = f"UNH+1+DELFOR:D:{release}:UN'BGM+241+1+5'DTM+137:20260302:102'LIN+1++A:IN'"
    (found,) = schedule_of(segments((head + text).encode()), "DELFOR", Habits()).articles
    assert found.is_whole is (lines is not None)
    if lines is not None:
        assert [(str(it.quantity), it.commitment, it.bucket) for it in found.lines] == lines
        assert all(it.span for it in found.lines if it.kind == "SCHEDULED")


_A = "GIS+37'NAD+ST+A::92'LIN+1++C:IN'LOC+11+D1'QTY+70:0'"
_TEN = "SCC+1++Y'QTY+113:10'DTM+2:20260309:102'"
_TWENTY = "SCC+1++Y'QTY+113:20'DTM+2:20260311:102'"
_OTHER = "LIN+2++E:IN'LOC+11+D1'QTY+70:0'" + _TEN


@pytest.mark.parametrize(
    ("text", "lines", "waiting", "tags"),
    [
        (_A + _TEN + "LOC+11+D2'" + _TWENTY + _OTHER, [2, 1], [True, False], ["LOC"]),
        (_A + _TEN + "XYZ+1'" + _TWENTY + _OTHER, [2, 1], [True, False], ["XYZ"]),
        (_A + _TEN + _OTHER + "XYZ+1'UNS+S'", [1, 1], [False, True], ["XYZ"]),
        (_A.replace("LIN", "XYZ+1'LIN") + _TEN + _OTHER, [1, 1], [True, True], ["XYZ"] * 3),
        (_A + _TEN + "GIS+37'NAD+ST+B::92'" + _TWENTY, [1], [False], ["SCC", "QTY", "DTM"]),
    ],
)
def test_an_article_waits_in_which_something_stands_that_is_not_understood(
    text: str, lines: list[int], waiting: list[bool], tags: list[str]
) -> None:
    head = "UNH+1+DELFOR:D:97A:UN'BGM+241+1+5'DTM+137:20260302:102'"
    found = schedule_of(segments((head + text).encode()), "DELFOR", Habits())
    assert [len(it.lines) for it in found.articles] == lines
    assert [not it.is_whole for it in found.articles] == waiting
    every = [*found.findings, *(one for it in found.articles for one in it.findings)]
    assert [(it.fault.name, it.tag) for it in every] == [("NOT_IN_THIS_PLACE", it) for it in tags]


@pytest.mark.parametrize(
    ("head", "inside", "tags", "others"),
    [
        # Two of one meaning: nobody knows which one is meant.
        ("", "LOC+11+D1'LOC+11+D2'", ["LOC"], []),
        ("", "LOC+11+D1'LOC+11+D1'", [], []),
        ("", "LOC+159+L1'LOC+159+L2'", ["LOC"], []),
        ("", "LOC+11+D1'LOC+7+D2'", [], []),
        ("", "RFF+ON:1'RFF+ON:2'", ["RFF"], []),
        ("", "RFF+ON:1'RFF+ON:2'RFF+CT:3'", [], []),
        ("", "RFF+AAN:1'RFF+AAN:2'", ["RFF"], []),
        ("", "RFF+AAU:1'RFF+AAU:2'QTY+48:1'QTY+48:2'", [], []),
        ("", "DTM+257:20260301:102'DTM+257:20260302:102'", ["DTM"], []),
        ("", "QTY+70:5'QTY+70:6'", ["QTY"], []),
        ("", "QTY+70:5'QTY+70:5'", [], []),
        # What is said nearer goes before it.
        ("NAD+ST+A::92'NAD+ST+B::92'", "", ["NAD"], ["NAD"]),
        ("NAD+ST+A::92'NAD+ST+B::92'", "NAD+ST+C::92'", [], ["NAD"]),
        ("NAD+SE+A::92'NAD+SE+B::92'NAD+BY+A::92'", "", [], []),
        ("RFF+CT:1'RFF+CT:2'", "", ["RFF"], ["RFF"]),
        ("RFF+CT:1'RFF+CT:2'", "RFF+CT:3'", [], ["RFF"]),
        # What nobody understands before the first group may be about each.
        ("XYZ+1'", "", ["XYZ"], ["XYZ"]),
        ("DTM+999:20260301:102'", "", ["DTM"], ["DTM"]),
        ("DTM+158:20261332:102'", "", ["DTM"], ["DTM"]),
        ("DTM+94:20260301:102'DTM+94:20260302:102'", "", [], []),
    ],
)
@pytest.mark.parametrize("type_", ["DELFOR", "DELJIT"])
@pytest.mark.parametrize("is_of_plants", [True, False])
def test_what_is_said_twice_or_not_understood_lets_articles_wait(
    head: str, inside: str, tags: list[str], others: list[str], type_: str, *, is_of_plants: bool
) -> None:
    begin = f"UNH+1+{type_}:D:97A:UN'BGM+242+1+5'DTM+137:20260302:102'"
    plant = "GIS+37'" if is_of_plants else ""
    line = "LIN+{}++{}:IN'{}SCC+1++Y'QTY+113:9'DTM+2:20260309:102'"
    text = begin + head + plant + line.format(1, "A", inside) + line.format(2, "B", "")
    found = schedule_of(segments(text.encode()), type_, Habits())
    assert [[it.tag for it in each.findings] for each in found.articles] == [tags, others]
    assert [it.is_whole for it in found.articles] == [not tags, not others]
    assert [len(it.lines) for it in found.articles] == [1, 1]


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("NAD+ST+B::92'LOC+11+D9'", {("A", "D1"): ["10"], ("B", "D9"): ["20"]}),
        ("NAD+ST+B::92'", {("A", "D1"): ["10"], ("B", "D1"): ["20"]}),
        ("NAD+ST+A::92'LOC+11+D1'", {("A", "D1"): ["10", "20"]}),
    ],
)
def test_what_stands_before_another_place_stays_at_its_own(
    place: str, found: dict[tuple[str, str], list[str]]
) -> None:
    head = "UNH+1+DELFOR:D:97A:UN'BGM+241+1+5'DTM+137:20260302:102'"
    text = head + _A + _TEN + place + _TWENTY
    message = schedule_of(segments(text.encode()), "DELFOR", Habits())
    wanted = {}
    for each in message.articles:
        key = each.places["SHIP_TO"], each.places["UNLOADING_POINT"]
        wanted[key] = [str(it.quantity) for it in each.lines]
    assert wanted == found
