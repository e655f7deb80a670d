"""On which days schedule lines leave and arrive: transit days by working calendars."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_

from commands.trade.contracts.times import Window
from commands.writing.transaction import Writing
from models.master.calendars import Calendar
from models.master.working import WorkingHours, working_day, works_on
from models.trade.contracts.tables import Contract
from models.trade.releases.words import DateMeaning


@dataclass(frozen=True)
class Transit:
    """How goods get to a customer.

    ours: the calendar of where they leave, else the merchant's; theirs: the customer's; carriers:
    of the carrier's service, else the carrier's. Without one every day is worked. usual: transit
    days of lines that name none.
    """

    ours: WorkingHours | None = None
    theirs: WorkingHours | None = None
    carriers: WorkingHours | None = None
    usual: int = 0

    @property
    def way(self) -> WorkingHours | None:
        """Return by whose calendar transit days are worked: the carrier's, the customer's, ours."""
        return self.carriers or self.theirs or self.ours

    def days(self, window: Window, meaning: DateMeaning, transit_days: int) -> dict[str, date]:
        """Return when what is asked for leaves and arrives, of the columns of a `ScheduleLine`.

        What must arrive leaves on a day on which we work, early enough; what leaves arrives on one
        on which the customer does. A day of arrival or shipment stands as the customer says it.
        """
        first = window.earliest.astimezone(ZoneInfo(window.time_zone)).date()
        number = transit_days or self.usual
        if meaning is DateMeaning.SHIPMENT:
            return {"ships_on": first, "arrives_on": self._arriving(first, number)}
        left = _moved(self.way, self._last_worked(first, number), -number)
        if self.ours is not None and not works_on(self.ours, left):
            left = _moved(self.ours, left, -1)
        return {"ships_on": left, "arrives_on": first}

    def _last_worked(self, day: date, number: int) -> date:
        """Return the last day up to one on which goods may arrive that are so long on their way."""
        is_rest = number and self.way is not None and not works_on(self.way, day)
        return _moved(self.way, day, -1) if is_rest else day

    def leaving(self, day: date, transit_days: int) -> tuple[date, date]:
        """Return when what is to leave from a day on leaves as soon as it can, and arrives."""
        left = day
        if self.ours is not None and not works_on(self.ours, day):
            left = _moved(self.ours, day, 1)
        return left, self._arriving(left, transit_days or self.usual)

    def _arriving(self, left: date, number: int) -> date:
        """Return when what leaves on a day arrives."""
        found = _moved(self.way, left, number)
        if self.carriers is None or self.theirs is None or works_on(self.theirs, found):
            return found
        return _moved(self.theirs, found, 1)


def _moved(calendar: WorkingHours | None, day: date, number: int) -> date:
    """Return the day so many days later; where its calendar works no more, all days count."""
    found = working_day(calendar, day, number) if calendar is not None and number else None
    return day + timedelta(number) if found is None else found


async def transits_of(
    writing: Writing, contracts: Collection[Contract], location_id: UUID | None = None
) -> dict[UUID, Transit]:
    """Return contract -> how goods get to its customer, by one statement for all.

    location_id: from where they leave, whatever the contracts say.
    """
    parties = {key for it in contracts for key in (it.party_id, it.carrier_id) if key is not None}
    locations = {location_id, *(it.location_id for it in contracts)} - {None}
    everything = writing.for_all()
    rows = everything.seen(Calendar).where(
        or_(
            and_(Calendar.location_id.is_(None), Calendar.party_id.is_(None)),
            Calendar.location_id.in_(locations),
            Calendar.party_id.in_(parties),
        )
    )
    found: dict[Any, Calendar] = {
        (it.location_id, it.party_id, it.service): it for it in await everything.all(rows)
    }
    return {it.id: _transit(it, found, location_id or it.location_id) for it in contracts}


def _transit(
    contract: Contract, calendars: Mapping[Any, Calendar], location_id: UUID | None
) -> Transit:
    """Return it. calendars: by location, party and service."""
    ours, theirs, carriers = (
        next((found for key in keys if (found := calendars.get(key))), None)
        for keys in (
            [(location_id, None, None), (None, None, None)],
            [(None, contract.party_id, None)],
            [(None, contract.carrier_id, contract.service), (None, contract.carrier_id, None)]
            if contract.carrier_id
            else [],
        )
    )
    days = (it.transit_days for it in (carriers, theirs) if it is not None)
    return Transit(ours, theirs, carriers, next(filter(None, days), 0))
