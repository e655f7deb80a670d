"""Working days and working time, beside a count minute by minute."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.master.working import (
    LONGEST_PAUSE,
    _worked,
    after_working_time,
    working_day,
    working_days,
    working_time,
    works_on,
)

MINUTE = timedelta(minutes=1)
TURNS = {
    "Europe/Berlin": ("2026-03-27", "2026-10-23"),
    "America/Havana": ("2026-03-06", "2026-10-30"),
    "Africa/Cairo": ("2026-04-22", "2026-10-28"),
    "Australia/Lord_Howe": ("2026-04-03", "2026-10-02"),
    "America/Asuncion": ("2023-03-24", "2023-09-29"),
    "Pacific/Apia": ("2011-12-28", "2011-09-22"),
    "Asia/Kolkata": ("2026-01-24", "2026-08-13"),
}
"""Zone -> days shortly before its clocks change."""


def _calendar(hours=(), zone="Europe/Berlin", country=None, subdivision=None, closures=()):
    return SimpleNamespace(
        time_zone=zone,
        hours=[{"weekday": day, "opens": one, "closes": two} for day, one, two in hours],
        holiday_country=country,
        holiday_subdivision=subdivision,
        closures=[{"from_on": one, "to_on": two, "name": None} for one, two in closures],
    )


WEEK = [(day, "08:00", "16:30") for day in range(1, 6)]
BAVARIA = _calendar(WEEK, country="DE", subdivision="BY", closures=[("2026-12-28", "2026-12-30")])


def _clock(minutes):
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def _hours(draw):
    openings = []
    for weekday in range(1, 8):
        marks = draw(st.lists(st.integers(0, 96), max_size=4, unique=True).map(sorted))
        pairs = zip(marks[::2], marks[1::2], strict=False)
        openings += [(weekday, _clock(one * 15), _clock(two * 15)) for one, two in pairs]
    return openings


@st.composite
def _cases(draw):
    zone = draw(st.sampled_from(sorted(TURNS)))
    near = date.fromisoformat(draw(st.sampled_from(TURNS[zone])))
    shut = near + timedelta(draw(st.integers(0, 4)))
    closures = draw(st.sampled_from([[], [(shut.isoformat(), shut.isoformat())]]))
    start = datetime.combine(near, datetime.min.time(), UTC)
    start += timedelta(minutes=draw(st.integers(0, 1500)))
    calendar = _calendar(draw(_hours()), zone, closures=closures)
    return calendar, start, draw(st.integers(0, 2 * 1440))


def _worked_minutes(calendar, start, minutes):
    """Tell of each minute whether it is worked, by what the wall clock shows in it.

    An opening lasts from the first minute of its day that shows its beginning or more to the last
    one that shows less than its end. Holidays are left to examples: the count shall not ask the
    package that it checks.
    """
    zone, worked = ZoneInfo(calendar.time_zone), set()
    begin = start - timedelta(days=2)
    by_day = {}
    for number in range(minutes + 4 * 1440):
        instant = begin + number * MINUTE
        shown = instant.astimezone(zone)
        by_day.setdefault(shown.date(), []).append((shown.strftime("%H:%M"), instant))
    hours = calendar.hours or [
        {"weekday": it, "opens": "00:00", "closes": "24:00"} for it in range(1, 8)
    ]
    for day, shown in by_day.items():
        if any(it["from_on"] <= day.isoformat() <= it["to_on"] for it in calendar.closures):
            continue
        for opening in hours:
            if opening["weekday"] == day.isoweekday():
                since = [at for clock, at in shown if clock >= opening["opens"]]
                until = [at for clock, at in shown if clock < opening["closes"]]
                if since and until:
                    length = int((max(until) - min(since)) / MINUTE) + 1
                    worked |= {min(since) + it * MINUTE for it in range(length)}
    return [start + it * MINUTE in worked for it in range(minutes)]


@pytest.mark.parametrize(
    ("zone", "day", "weekday", "opens", "closes", "hours"),
    [
        ("Europe/Berlin", "2026-10-25", 7, "00:00", "02:00", 2),
        ("Europe/Berlin", "2026-10-25", 7, "00:00", "02:15", 3.25),
        ("Europe/Berlin", "2026-10-25", 7, "02:00", "03:00", 2),
        ("America/Sao_Paulo", "2018-02-17", 6, "15:45", "23:00", 7.25),
        ("America/Sao_Paulo", "2018-02-17", 6, "15:45", "24:00", 9.25),
        ("Australia/Lord_Howe", "2026-04-05", 7, "00:00", "01:30", 1.5),
        ("America/Havana", "2026-11-01", 7, "00:00", "01:00", 2),
    ],
)
def test_what_closes_when_the_clock_is_set_back_closes_once(
    zone, day, weekday, opens, closes, hours
):
    calendar = _calendar([(weekday, opens, closes)], zone)
    start = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) - timedelta(days=1)
    assert sum(_worked_minutes(calendar, start, 3 * 1440)) * MINUTE == timedelta(hours=hours)
    assert working_time(calendar, start, start + timedelta(days=3)) == timedelta(hours=hours)


@given(_cases())
@settings(max_examples=40, deadline=None)
def test_working_time_is_what_a_count_minute_by_minute_says(case):
    calendar, start, minutes = case
    worked = _worked_minutes(calendar, start, minutes)
    assert working_time(calendar, start, start + minutes * MINUTE) == sum(worked) * MINUTE
    places = [place for place, is_worked in enumerate(worked) if is_worked]
    for amount in {1, len(places) // 2, len(places)} - {0}:
        if amount <= len(places):
            due = start + (places[amount - 1] + 1) * MINUTE
            assert after_working_time(calendar, start, amount * MINUTE) == due


@given(_cases(), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_the_day_so_many_working_days_away_has_as_many_between(case, number):
    calendar, start, _ = case
    day = start.date()
    later = working_day(calendar, day, number)
    if later is not None:
        assert works_on(calendar, later)
        assert working_days(calendar, day + timedelta(1), later) == number
        assert working_day(calendar, later, -number) in {
            working_day(calendar, day, 0) if works_on(calendar, day) else None,
            working_day(calendar, day, -1),
        }


def test_no_working_days_away_is_the_day_itself_or_the_next_worked():
    assert working_day(BAVARIA, date(2026, 3, 2), 0) == date(2026, 3, 2)
    assert working_day(BAVARIA, date(2026, 3, 7), 0) == date(2026, 3, 9)


@pytest.mark.parametrize(
    ("day", "number", "found"),
    [
        ("2026-06-03", 1, "2026-06-05"),  # Corpus Christi in Bavaria
        ("2026-12-23", 2, "2026-12-31"),  # Christmas, a weekend, three days of their own
        ("2027-01-07", -2, "2027-01-04"),  # Epiphany
        ("2026-03-06", -5, "2026-02-27"),
    ],
)
def test_holidays_of_the_subdivision_and_closures_are_not_worked(day, number, found):
    assert working_day(BAVARIA, date.fromisoformat(day), number) == date.fromisoformat(found)


def test_another_subdivision_works_where_one_does_not():
    berlin = _calendar(WEEK, country="DE", subdivision="BE")
    assert works_on(berlin, date(2026, 6, 4))
    assert not works_on(BAVARIA, date(2026, 6, 4))


def test_a_holiday_takes_its_hours_out_of_working_time():
    start, end = (datetime(2026, 6, day, tzinfo=UTC) for day in (3, 6))
    assert working_time(BAVARIA, start, end) == timedelta(hours=17)


def test_the_hours_of_a_day_follow_the_clock_of_the_place_when_it_is_set_back():
    nights = _calendar([(7, "00:00", "06:00")])
    start = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert working_time(nights, start, start + timedelta(days=1)) == timedelta(hours=7)


def test_a_calendar_that_works_no_more_gives_no_day_and_no_instant():
    shut = _calendar(WEEK, closures=[("2026-01-01", "2199-12-31")])
    assert working_day(shut, date(2026, 3, 2), 1) is None
    start = datetime(2026, 3, 2, tzinfo=UTC)
    assert after_working_time(shut, start, MINUTE) is None
    assert working_time(shut, start, start + timedelta(days=30)) == timedelta()


def test_a_calendar_without_hours_works_around_the_clock():
    start = datetime(2026, 3, 27, 23, tzinfo=UTC)
    assert working_time(_calendar(), start, start + timedelta(days=3)) == timedelta(days=3)
    assert after_working_time(_calendar(), start, timedelta()) == start


def _day_by_day(calendar, day, number):
    """Return the same as `working_day` by looking at each day."""
    step = timedelta(1 if number > 0 else -1)
    left, paused = abs(number), 0
    while left and paused <= LONGEST_PAUSE:
        day += step
        paused = 0 if works_on(calendar, day) else paused + 1
        left -= not paused
    return None if left else day


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.integers(1, 7), min_size=1),
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    st.sampled_from([1, 2, 10, 3_650, 3_675]),
    st.integers(-400, 400).filter(bool),
)
def test_a_day_is_found_by_years_as_by_days(weekdays, shut, long, number):
    hours = [(it, "08:00", "16:00") for it in sorted(weekdays)]
    closures = [(shut.isoformat(), (shut + timedelta(long)).isoformat())]
    calendar = _calendar(hours, closures=closures)
    for start in (shut - timedelta(3), shut, shut + timedelta(long + 2)):
        found = working_day(calendar, start, number)
        assert found == _day_by_day(calendar, start, number)
        if found is not None:
            between = (start + timedelta(1), found) if number > 0 else (found, start - timedelta(1))
            assert working_days(calendar, *between) == abs(number)


def test_the_days_of_a_year_are_found_once_however_many_ask():
    """A line of a year's transit on Mondays only is seven years away; a closed calendar ends."""
    closures = [(f"2026-{it:02}-01", f"2026-{it:02}-02") for it in range(1, 13)]
    calendar = _calendar([(1, "08:00", "16:00")], closures=closures)
    shut = _calendar(closures=[("0001-01-01", "9999-12-31")])
    _worked.cache_clear()
    for day in range(250):
        assert working_day(calendar, date(2026, 1, 1) + timedelta(day), 366).year >= 2033
        assert working_day(shut, date(2026, 1, 1) + timedelta(day), -1) is None
    assert _worked.cache_info().misses <= 9 + 12
