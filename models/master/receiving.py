"""Hours of a week: whether a place takes something in at a time, and when a day is worked."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
END_OF_DAY = "24:00"
"""When an opening closes that lasts until midnight."""

Opening = Mapping[str, Any]
"""One object of `Address.receiving_hours` or `Calendar.hours`."""


def takes_in(
    receiving_hours: Sequence[Opening], time_zone: str, earliest: datetime, latest: datetime
) -> bool:
    """Tell whether a window (from earliest up to latest) lies in the receiving hours (D6).

    Days and hours are those of the place's clock. A window begins in an opening and ends in one:
    in the same, if it lies inside one day; over several days, what is closed between does not
    matter. A window that ends at midnight does not touch the day that begins then. No hours:
    always.

    Where the clock is set back, an opening covers both passes of an hour; an hour that is missing
    belongs to none.
    """
    if not receiving_hours:
        return True
    zone = ZoneInfo(time_zone)
    last = latest - timedelta.resolution
    first_day, last_day = (it.astimezone(zone).date() for it in (earliest, last))
    begins = _openings_at(receiving_hours, earliest, first_day, zone)
    ends = _openings_at(receiving_hours, last, last_day, zone)
    return bool(begins & ends if first_day == last_day else begins and ends)


def _openings_at(
    openings: Sequence[Opening], instant: datetime, day: date, zone: ZoneInfo
) -> set[tuple[datetime, datetime]]:
    """Return the openings of a day in which an instant lies: two may share a repeated hour."""
    return {it for it in openings_on(openings, day, zone) if it[0] <= instant < it[1]}


def openings_on(
    openings: Sequence[Opening], day: date, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """Give the openings of one day at the place as instants; those that touch are one."""
    hours = {it["opens"]: it["closes"] for it in openings if it["weekday"] == day.isoweekday()}
    for begin in sorted({*hours} - {*hours.values()}):
        end = begin
        while end in hours:
            end = hours[end]
        until, clock = (day, end) if end != END_OF_DAY else (day + timedelta(1), "00:00")
        opens = _instant(day, begin, zone, fold=0)
        closes = _instant(until, clock, zone, fold=int(end != END_OF_DAY))
        if (closes - _SECOND).astimezone(zone).replace(tzinfo=None) >= datetime.combine(
            until, time.fromisoformat(clock)
        ):
            # The clock is set back to this time: what it showed since then was later already.
            closes = _instant(until, clock, zone, fold=0)
        if opens < closes:
            yield opens, closes


def _instant(day: date, clock: str, zone: ZoneInfo, fold: int) -> datetime:
    """Return when the place's clock shows the time; fold: 0 the first pass, 1 the second.

    A time that the clock leaves out is the instant at which it does.
    """
    shown = datetime.combine(day, time.fromisoformat(clock).replace(fold=fold), zone)
    instant = shown.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None, fold=0):
        return instant
    before, after = (shown.replace(fold=it).astimezone(UTC) for it in (1, 0))
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset():
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
