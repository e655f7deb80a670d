"""Working days and working time: what a calendar's hours, holidays and closures leave of time.

Days are those of the calendar's zone. A day is worked where it is no public holiday, lies in no
closure, and has hours; a calendar without hours works around the clock. An opening is one stretch:
from when the clock first shows its beginning until it last shows its end.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import count, takewhile
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from kit.standards.public_holidays import public_holidays
from models.master.receiving import END_OF_DAY, Opening, openings_on

_ROUND_THE_CLOCK: Sequence[Opening] = [
    {"weekday": it, "opens": "00:00", "closes": END_OF_DAY} for it in range(1, 8)
]
LONGEST_PAUSE = 3_660
"""Days after which a calendar that did not work works no more."""


class WorkingHours(Protocol):
    """What a row of calendars tells of time: see models.master.calendars."""

    time_zone: Any
    hours: Any
    holiday_country: Any
    holiday_subdivision: Any
    closures: Any


def works_on(calendar: WorkingHours, day: date) -> bool:
    """Tell whether a day is worked."""
    return not _is_off(calendar, day) and (
        not calendar.hours or any(it["weekday"] == day.isoweekday() for it in calendar.hours)
    )


def working_days(calendar: WorkingHours, first: date, last: date) -> int:
    """Count the days worked from the first to the last one, both included."""
    days = (first + timedelta(it) for it in range((last - first).days + 1))
    return sum(works_on(calendar, day) for day in days)


def working_day(calendar: WorkingHours, day: date, number: int) -> date | None:
    """Return the day that is so many working days after a day, before it where negative.

    0 is the day itself where it is worked, and else the next one that is. None where the calendar
    works no more.
    """
    step = timedelta(-1 if number < 0 else 1)
    left = abs(number)
    if number == 0:
        day, left = day - step, 1
    paused = 0
    while left:
        day += step
        paused = 0 if works_on(calendar, day) else paused + 1
        left -= not paused
        if paused > LONGEST_PAUSE:
            return None
    return day


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
        if _is_off(calendar, day):
            continue
        for opens, closes in openings_on(hours, day, zone):
            # Where the clock is set back, openings of one day may meet: no minute counts twice.
            if since < closes:
                yield max(opens, since), closes
                since, pause = closes, 0


def _is_off(calendar: WorkingHours, day: date) -> bool:
    """Tell whether a day is a holiday or in a closure."""
    closed = any(_covers(it, day) for it in calendar.closures)
    if closed or calendar.holiday_country is None:
        return closed
    its = public_holidays(calendar.holiday_country, calendar.holiday_subdivision, day.year)
    return day in its


def _covers(closure: Mapping[str, Any], day: date) -> bool:
    return bool(closure["from_on"] <= day.isoformat() <= closure["to_on"])
