"""Dates and periods as messages write them (EDIFACT 2379, VDA): each is a stretch of time."""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone

from kit.standards.schedules.messages import LineBucket, Span

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_MINUTE, _SECOND = timedelta(minutes=1), timedelta(seconds=1)
_CENTURY_FROM = 80
"""Years of two digits from here on are those of the twentieth century."""
_ZONES = {"UTC": 0, "GMT": 0, "WET": 0, "CET": 60, "MEZ": 60, "CES": 120, "MSZ": 120, "EET": 120}
"""Names of zones of format 303 -> minutes; numbers say them themselves."""
_FIRST, _LAST = 1950, 2199


def _day(text: str, form: str) -> datetime:
    found = datetime.strptime(text, form)  # noqa: DTZ007 -- what is written has no zone.
    if not _FIRST <= found.year <= _LAST:
        raise ValueError(text)
    return found


def _week(text: str) -> datetime:
    """Return the Monday of a week, CCYYWW."""
    monday = date.fromisocalendar(int(text[:4]), int(text[4:]), 1)
    return _day(monday.strftime("%Y%m%d"), "%Y%m%d")


def _of(form: str, length: timedelta) -> Callable[[str], Span]:
    def read(text: str) -> Span:
        start = _day(text, form)
        return Span(start, start + length)

    return read


def _month(text: str) -> Span:
    return month_of(_day(text, "%Y%m"))


def _short(read: Callable[[str], Span]) -> Callable[[str], Span]:
    """Read a value whose year has two digits."""
    return lambda text: read(("19" if int(text[:2]) >= _CENTURY_FROM else "20") + text)


def _between(read: Callable[[str], Span]) -> Callable[[str], Span]:
    """Read two values behind each other, with a hyphen between them or without."""

    def read_both(text: str) -> Span:
        plain = text.replace("-", "")
        digits = len(plain) // 2
        first, last = read(plain[:digits]), read(plain[digits:])
        if last.start < first.start:
            raise ValueError(text)
        return Span(first.start, max(last.until, first.end))

    return read_both


def _weeks(text: str) -> Span:
    start = _week(text)
    return Span(start, start + _WEEK)


def _zoned(text: str) -> Span:
    zone = text[12:].upper()
    minutes = int(zone) * 60 if re.fullmatch(r"[+-][0-9]{2}", zone) else _ZONES.get(zone)
    if minutes is None:
        raise ValueError(zone)
    start = _day(text[:12], "%Y%m%d%H%M")
    start = start.replace(tzinfo=timezone(timedelta(minutes=minutes))).astimezone(UTC)
    return Span(start, start + _MINUTE)


_DATE, _INSTANT = _of("%Y%m%d", _DAY), _of("%Y%m%d%H%M", _MINUTE)


def _moment(text: str) -> Span:
    """Read a moment of format 713: some write the century, too."""
    return (_INSTANT if len(text) == len("CCYYMMDDHHMM") else _short(_INSTANT))(text)


FORMATS: Mapping[str, tuple[str, Callable[[str], Span]]] = {
    "101": (r"\d{6}", _short(_DATE)),
    "102": (r"\d{8}", _DATE),
    "201": (r"\d{10}", _short(_INSTANT)),
    "203": (r"\d{12}", _INSTANT),
    "204": (r"\d{14}", _of("%Y%m%d%H%M%S", _SECOND)),
    "303": (r"\d{12}.{3}", _zoned),
    "610": (r"\d{6}", _month),
    "616": (r"\d{6}", _weeks),
    "713": (r"\d{10}-?\d{10}|\d{12}-?\d{12}", _between(_moment)),
    "715": (r"\d{4}-?\d{4}", _between(_short(_weeks))),
    "716": (r"\d{6}-?\d{6}", _between(_weeks)),
    "717": (r"\d{6}-?\d{6}", _between(_short(_DATE))),
    "718": (r"\d{8}-?\d{8}", _between(_DATE)),
    "719": (r"\d{12}-?\d{12}", _between(_INSTANT)),
}
"""Format (2379) -> its digits, how it is read."""


def span_of(text: str, form: str) -> Span:
    """Return what a value in a format of EDIFACT means. ValueError: nothing."""
    digits, read = FORMATS.get(form, ("", None))
    if read is None or not re.fullmatch(digits, text, re.ASCII):
        raise ValueError(text)
    try:
        return read(text)
    except OverflowError as error:
        raise ValueError(text) from error


def month_of(day: datetime) -> Span:
    """Return the rest of a month that begins on a day of it: all of it from its first."""
    length = monthrange(day.year, day.month)[1]
    return Span(day, day.replace(day=length) + _DAY)


def _half_month(day: datetime) -> datetime:
    middle = day.replace(day=16)
    return middle if day < middle else month_of(day).end


def _months(number: int) -> Callable[[datetime], datetime]:
    def end(day: datetime) -> datetime:
        year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
        return day.replace(year=year, month=month + 1, day=1)

    return end


_ENDS: Mapping[str, Callable[[datetime], datetime]] = {
    "WEEK": lambda day: day + _WEEK,
    "MONTH": lambda day: month_of(day).end,
    "FOUR_WEEKS": lambda day: day + 4 * _WEEK,
    "TEN_DAYS": lambda day: day + 10 * _DAY,
    "HALF_MONTH": _half_month,
    "QUARTER": _months(3),
    "HALF_YEAR": _months(6),
    "YEAR": _months(12),
}
_BUCKETS: Mapping[str, LineBucket] = {
    "DAY": "DAY",
    "WEEK": "WEEK",
    "MONTH": "MONTH",
    "FLEXIBLE": "FLEXIBLE",
}


def bucket_of(meaning: str) -> LineBucket:
    """Return how long a bucket is called: what has no name of its own is a period."""
    return _BUCKETS.get(meaning, "PERIOD")


def filled(meaning: str, span: Span) -> Span:
    """Return the whole bucket of which a day or a moment is the beginning."""
    end = _ENDS.get(meaning)
    is_long = span.end - span.start > _DAY
    if end is None or is_long:
        return span
    first = span.start.replace(hour=0, minute=0, second=0)
    return Span(first, end(first))
