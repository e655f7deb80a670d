"""On which days schedule lines leave and arrive: transit days by working calendars."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commands.trade.contracts.times import Window
from commands.writing.transaction import Writing
from models.master.calendars import Calendar
from models.master.working import WorkingHours, working_day, works_on
from models.trade.releases.words import DateMeaning


@dataclass(frozen=True)
class Transit:
    """How goods get to a customer.

    ours, theirs: calendars of the merchant and of the customer; without one every day is worked.
    usual: transit days of lines that name none.
    """

    ours: WorkingHours | None = None
    theirs: WorkingHours | None = None
    usual: int = 0

    def days(self, window: Window, meaning: DateMeaning, transit_days: int) -> dict[str, date]:
        """Return when what is asked for leaves and arrives, of the columns of a `ScheduleLine`.

        Transit days are worked by the customer's calendar, else by ours. What must arrive leaves
        on a day on which we work, early enough; a day of shipment stands as the customer says it.
        """
        first = window.earliest.astimezone(ZoneInfo(window.time_zone)).date()
        number, way = transit_days or self.usual, self.theirs or self.ours
        if meaning is DateMeaning.SHIPMENT:
            return {"ships_on": first, "arrives_on": _moved(way, first, number)}
        left = _moved(way, first, -number)
        if self.ours is not None and not works_on(self.ours, left):
            left = _moved(self.ours, left, -1)
        return {"ships_on": left, "arrives_on": first}

    def leaving(self, day: date, transit_days: int) -> tuple[date, date]:
        """Return when what is to leave from a day on leaves as soon as it can, and arrives."""
        left = day
        if self.ours is not None and not works_on(self.ours, day):
            left = _moved(self.ours, day, 1)
        return left, _moved(self.theirs or self.ours, left, transit_days or self.usual)


def _moved(calendar: WorkingHours | None, day: date, number: int) -> date:
    """Return the day so many days later; where its calendar works no more, all days count."""
    found = working_day(calendar, day, number) if calendar is not None and number else None
    return day + timedelta(number) if found is None else found


async def transits_of(writing: Writing, party_ids: Collection[UUID]) -> dict[UUID, Transit]:
    """Return party -> how goods get to it, by one statement for all."""
    everything = writing.for_all()
    rows = everything.seen(Calendar).where(
        Calendar.location_id.is_(None),
        Calendar.service.is_(None),
        Calendar.party_id.is_(None) | Calendar.party_id.in_(party_ids),
    )
    found: dict[UUID | None, Any] = {it.party_id: it for it in await everything.all(rows)}
    return {key: _transit(found.get(None), found.get(key)) for key in party_ids}


def _transit(ours: Calendar | None, theirs: Calendar | None) -> Transit:
    usual = None if theirs is None else theirs.transit_days
    return Transit(ours, theirs, usual or 0)
