"""Working days and working time: what a calendar's hours, holidays and closures leave of time.

Days are those of the calendar's zone. A day is worked where it is no public holiday, lies in no
closure, and has hours; a calendar without hours works around the clock. An opening is one stretch:
from when the clock first shows its beginning until it last shows its end.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from functools import lru_cache
from itertools import count, takewhile
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from kit.standards.public_holidays import public_holidays
from models.master.receiving import END_OF_DAY, Opening, openings_on

_ROUND_THE_CLOCK: Sequence[Opening] = [
    {"weekday": it, "opens": "00:00", "closes": END_OF_DAY} for it in range(1, 8)
]
_EVERY_DAY = frozenset(range(1, 8))
LONGEST_PAUSE = 3_660
"""Days after which a calendar that did not work works no more."""


class WorkingHours(Protocol):
    """What a row of calendars tells of time: see models.master.calendars."""

    time_zone: Any
    hours: Any
    holiday_country: Any
    holiday_subdivision: Any
    closures: Any


def works_on(calendar: "WorkingHours | WorkedDays", day: date) -> bool:
    """Tell whether a day is worked."""
    worked, place = _worked_by(calendar)(day.year), day.toordinal()
    found = bisect_left(worked, place)
    return found < len(worked) and worked[found] == place


def working_days(calendar: WorkingHours, first: date, last: date) -> int:
    """Count the days worked from the first to the last one, both included."""
    worked_in, begin, end = _worked_by(calendar), first.toordinal(), last.toordinal()
    years = (worked_in(it) for it in range(first.year, last.year + 1))
    return sum(bisect_right(it, end) - bisect_left(it, begin) for it in years)


def working_day(calendar: "WorkingHours | WorkedDays", day: date, number: int) -> date | None:
    """Return the day that is so many working days after a day, before it where negative.

    0 is the day itself where it is worked, and else the next one that is. None where the calendar
    works no more.
    """
    if number == 0:
        day, number = day - timedelta(1), 1
    worked_in, last, left = _worked_by(calendar), day.toordinal(), abs(number)
    years = range(day.year, MAXYEAR + 1) if number > 0 else range(day.year, MINYEAR - 1, -1)
    for year in years:
        begins = date(year, 1, 1) if number > 0 else date(year, 12, 31)
        if abs(begins.toordinal() - last) > LONGEST_PAUSE + 1:
            break
        worked = worked_in(year)
        ahead = worked[bisect_right(worked, last) :]
        if number < 0:
            ahead = worked[: bisect_left(worked, last)][::-1]
        if ahead and abs(ahead[0] - last) > LONGEST_PAUSE + 1:
            break
        if len(ahead) >= left:
            return date.fromordinal(ahead[left - 1])
        if ahead:
            last, left = ahead[-1], left - len(ahead)
    return None


def working_time(calendar: WorkingHours, start: datetime, end: datetime) -> timedelta:
    """Return how much of the time between two instants is worked."""
    stretches = takewhile(lambda it: it[0] < end, _stretches(calendar, start))
    return sum((min(closes, end) - opens for opens, closes in stretches), timedelta())


def after_working_time(
    calendar: WorkingHours, start: datetime, amount: timedelta
) -> datetime | None:
    """Return the first instant at which so much time was worked since the start.

    None where the calendar works no more before. amount: not negative; nothing is the start.
    """
    if not amount:
        return start
    for opens, closes in _stretches(calendar, start):
        if amount <= closes - opens:
            return opens + amount
        amount -= closes - opens
    return None


def _stretches(calendar: WorkingHours, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield what is worked from an instant on, in order, until the calendar works no more."""
    zone = ZoneInfo(calendar.time_zone)
    hours = calendar.hours or _ROUND_THE_CLOCK
    since, pause = start, 0
    begin = start.astimezone(zone).date() - timedelta(1)
    for day in (begin + timedelta(it) for it in count()):
        pause += 1
        if pause > LONGEST_PAUSE:
            return
        if not works_on(calendar, day):
            continue
        for opens, closes in openings_on(hours, day, zone):
            # Where the clock is set back, openings of one day may meet: no minute counts twice.
            if since < closes:
                yield max(opens, since), closes
                since, pause = closes, 0


class WorkedDays:
    """The days that a calendar works, looked up once for who asks for many of them."""

    def __init__(
        self,
        calendar: WorkingHours | None,
        place: Sequence[Opening] = (),
        zone: ZoneInfo | None = None,
    ) -> None:
        """Take the calendar, as it is now; None has neither hours nor closures.

        place: openings of a place of its own, in its zone, which has the calendar's holidays and
        closures. It works on those of their weekdays on which the calendar does, or where that is
        none, on them; on no day on which its clock leaves all of its openings out.
        """
        self._calendar, self._known = calendar, dict[int, Sequence[int]]()
        self._place, self._zone = place, zone
        self._of_year = _worked_by(calendar, frozenset(it["weekday"] for it in place))

    def at_place(self, openings: Sequence[Opening], zone: ZoneInfo) -> "WorkedDays":
        """Return the days of a place that takes in at some hours only."""
        return WorkedDays(self._calendar, openings, zone)

    def of_year(self, year: int) -> Sequence[int]:
        """Return those of a year, in order, as their ordinals."""
        found = self._known.get(year)
        if found is None:
            found = self._of_year(year)
            if self._zone is not None:
                left_out = set(_left_out(self._place, self._zone, year))
                found = [it for it in found if it not in left_out] if left_out else found
            self._known[year] = found
        return found


def _left_out(openings: Sequence[Opening], zone: ZoneInfo, year: int) -> Iterator[int]:
    """Yield the days of a year, as ordinals, of which the clock leaves all openings out."""
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    for day in (date.fromordinal(it) for it in range(first, last + 1)):
        begin = datetime(day.year, day.month, day.day, tzinfo=zone)
        is_set = begin.utcoffset() != (begin + timedelta(1)).utcoffset()
        if is_set and not any(openings_on(openings, day, zone)):
            yield day.toordinal()


def _worked_by(
    calendar: WorkingHours | WorkedDays | None, at_place: frozenset[int] = frozenset()
) -> Callable[[int], Sequence[int]]:
    """Return what gives the days that a calendar works in a year, in order, as their ordinals."""
    if isinstance(calendar, WorkedDays):
        return calendar.of_year
    if calendar is None:
        return lambda year: _worked(at_place or _EVERY_DAY, (), None, None, year)
    weekdays = frozenset(it["weekday"] for it in calendar.hours) or _EVERY_DAY
    weekdays = (weekdays & at_place) or at_place or weekdays
    closures = tuple((it["from_on"], it["to_on"]) for it in calendar.closures)
    holidays = calendar.holiday_country, calendar.holiday_subdivision
    return lambda year: _worked(weekdays, closures, *holidays, year)


@lru_cache(maxsize=1_000)
def _worked(
    weekdays: frozenset[int],
    closures: Sequence[tuple[str, str]],
    country: str | None,
    subdivision: str | None,
    year: int,
) -> Sequence[int]:
    """Find them once: a thousand years of calendars are remembered, 3 kB each."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    off = set[int]()
    if country is not None:
        off |= {it.toordinal() for it in public_holidays(country, subdivision, year)}
    for from_on, to_on in closures:
        begin, end = max(date.fromisoformat(from_on), first), min(date.fromisoformat(to_on), last)
        off |= {*range(begin.toordinal(), end.toordinal() + 1)}
    # The first day of the calendar of ordinals is a Monday.
    days = range(first.toordinal(), last.toordinal() + 1)
    return array("i", (it for it in days if (it - 1) % 7 + 1 in weekdays and it not in off))
