"""Receiving hours: which windows a place takes in."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from models.master.receiving import takes_in

MONDAY, TUESDAY, SATURDAY, SUNDAY = 1, 2, 6, 7


def _hours(*openings: tuple[int, str, str]) -> list[dict[str, object]]:
    return [{"weekday": day, "opens": opens, "closes": closes} for day, opens, closes in openings]


def _takes(
    hours: list[dict[str, object]], earliest: str, latest: str, zone: str = "Europe/Berlin"
) -> bool:
    """Ask for a window in the wall clock of the place, unless it names an offset of its own."""
    ends = [datetime.fromisoformat(text) for text in (earliest, latest)]
    return takes_in(
        hours, zone, *(it if it.tzinfo else it.replace(tzinfo=ZoneInfo(zone)) for it in ends)
    )


WEEK = _hours(
    *((day, opens, closes) for day in range(1, 6) for opens, closes in (("07:00", "12:00"),)),
    *((day, "13:00", "16:30") for day in range(1, 5)),
)


@pytest.mark.parametrize(
    ("earliest", "latest", "taken"),
    [
        ("2026-03-02T08:00", "2026-03-02T10:00", True),
        ("2026-03-02T07:00", "2026-03-02T12:00", True),
        ("2026-03-02T06:59", "2026-03-02T10:00", False),
        ("2026-03-02T11:00", "2026-03-02T12:01", False),
        ("2026-03-02T11:00", "2026-03-02T14:00", False),
        ("2026-03-06T13:00", "2026-03-06T14:00", False),
        ("2026-03-07T08:00", "2026-03-07T10:00", False),
    ],
)
def test_a_window_of_one_day_lies_whole_in_one_opening(earliest, latest, taken):
    assert _takes(WEEK, earliest, latest) is taken


@pytest.mark.parametrize(
    ("earliest", "latest", "taken"),
    [
        ("2026-03-02T08:00", "2026-03-04T10:00", True),
        ("2026-03-02T16:00", "2026-03-03T07:30", True),
        ("2026-03-02T16:30", "2026-03-03T10:00", False),
        ("2026-03-02T06:59", "2026-03-03T10:00", False),
        ("2026-03-02T12:30", "2026-03-03T10:00", False),
        ("2026-03-02T08:00", "2026-03-03T07:00", False),
        ("2026-03-02T08:00", "2026-03-03T12:30", False),
        ("2026-03-06T08:00", "2026-03-09T10:00", True),
        ("2026-03-06T08:00", "2026-03-08T10:00", False),
        ("2026-03-02T08:00", "2027-03-02T10:00", True),
        ("2026-03-02T08:00", "2027-03-02T17:00", False),
    ],
)
def test_a_window_of_several_days_begins_and_ends_in_openings(earliest, latest, taken):
    assert _takes(WEEK, earliest, latest) is taken


def test_openings_that_touch_at_midnight_are_one():
    night = _hours((MONDAY, "12:00", "24:00"), (TUESDAY, "00:00", "06:00"))
    assert _takes(night, "2026-03-02T20:00", "2026-03-03T03:00")
    assert _takes(night, "2026-03-02T12:00", "2026-03-03T06:00")
    assert not _takes(night, "2026-03-02T20:00", "2026-03-03T06:01")
    assert not _takes(night, "2026-03-03T05:00", "2026-03-03T12:00")


def test_a_window_over_the_change_of_the_clock_begins_and_ends_in_openings():
    nights = _hours((SATURDAY, "20:00", "24:00"), (SUNDAY, "00:00", "03:00"))
    assert _takes(nights, "2026-03-28T23:00+01:00", "2026-03-29T03:00+02:00")
    assert not _takes(nights, "2026-03-28T23:00+01:00", "2026-03-29T03:01+02:00")
    assert _takes(nights, "2026-10-24T23:00+02:00", "2026-10-25T02:59+01:00")
    assert not _takes(nights, "2026-10-24T23:00+02:00", "2026-10-25T03:01+01:00")


def test_openings_that_share_a_repeated_hour_are_each_open_in_it():
    night = _hours((SUNDAY, "01:00", "02:30"), (SUNDAY, "02:45", "04:00"))
    assert _takes(night, "2026-10-25T02:15+01:00", "2026-10-25T03:30+01:00")
    assert not _takes(night, "2026-10-25T01:15+02:00", "2026-10-25T03:30+01:00")


def test_a_place_without_hours_takes_every_window():
    assert _takes([], "2026-03-07T00:00", "2026-03-08T23:00")


def test_a_window_until_midnight_does_not_touch_the_next_day():
    late = _hours((MONDAY, "18:00", "24:00"))
    assert _takes(late, "2026-03-02T20:00", "2026-03-03T00:00")
    assert not _takes(late, "2026-03-02T20:00", "2026-03-03T00:01")


def test_the_weekday_is_the_one_at_the_place():
    auckland = _hours((TUESDAY, "08:00", "12:00"))
    window = ("2026-03-02T20:00+00:00", "2026-03-02T21:00+00:00")
    assert _takes(auckland, *window, zone="Pacific/Auckland")
    assert not _takes(auckland, *window, zone="Europe/London")


def test_hours_follow_the_clock_of_the_place_through_summer_time():
    monday = _hours((MONDAY, "08:00", "09:00"))
    assert _takes(monday, "2026-03-23T07:00+00:00", "2026-03-23T08:00+00:00")
    assert _takes(monday, "2026-03-30T06:00+00:00", "2026-03-30T07:00+00:00")
    assert not _takes(monday, "2026-03-30T07:00+00:00", "2026-03-30T08:00+00:00")


def test_an_opening_covers_both_passes_of_a_repeated_hour():
    night = _hours((SUNDAY, "02:00", "03:00"))
    assert _takes(night, "2026-10-25T02:45+02:00", "2026-10-25T02:15+01:00")
    assert not _takes(night, "2026-10-25T02:45+02:00", "2026-10-25T03:15+01:00")


def test_an_opening_in_a_missing_hour_takes_nothing_that_day():
    night = _hours((SATURDAY, "08:00", "12:00"), (SUNDAY, "02:15", "02:45"))
    assert not _takes(night, "2026-03-28T08:00+01:00", "2026-03-29T12:00+02:00")
    assert not _takes(night, "2026-03-28T08:00+01:00", "2026-03-29T03:30+02:00")
    assert _takes(night, "2026-03-21T08:00+01:00", "2026-03-22T02:30+01:00")
