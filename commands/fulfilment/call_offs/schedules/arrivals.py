"""When goods of a schedule line may arrive: its window, by transit and receiving hours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from commands.trade.contracts.times import Window
from commands.trade.releases.transit import Transit
from models.master.parties import Address
from models.master.receiving import openings_on
from models.trade.releases.words import DateMeaning, ScheduleKind

_FARTHEST = 60
"""Days within which a place must open at which the last opening has passed."""
SHUT = f" Its place takes nothing in within {_FARTHEST} days on which its carrier comes."


class SupplyWindow(NamedTuple):
    """A window in which something may arrive. leaves_on: the day on which it must leave.

    is_late: it should have left before, or is wanted at once. why: what of it is not as it was
    sent. wanted_by: what comes from then on comes later than it is wanted, and could. is_shut: its
    place takes nothing in for long, so that nothing may arrive.
    """

    window: Window
    leaves_on: date
    is_late: bool
    why: str
    wanted_by: datetime
    is_shut: bool = False


@dataclass(frozen=True)
class Arrivals:
    """When goods may arrive at one place. address: None where none is known.

    transit: how they get there. now: the instant as of which is planned; today: its day at the
    contract.
    """

    transit: Transit
    address: Address | None
    now: datetime
    today: date

    def of(self, line: Any) -> SupplyWindow:
        """Return when a line of an effective schedule may arrive.

        It arrives on its day, or where its place takes nothing in then by now, on the one that
        would be its day if it was sent now.
        """
        zone_name = line.window_zone if self.address is None else self.address.time_zone
        zone = ZoneInfo(zone_name)
        leaves_on, arrives_on = self._days(line)
        is_over = leaves_on < self.today or line.window_latest <= self.now
        is_late = line.kind != ScheduleKind.SCHEDULED or is_over
        why = ""
        if is_late:
            leaves_on, arrives_on = self.transit.leaving(self.today, line.transit_days)
            start, end = _midnight(arrives_on, zone), _midnight(arrives_on + timedelta(1), zone)
            why = " It leaves as soon as it can: it is late, or wanted at once."
        else:
            start, end = _arrives(line, arrives_on, zone)
            is_before = arrives_on < line.window_earliest.astimezone(zone).date()
            why = _MOVED["before"] if is_before else ""
        opens, closes, moved = start, end, ""
        if self.address is not None and self.address.receiving_hours:
            opens, closes, moved = self._taken_in(line, start, end, zone)
            if (day := opens.astimezone(zone).date()) > arrives_on:
                leaves_on = max(leaves_on, self.transit.left_for(day, line.transit_days))
        window = Window(earliest=opens, latest=closes, time_zone=zone_name)
        wanted_by = max(end, closes, line.window_latest)
        return SupplyWindow(window, leaves_on, is_late, why + moved, wanted_by, moved is SHUT)

    def _days(self, line: Any) -> tuple[date, date]:
        """Return when a line leaves and arrives, unless it is late."""
        if self.transit.takes_in(line.arrives_on, line.transit_days):
            return line.ships_on, line.arrives_on
        window = Window.model_construct(
            earliest=line.window_earliest, latest=line.window_latest, time_zone=line.window_zone
        )
        meaning = DateMeaning(line.date_meaning)
        days = self.transit.days(window, meaning, line.transit_days, is_whole=True)
        return days["ships_on"], days["arrives_on"]

    def _taken_in(
        self, line: Any, start: datetime, end: datetime, zone: ZoneInfo
    ) -> tuple[datetime, datetime, str]:
        """Return the opening of a place for a window, and why it is none of the window.

        It is the first one in the window, or else, of its days, one that is later or earlier; or
        the next one where all have passed.
        """
        first, last = (it.astimezone(zone).date() for it in (start, end - timedelta.resolution))
        every = list(self._openings(first, last, line.transit_days, zone))
        within = ((opens, closes) for opens, closes in every if opens < end and start < closes)
        if (found := next(within, None)) is not None:
            return max(found[0], start), min(found[1], end), ""
        if every:
            later = next((it for it in every if it[0] >= end), None)
            return *(later or every[-1]), _MOVED["later" if later else "earlier"]
        after = last + timedelta(1), last + timedelta(_FARTHEST)
        for opening in self._openings(*after, line.transit_days, zone):
            return *opening, _MOVED["next"]
        return start, end, SHUT

    def _openings(
        self, first: date, last: date, transit_days: int, zone: ZoneInfo
    ) -> Iterator[tuple[datetime, datetime]]:
        """Yield the openings of some days on which something can arrive, that have not passed."""
        hours = [] if self.address is None else self.address.receiving_hours
        for day in (first + timedelta(it) for it in range((last - first).days + 1)):
            if self.transit.takes_in(day, transit_days):
                its = openings_on(hours, day, zone)
                yield from (it for it in its if self.now < it[1])


_MOVED = {
    "before": " Nothing can arrive there then: it comes on the last day before on which it can.",
    "next": " Its place takes nothing in any more on that day: it comes on the next one.",
    "later": " Its place takes nothing in then: it comes later on that day.",
    "earlier": " Its place takes nothing in then: it comes earlier on that day.",
}
"""Why it comes in no opening of its window, by the one in which it comes."""


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _arrives(line: Any, arrives_on: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return a line's window as one of arrival, from the day on which it arrives on.

    A shipment's is so many days later. What arrives before its window has the hours of it.
    """
    start, end = (it.astimezone(zone) for it in (line.window_earliest, line.window_latest))
    later = arrives_on - line.window_earliest.astimezone(ZoneInfo(line.window_zone)).date()
    if line.date_meaning == DateMeaning.SHIPMENT:
        return start + later, end + later
    if later > timedelta(0):
        return _midnight(arrives_on, zone), end
    if later < timedelta(0):
        end = min(end + later, _midnight(arrives_on + timedelta(1), zone))
    return start + later, end
