"""Dates and periods as messages write them."""

import pytest

from kit.standards.schedules.dates import span_of

FIRST, LAST = "202612140800", "202612151200"
MORNING, NOON_AFTER = "2026-12-14T08:00:00", "2026-12-15T12:01:00"
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


def test_years_of_two_digits_are_of_either_century():
    assert span_of("791231", "101").start.year == 2079
    assert span_of("800101", "101").start.year == 1980
