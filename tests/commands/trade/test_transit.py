"""On which days what is wanted leaves and arrives: by the calendars of three who work or rest."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.fulfilment.call_offs.schedules.arrivals import Arrivals
from commands.trade.contracts.times import Window
from commands.trade.releases.transit import LONGEST_REST, Transit
from models.master.working import WorkedDays, works_on
from models.trade.releases.words import DateMeaning

DAY = timedelta(days=1)
WEEK = range(1, 6)


def _calendar(weekdays=WEEK, closed=()):
    calendar = SimpleNamespace(
        time_zone="UTC",
        hours=[{"weekday": it, "opens": "06:00", "closes": "22:00"} for it in weekdays],
        holiday_country=None,
        holiday_subdivision=None,
        closures=[{"from_on": it, "to_on": it} for it in closed],
    )
    return WorkedDays(calendar)


def _window(first, last=None):
    begin = datetime.combine(first, datetime.min.time(), UTC)
    return Window(earliest=begin, latest=begin + ((last or first) - first) + DAY, time_zone="UTC")


def _days(transit, first, last=None, meaning=DateMeaning.ARRIVAL, number=0, *, is_whole=False):
    return transit.days(_window(first, last), meaning, number, is_whole=is_whole)


EPIPHANY = _calendar(closed=["2027-01-06"])
SATURDAY, NEW_YEAR = date(2026, 12, 12), date(2027, 1, 1)


@pytest.mark.parametrize(
    ("transit", "window", "meaning", "leaves", "arrives"),
    [
        # The customer rests on Wednesday; nobody knows who brings it, or somebody in two days.
        (Transit(theirs=EPIPHANY), ["2027-01-06"], "ARRIVAL", "2027-01-05", "2027-01-05"),
        (
            Transit(None, EPIPHANY, _calendar(), 2),
            ["2027-01-06"],
            "ARRIVAL",
            "2027-01-01",
            "2027-01-05",
        ),
        # Of a month it comes on the first day that is worked, not on the last before.
        (
            Transit(theirs=_calendar(closed=["2027-01-01"])),
            ["2027-01-01", "2027-01-31"],
            "ARRIVAL",
            "2027-01-04",
            "2027-01-04",
        ),
        # In a week that is closed nothing arrives: it is there before.
        (
            Transit(theirs=_calendar(closed=[f"2026-12-{it}" for it in range(21, 26)])),
            ["2026-12-21", "2026-12-27"],
            "ARRIVAL",
            "2026-12-18",
            "2026-12-18",
        ),
        # What is to leave on a day at rest leaves before, and comes when the customer works.
        (Transit(_calendar()), ["2026-12-12"], "SHIPMENT", "2026-12-11", "2026-12-11"),
        (Transit(theirs=_calendar()), ["2026-12-12"], "SHIPMENT", "2026-12-12", "2026-12-14"),
    ],
)
def test_who_rests_takes_nothing_in_and_sends_nothing(transit, window, meaning, leaves, arrives):
    first, last = date.fromisoformat(window[0]), date.fromisoformat(window[-1])
    found = _days(transit, first, last, DateMeaning(meaning))
    assert [found["ships_on"].isoformat(), found["arrives_on"].isoformat()] == [leaves, arrives]
    if meaning == "ARRIVAL":
        assert found["wanted_on"] == (None if window[0] == arrives else first)


_PLACE = SimpleNamespace(
    time_zone="Europe/Berlin",
    receiving_hours=[
        {"weekday": day, "opens": opens, "closes": closes}
        for day, opens, closes in (
            (2, "07:00", "12:00"),
            (4, "07:00", "09:00"),
            (4, "10:00", "12:00"),
        )
    ],
)


@pytest.mark.parametrize(
    ("closed", "window", "leaves", "arrives"),
    [
        # It takes in on Tuesdays and Thursdays: what is wanted on a Wednesday is there the day
        # before, that of a week on its Tuesday, and each leaves two days earlier.
        ([], ["2026-12-16"], "2026-12-11", "2026-12-15"),
        ([], ["2026-12-14", "2026-12-20"], "2026-12-11", "2026-12-15"),
        ([], ["2026-12-17"], "2026-12-15", "2026-12-17"),
        # Closures of its customer are its own, too.
        (["2026-12-15"], ["2026-12-16"], "2026-12-08", "2026-12-10"),
        (["2026-12-15"], ["2026-12-14", "2026-12-20"], "2026-12-15", "2026-12-17"),
        (["2026-12-15", "2026-12-17"], ["2026-12-14", "2026-12-20"], "2026-12-08", "2026-12-10"),
    ],
)
def test_a_place_takes_in_on_weekdays_of_its_own(closed, window, leaves, arrives):
    first, last = date.fromisoformat(window[0]), date.fromisoformat(window[-1])
    for theirs in (_calendar(closed=closed), _calendar([1], closed=closed)):
        # Where its customer's week has none of its days, its own hold.
        transit = Transit(_calendar(), theirs, _calendar(), 2).to(_PLACE)
        found = _days(transit, first, last)
        days = [found["ships_on"].isoformat(), found["arrives_on"].isoformat()]
        assert days == [leaves, arrives]


@pytest.mark.parametrize(
    ("opens", "closes", "arrives"),
    [
        # On 28 March 2027 the clock leaves out the hour from two to three.
        ("02:00", "03:00", "2027-03-21"),
        ("02:15", "02:45", "2027-03-21"),
        ("02:00", "03:30", "2027-03-28"),
    ],
)
def test_a_place_takes_nothing_in_at_hours_that_the_clock_leaves_out(opens, closes, arrives):
    hours = [{"weekday": 7, "opens": opens, "closes": closes}]
    place = SimpleNamespace(time_zone="Europe/Berlin", receiving_hours=hours)
    found = _days(Transit().to(place), date(2027, 3, 28))
    assert found["arrives_on"].isoformat() == arrives


_EARLY = [{"weekday": it, "opens": "08:00", "closes": "10:00"} for it in (2, 4)]


def _line(first, last=None, kind="SCHEDULED", meaning="ARRIVAL", **days):
    window = _window(first, last)
    return SimpleNamespace(
        window_earliest=window.earliest + days.pop("hours", 0) * timedelta(hours=1),
        window_latest=window.latest,
        window_zone="UTC",
        kind=kind,
        date_meaning=meaning,
        transit_days=0,
        **{"ships_on": first, "arrives_on": first} | days,
    )


@pytest.mark.parametrize(
    ("line", "now", "leaves", "arrives"),
    [
        # Its hours are newer than the line, which was to come on a day that it had then.
        (_line(date(2026, 12, 16)), "2026-12-07T00:00", "2026-12-11", "2026-12-15T08:00"),
        # On Tuesday at eleven, the opening of a week's first day has passed: it is Thursday's.
        (
            _line(date(2026, 12, 14), date(2026, 12, 20), ships_on=date(2026, 12, 15)),
            "2026-12-15T11:00",
            "2026-12-15",
            "2026-12-17T08:00",
        ),
        # What is wanted from noon on of a day on which it closes at ten comes before.
        (
            _line(date(2026, 12, 17), ships_on=date(2026, 12, 15), hours=12),
            "2026-12-07T00:00",
            "2026-12-15",
            "2026-12-17T08:00",
        ),
        # What is late is there on Wednesday where it leaves today: it may leave tomorrow.
        (
            _line(date(2026, 12, 8), kind="BACKLOG"),
            "2026-12-14T11:00",
            "2026-12-15",
            "2026-12-17T08:00",
        ),
        # A shipment says when it leaves; it comes when its place takes it in.
        (
            _line(
                date(2026, 12, 11),
                meaning="SHIPMENT",
                ships_on=date(2026, 12, 11),
                arrives_on=date(2026, 12, 15),
            ),
            "2026-12-07T00:00",
            "2026-12-11",
            "2026-12-15T08:00",
        ),
    ],
)
def test_it_comes_in_an_opening_and_leaves_for_its_day(line, now, leaves, arrives):
    place = SimpleNamespace(receiving_hours=_EARLY, time_zone="UTC")
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    transit = Transit(_calendar(), None, _calendar(), 2).to(place)
    found = Arrivals(transit, place, at, at.date()).of(line)
    days = [found.leaves_on.isoformat(), found.window.earliest.isoformat()[:16]]
    assert days == [leaves, arrives]


def test_what_is_late_leaves_when_its_place_takes_it_in_then():
    transit = Transit(_calendar(), None, _calendar(), 2).to(_PLACE)
    monday = date(2026, 12, 14)
    assert transit.leaving(monday, 0) == (monday + DAY, monday + 3 * DAY)
    assert transit.leaving(monday + DAY, 0) == (monday + DAY, monday + 3 * DAY)
    assert transit.to(None) is transit


def test_what_is_left_of_a_week_leaves_and_arrives_on_days_that_are_worked():
    transit = Transit(_calendar(), _calendar(), _calendar(), 2)
    monday = date(2026, 12, 7)
    found = _days(transit, monday, monday + 6 * DAY)
    days = [[it.isoformat()[5:] for it in found[f"rest_{of}_on"]] for of in ("ships", "arrives")]
    assert days == [
        # Of what is left of a weekend nothing can come in it: it is there on Friday.
        ["12-04", "12-07", "12-08", "12-09", "12-09", "12-09"],
        ["12-08", "12-09", "12-10", "12-11", "12-11", "12-11"],
    ]
    whole = _days(transit, monday, monday + 6 * DAY, is_whole=True)
    free = _days(Transit(usual=2), monday, monday + 6 * DAY)
    assert [it["rest_ships_on"] for it in (whole, free)] == [None, None]
    year = _days(transit, monday, monday + 365 * DAY)
    assert len(year["rest_arrives_on"]) == LONGEST_REST


_CALENDARS = st.none() | st.builds(
    _calendar,
    st.sets(st.integers(1, 7), min_size=3),
    st.sets(st.integers(1, 28).map(lambda it: f"2026-12-{it:02}"), max_size=4),
)


@given(
    st.builds(Transit, _CALENDARS, _CALENDARS, _CALENDARS, st.just(0), _CALENDARS),
    st.integers(0, 27).map(lambda it: date(2026, 12, 1) + it * DAY),
    st.integers(0, 9),
    st.integers(0, 4),
)
def test_days_agree_both_ways(transit, first, length, number):
    last = first + length * DAY
    found = _days(transit, first, last, number=number)
    left, arrives = found["ships_on"], found["arrives_on"]
    calendars = transit.place or transit.theirs, transit.way if number else transit.carriers
    every = [it for it in calendars if it is not None]

    def is_worked(day):
        return all(works_on(it, day) for it in every)

    # It is there in the window where that has a day, and otherwise before it.
    within = [first + it * DAY for it in range(length + 1) if is_worked(first + it * DAY)]
    before = next((it for it in (first - n * DAY for n in range(60)) if is_worked(it)), first)
    assert arrives == next(iter(within), before)
    # What leaves then comes no later, and the day is one on which goods leave.
    assert transit.ours is None or works_on(transit.ours, left)
    sent = _days(transit, left, meaning=DateMeaning.SHIPMENT, number=number)
    assert sent["ships_on"] == left
    assert sent["arrives_on"] <= arrives
