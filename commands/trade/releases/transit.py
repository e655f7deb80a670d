"""On which days schedule lines leave and arrive: transit days by working calendars."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Uuid, and_, any_, literal, or_

from commands.trade.contracts.times import Window
from commands.writing.transaction import Writing
from models.master.calendars import Calendar
from models.master.parties import Address
from models.master.working import WorkedDays, working_day, works_on
from models.trade.contracts.tables import Contract
from models.trade.releases.words import DateMeaning

LONGEST_REST = 92
"""Days of a bucket of which it is known when what is left of it after each leaves: a quarter."""
_FARTHEST = 60
"""How often a day is looked for that several calendars work."""


@dataclass(frozen=True)
class Transit:
    """How goods get to a customer.

    ours: the calendar of where they leave, else the merchant's; theirs: the customer's; carriers:
    of the carrier's service, else the carrier's. Without one every day is worked. usual: transit
    days of lines that name none. place: the days on which the place takes in, where that has hours
    of its own. known: the days that were asked for; places: the same to places, by their hours.
    """

    ours: WorkedDays | None = None
    theirs: WorkedDays | None = None
    carriers: WorkedDays | None = None
    usual: int = 0
    place: WorkedDays | None = None
    known: dict[Any, dict[str, Any]] = field(default_factory=dict, compare=False, repr=False)
    places: dict[Any, "Transit"] = field(default_factory=dict, compare=False, repr=False)

    def to(self, address: Address | None) -> "Transit":
        """Return how goods get to an address, by the days of its receiving hours."""
        if address is None or not address.receiving_hours:
            return self
        hours, zone = address.receiving_hours, address.time_zone
        key = zone, tuple((it["weekday"], it["opens"], it["closes"]) for it in hours)
        if key not in self.places:
            days = (self.theirs or WorkedDays(None)).at_place(hours, ZoneInfo(zone))
            self.places[key] = replace(self, place=days, known={})
        return self.places[key]

    def takes_in(self, day: date, transit_days: int) -> bool:
        """Tell whether something can arrive on a day that is under way for so many."""
        calendars = self._bringing(transit_days or self.usual)
        return all(it is None or works_on(it, day) for it in calendars)

    @property
    def way(self) -> WorkedDays | None:
        """Return by whose calendar transit days are worked: the carrier's, the customer's, ours."""
        return self.carriers or self.theirs or self.ours

    def days(
        self, window: Window, meaning: DateMeaning, transit_days: int, *, is_whole: bool
    ) -> dict[str, Any]:
        """Return when what is asked for leaves and arrives, of the columns of a `ScheduleLine`.

        It arrives on the first day of its window on which the place takes goods in and the carrier
        brings them, and leaves early enough, on a day on which we work; what is to leave does so on
        the first such day. Where its window has none, it is the last one before.
        is_whole: nothing is ever left of a part of it.
        """
        zone = ZoneInfo(window.time_zone)
        last_instant = window.latest - timedelta.resolution
        first, last = (it.astimezone(zone).date() for it in (window.earliest, last_instant))
        wanted = first, last, meaning, transit_days or self.usual
        key = *wanted, is_whole
        if key not in self.known:
            self.known[key] = self._days(*wanted, is_whole=is_whole)
        return self.known[key]

    def _days(
        self, first: date, last: date, meaning: DateMeaning, number: int, *, is_whole: bool
    ) -> dict[str, Any]:
        is_arrival = meaning is DateMeaning.ARRIVAL
        begin = self._for_arrival if is_arrival else self._for_shipment
        ships_on, arrives_on = begin(first, last, number)
        wanted_on = first if is_arrival else self._arriving(first, number)
        has_rest = not is_whole and any((self.ours, self.theirs, self.carriers, self.place))
        later = range(1, min((last - first).days, LONGEST_REST) + 1) if has_rest else ()
        rests = [begin(first + timedelta(it), last, number) for it in later]
        return {
            "ships_on": ships_on,
            "arrives_on": arrives_on,
            "wanted_on": None if wanted_on == arrives_on else wanted_on,
            "rest_ships_on": [leaves for leaves, _ in rests] or None,
            "rest_arrives_on": [comes for _, comes in rests] or None,
        }

    def _for_arrival(self, first: date, last: date, number: int) -> tuple[date, date]:
        """Return when what is wanted within some days leaves and arrives."""
        arrives = _worked(self._bringing(number), first, last)
        return self.left_for(arrives, number), arrives

    def _for_shipment(self, first: date, last: date, number: int) -> tuple[date, date]:
        """Return when what is to leave within some days leaves and arrives."""
        left = _worked((self.ours,), first, last)
        return left, self._arriving(left, number)

    def leaving(self, day: date, transit_days: int) -> tuple[date, date]:
        """Return when what is to leave from a day on leaves, so as to arrive as soon as it can."""
        left = day
        if self.ours is not None and not works_on(self.ours, day):
            left = _moved(self.ours, day, 1)
        arrives = self._arriving(left, transit_days or self.usual)
        return max(left, self.left_for(arrives, transit_days)), arrives

    def left_for(self, day: date, transit_days: int) -> date:
        """Return the last day on which something can leave that is to arrive on a day."""
        left = _moved(self.way, day, -(transit_days or self.usual))
        return _worked((self.ours,), left, left)

    def _arriving(self, left: date, number: int) -> date:
        """Return when what leaves on a day arrives."""
        found = _moved(self.way, left, number)
        return _next_worked(self._bringing(number), found, 1) or found

    def _bringing(self, number: int) -> Sequence[WorkedDays | None]:
        """Return who works on the day on which it arrives: the place, and who brings it."""
        return self.place or self.theirs, self.way if number else self.carriers


def _worked(calendars: Sequence[WorkedDays | None], first: date, last: date) -> date:
    """Return the first of some days that all calendars work, else the last one before them.

    Where there is none, it is the first day.
    """
    after = _next_worked(calendars, first, 1)
    if after is not None and after <= last:
        return after
    return _next_worked(calendars, first, -1) or first


def _next_worked(calendars: Sequence[WorkedDays | None], day: date, step: int) -> date | None:
    """Return a day, or the next one that all calendars work; None for none within reach."""
    every = [it for it in calendars if it is not None]
    found: date | None = day
    for _ in range(_FARTHEST):
        rests = (it for it in every if found is not None and not works_on(it, found))
        if found is None or (calendar := next(rests, None)) is None:
            return found
        found = working_day(calendar, found, step)
    return None


def _moved(calendar: WorkedDays | None, day: date, number: int) -> date:
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
    usual = next(filter(None, days), 0)
    return Transit(_days_of(ours), _days_of(theirs), _days_of(carriers), usual)


def _days_of(calendar: Calendar | None) -> WorkedDays | None:
    return None if calendar is None else WorkedDays(calendar)


def receiving_address(
    contract: Contract, ship_to_id: UUID | None, addresses: Mapping[UUID, Address]
) -> Address | None:
    """Return where goods of a place go: as it says, or its contract, or the party.

    addresses: by id; of the party those that are named, and the one that is its default.
    """
    key = ship_to_id or next(iter(contract.ship_to_ids), None)
    if key is not None:
        return addresses.get(key)
    own = (it for it in addresses.values() if it.party_id == contract.party_id)
    return next((it for it in own if it.is_default), None)


async def receiving_addresses(
    writing: Writing, contracts: Collection[Contract], ship_to_ids: Collection[UUID]
) -> dict[UUID, Address]:
    """Return the addresses of which `receiving_address` asks, by id: one statement for all."""
    first = {it.ship_to_ids[0] for it in contracts if it.ship_to_ids}
    parties = {it.party_id for it in contracts}
    is_default = and_(Address.party_id.in_(parties), Address.is_default)
    named = Address.id == any_(literal([*{*first, *ship_to_ids}], ARRAY(Uuid())))
    rows = writing.seen(Address).where(or_(named, is_default))
    return {it.id: it for it in await writing.all(rows)}
