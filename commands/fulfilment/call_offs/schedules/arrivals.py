"""When goods of a schedule line may arrive: its window, by transit and receiving hours."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from commands.trade.contracts.times import Window
from commands.trade.releases.transit import Transit
from models.master.receiving import openings_on
from models.trade.releases.words import DateMeaning, ScheduleKind

_FARTHEST = 60
"""Days within which a place that takes nothing in on the wanted day must open."""


class SupplyWindow(NamedTuple):
    """A window in which something may arrive. leaves_on: the day on which it must leave.

    is_late: it should have left before, or is wanted at once. why: what of it is not as it was
    sent.
    """

    window: Window
    leaves_on: date
    is_late: bool
    why: str


def arrival_of(line: Any, transit: Transit, address: Any | None, now: datetime) -> SupplyWindow:
    """Return when a line of an effective schedule may arrive. address: None where none is known."""
    zone_name = line.window_zone if address is None else address.time_zone
    zone = ZoneInfo(zone_name)
    why, leaves_on = "", line.due_on
    is_over = line.ships_on < line.due_on or line.window_latest <= now
    is_late = line.kind != ScheduleKind.SCHEDULED or is_over
    if is_late:
        leaves_on, arrives_on = transit.leaving(line.due_on, line.transit_days)
        start, end = _midnight(arrives_on, zone), _midnight(arrives_on + timedelta(1), zone)
        why = " It leaves as soon as it can: it is late, or wanted at once."
    else:
        start, end = _arrives(line, zone)
    ahead = (it for it in _openings(address, start, end, zone) if now < it[1])
    opens, closes = next(ahead, (start, end))
    if opens >= end and address is not None and address.receiving_hours:
        why += _MOVED[opens.astimezone(zone).date() == _last(end, zone)]
    window = Window(earliest=opens, latest=closes, time_zone=zone_name)
    return SupplyWindow(window, leaves_on, is_late, why)


_MOVED = {
    False: " Its place takes nothing in on that day: it comes on the next one that does.",
    True: " Its place takes nothing in then: it comes later on that day.",
}
"""Why it comes when its place opens next, by whether that is on the last day of its window."""


def _last(end: datetime, zone: ZoneInfo) -> date:
    return (end - timedelta.resolution).astimezone(zone).date()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _arrives(line: Any, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return a line's window as one of arrival, from the day on which it arrives on.

    A shipment's is so many days later. What arrives before its window has the hours of it.
    """
    start, end = (it.astimezone(zone) for it in (line.window_earliest, line.window_latest))
    later = line.arrives_on - line.window_earliest.astimezone(ZoneInfo(line.window_zone)).date()
    if line.date_meaning == DateMeaning.SHIPMENT:
        return start + later, end + later
    if later > timedelta(0):
        return _midnight(line.arrives_on, zone), end
    if later < timedelta(0):
        end = min(end + later, _midnight(line.arrives_on + timedelta(1), zone))
    return start + later, end


def _openings(
    address: Any | None, start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """Yield what a place's receiving hours leave of a window, then its next openings whole."""
    if address is None or not address.receiving_hours:
        return
    first = start.astimezone(zone).date()
    for day in (first + timedelta(it) for it in range(_FARTHEST)):
        for opens, closes in openings_on(address.receiving_hours, day, zone):
            if start < closes:
                yield max(opens, start), min(closes, end) if opens < end else closes
