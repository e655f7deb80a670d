"""Dates and periods as messages write them."""

import pytest

from kit.standards.schedules.dates import span_of
from kit.standards.schedules.edifact import schedule_of
from kit.standards.schedules.habits import Habits
from tests.kit.standards.schedules.test_dialects import segments

FIRST, LAST = "202612140800", "202612151200"
MORNING, NOON_AFTER = "2026-12-14T08:00:00", "2026-12-15T12:00:00"
DAY, AFTER = "2026-12-14T00:00:00", "2026-12-16T00:00:00"
MONDAY, END = DAY, "2026-12-28T00:00:00"


@pytest.mark.parametrize(
    ("form", "first", "last", "start", "end"),
    [
        ("713", FIRST[2:], LAST[2:], MORNING, NOON_AFTER),
        ("713", FIRST, LAST, MORNING, NOON_AFTER),
        ("719", FIRST, LAST, MORNING, NOON_AFTER),
        ("717", FIRST[2:8], LAST[2:8], DAY, AFTER),
        ("718", FIRST[:8], LAST[:8], DAY, AFTER),
        ("715", "2651", "2652", MONDAY, END),
        ("716", "202651", "202652", MONDAY, END),
    ],
)
@pytest.mark.parametrize("between", ["", "-"])
def test_a_period_is_from_its_first_to_its_last(form, first, last, start, end, between):
    found = span_of(f"{first}{between}{last}", form)
    assert (found.start.isoformat(), found.end.isoformat()) == (start, end)


@pytest.mark.parametrize("form", ["713", "715", "716", "717", "718", "719"])
@pytest.mark.parametrize("text", ["", "1", f"{LAST}{FIRST}", f"{FIRST}{LAST}1", "26121408002612"])
def test_what_is_no_period_is_refused(form, text):
    with pytest.raises(ValueError, match=f"^{text}$"):
        span_of(text, form)


def test_a_period_of_one_moment_lasts_as_long_as_that():
    found = span_of(f"{FIRST}{FIRST}", "719")
    assert (found.end - found.start).total_seconds() == 60


def test_years_of_two_digits_are_of_either_century():
    assert span_of("791231", "101").start.year == 2079
    assert span_of("800101", "101").start.year == 1980


@pytest.mark.parametrize(
    ("text", "days"),
    [
        # The head says it for all that say nothing, and the innermost counts.
        ("DTM+2:20260309:102'LIN+1++A:IN'QTY+113:1'", ["ARRIVAL 9"]),
        ("DTM+2:20260309:102'LIN+1++A:IN'SCC+1++Y'QTY+113:1'", ["ARRIVAL 9"]),
        ("DTM+10:20260309:102'SEQ+1'LIN+1++A:IN'QTY+113:1'", ["SHIPMENT 9"]),
        ("DTM+2:20260309:102'SEQ+1'DTM+2:20260310:102'LIN+1++A:IN'QTY+113:1'", ["ARRIVAL 10"]),
        (
            "DTM+2:20260309:102'LIN+1++A:IN'QTY+113:1'DTM+2:20260311:102'LIN+2++B:IN'QTY+113:1'",
            ["ARRIVAL 11", "ARRIVAL 9"],
        ),
        ("DTM+2:20260309:102'LIN+1++A:IN'DTM+10:20260312:102'SCC+1'QTY+113:1'", ["SHIPMENT 12"]),
        # A horizon is no day on which something is wanted, and 0 of no day is none.
        ("DTM+158:20260309:102'DTM+159:20260320:102'LIN+1++A:IN'SCC+1'QTY+113:1'", []),
        ("DTM+2:20260309:102'LIN+1++A:IN'SCC+4'QTY+113:0'", []),
    ],
)
def test_what_is_said_around_counts_for_lines_that_do_not_say_when(
    text: str, days: list[str]
) -> None:
    head = "UNH+1+DELJIT:D:97A:UN'BGM+242+1+5'DTM+137:20260302:102'"
    message = schedule_of(segments((head + text + "UNT+9+1'").encode()), "DELJIT", Habits())
    lines = [it for each in message.articles for it in each.lines]
    assert [f"{it.date_meaning} {it.span.start.day}" for it in lines if it.span] == days
    assert all(it.is_whole is (bool(it.lines) or it.says_nothing) for it in message.articles)


ENDS = "DTM+158:20260306:102'DTM+159:20260302:102'"


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("LIN+1++A:IN'SCC+1++F'QTY+113:5'DTM+64:20260306:102'DTM+63:20260302:102'", 1),
        ("LIN+1++A:IN'SCC+1'QTY+113:5'DTM+64:202603061400:203'DTM+63:202603060800:203'", 1),
        (f"LIN+1++A:IN'SCC+1'QTY+113:5'{ENDS}", 1),
        ("LIN+1++A:IN'SCC+1'DTM+64:20260306:102'QTY+113:5'DTM+63:20260305:102'", 1),
        (f"SEQ+1'{ENDS}LIN+1++A:IN'QTY+113:5'", 1),
        # A moment of the last day, and another day on which it is wanted.
        ("LIN+1++A:IN'SCC+1'QTY+113:5'DTM+64:202603061400:203'DTM+63:20260306:102'", 0),
        (f"LIN+1++A:IN'SCC+1'QTY+113:5'{ENDS}DTM+2:20260309:102'", 0),
        # The end of something else.
        ("SEQ+1'DTM+63:20260302:102'LIN+1++A:IN'QTY+113:5'DTM+64:20260306:102'", 0),
    ],
)
def test_a_window_that_ends_before_it_starts_is_no_window(text: str, errors: int) -> None:
    head = "UNH+1+DELJIT:D:97A:UN'BGM+242+1+5'DTM+137:20260302:102'"
    message = schedule_of(segments((head + text + "UNT+9+1'").encode()), "DELJIT", Habits())
    (article,) = message.articles
    texts = [it.text for it in article.findings if it.is_error]
    assert (
        texts == ["The time until which this is wanted is before that from which it is."][:errors]
    )
