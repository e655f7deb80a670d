"""Cumulative schedules: the ones before and after a release."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commands.master.packagings.counting import Counted
from commands.trade.contracts.times import Window
from commands.trade.releases.inputs import ReleaseContent, ReleaseLine
from commands.trade.releases.transit import LONGEST_REST, Transit
from kit.loop.work import SLICE
from models.trade.contracts.tables import Contract
from models.trade.releases.cumulatives import open_quantities
from models.trade.releases.tables import Release, ScheduleLine
from models.trade.releases.words import (
    IN_TRANSIT,
    Commitment,
    DateMeaning,
    ScheduleBucket,
    ScheduleKind,
)

_NONE, _EVER = Decimal(0), datetime.min.replace(tzinfo=UTC)
_DAYS_OF_AN_OBJECT = 30
"""Days of a bucket that are looked up in the time that one object of a slice may take."""
_FIRST = {kind: place for place, kind in enumerate(ScheduleKind)}


@dataclass(frozen=True)
class Slot:
    """A schedule line to be; its quantity in the product's unit, and what it was counted in.

    ships_on and what follows: by the calendars of when it came, as of `ScheduleLine`.
    """

    window: Window
    quantity: Decimal
    commitment: Commitment
    kind: ScheduleKind
    bucket: ScheduleBucket
    pattern: str | None
    date_meaning: DateMeaning
    transit_days: int
    code: str | None
    packaging_id: UUID | None
    packaging_content: Decimal | None
    ships_on: date
    arrives_on: date
    wanted_on: date | None = None
    rest_ships_on: Sequence[date] | None = None
    rest_arrives_on: Sequence[date] | None = None

    @property
    def first_day(self) -> date:
        """The first day on which it is wanted, as of arrival."""
        return self.wanted_on or self.arrives_on

    @property
    def last_day(self) -> date:
        """The last day on which something of it may arrive."""
        window, zone = self.window, ZoneInfo(self.window.time_zone)
        instants = (window.earliest, window.latest - timedelta.resolution)
        first, last = (it.astimezone(zone).date() for it in instants)
        return self.first_day + (last - first)

    def counts_after(self, until: date, *, is_late: bool) -> bool:
        """Tell whether a forecast's slot counts after a horizon, or some of it.

        is_late: the forecast was made after that, and what it wants at once is not told before.
        """
        last = self.first_day if self.bucket is ScheduleBucket.DAY else self.last_day
        return (is_late or self.kind is ScheduleKind.SCHEDULED) and last > until

    def left_after(self, until: date, quantity: Decimal) -> "Slot":
        """Return what is left of it after a horizon in it: it begins with the first day then."""
        if self.first_day > until:
            return replace(self, quantity=quantity)
        zone = ZoneInfo(self.window.time_zone)
        later = until + timedelta(1) - self.first_day
        first = self.window.earliest.astimezone(zone).date() + later
        starts = datetime.combine(first, time.min, zone).astimezone(UTC)
        return replace(
            self,
            window=self.window.model_copy(update={"earliest": starts}),
            quantity=quantity,
            ships_on=_day_of_rest(self.rest_ships_on, later) or self.ships_on + later,
            arrives_on=_day_of_rest(self.rest_arrives_on, later) or self.first_day + later,
            wanted_on=self.first_day + later,
        )

    def due_by(self, now: datetime, today_ends: datetime) -> "Slot":
        """Return it as what is due today where it is overdue, backlog or wanted at once."""
        if self.kind is ScheduleKind.SCHEDULED and self.window.latest > now:
            return self
        today = {"earliest": now, "latest": today_ends}
        return replace(self, window=self.window.model_copy(update=today))

    @property
    def sent(self) -> dict[str, Any]:
        """Return what was sent of it: all but the days that calendars tell."""
        return {**self.columns, **dict.fromkeys(_DAYS)}

    @property
    def columns(self) -> dict[str, Any]:
        """Return the columns of a `ScheduleLine`, but for its keys."""
        window = self.window
        return {
            "window_earliest": window.earliest,
            "window_latest": window.latest,
            "window_zone": window.time_zone,
            "quantity": self.quantity,
            **{name: getattr(self, name) for name in _SAME},
        }


_DAYS = ("ships_on", "arrives_on", "wanted_on", "rest_ships_on", "rest_arrives_on")
"""Columns of a `ScheduleLine` that calendars tell."""
_SAME = (
    *("commitment", "kind", "bucket", "pattern", "date_meaning", "transit_days", "code"),
    *("packaging_id", "packaging_content", *_DAYS),
)
"""Columns of a `ScheduleLine` that a slot has under their names."""


def _day_of_rest(days: Sequence[date] | None, later: timedelta) -> date | None:
    """Return the day that is told of what is left after so many days; None where none is."""
    return None if days is None or later.days > len(days) else days[later.days - 1]


@dataclass(frozen=True)
class Schedule:
    """A release's figures. slots: in the order in which they are supplied.

    issued_on: the day at its contract. horizon: its last one, None where it says none. sent_at:
    when it was issued, and received: what is newer is later by that.
    """

    received: Decimal
    slots: Sequence[Slot] = ()
    issued_on: date = date.min
    horizon: date | None = None
    sent_at: tuple[datetime, datetime] = (_EVER, _EVER)

    @property
    def counted(self) -> Decimal:
        """What its customer had by what it counts itself: what is on its way, too, if it is net."""
        on_its_way = (it.quantity for it in self.slots if it.code == IN_TRANSIT)
        return self.received + sum(on_its_way, _NONE)

    @property
    def released(self) -> Decimal:
        """The cumulative quantity up to which it asks."""
        return self.received + sum((it.quantity for it in self.slots), Decimal(0))

    def firm(self, until: datetime) -> Decimal:
        """The cumulative quantity that is firm and whose windows are over by an instant."""
        return self._firm("latest", bisect_right, until)

    def firm_before(self, until: datetime) -> Decimal:
        """The firm cumulative quantity whose windows begin before an instant."""
        return self._firm("earliest", bisect_left, until)

    def _firm(self, edge: str, upto: Callable[..., int], until: datetime) -> Decimal:
        ends, sums = self._edges[edge]
        return sums[upto(ends, until)]

    @cached_property
    def _edges(self) -> dict[str, tuple[Sequence[datetime], Sequence[Decimal]]]:
        """Beginnings and ends of the firm slots; the cumulative quantity before each, and after."""
        firm = [it for it in self.slots if it.commitment is Commitment.FIRM]
        found: dict[str, tuple[Sequence[datetime], Sequence[Decimal]]] = {}
        for edge in ("earliest", "latest"):
            pairs = sorted((getattr(it.window, edge), it.quantity) for it in firm)
            sums = accumulate((amount for _, amount in pairs), initial=self.received)
            found[edge] = ([at for at, _ in pairs], list(sums))
        return found

    def due_by(self, now: datetime, contract: Contract) -> "Schedule":
        """Return the same demand as of an instant: what is due at once is for the day of that."""
        tomorrow = contract.day(now) + timedelta(1)
        today_ends = datetime.combine(tomorrow, time.min, ZoneInfo(contract.time_zone))
        slots = [it.due_by(now, today_ends.astimezone(UTC)) for it in self.slots]
        return replace(self, slots=slots)

    def counted_from(self, received: Decimal) -> "Schedule":
        """Return the same demand counted from a later receipt: what has come leaves the slots."""
        left = open_quantities([it.quantity for it in self.slots], self.received, received)
        slots = [replace(it, quantity=q) for it, q in zip(self.slots, left, strict=True) if q]
        return replace(self, received=received, slots=slots)

    def beside(self, on_its_way: Slot) -> "Schedule":
        """Return what it wants beside what was on its way."""
        own = (it for it in self.slots if it.code != IN_TRANSIT)
        return replace(self, slots=[on_its_way, *own])

    def says_the_same(self, standing: "Schedule", *, is_update: bool) -> bool:
        """Tell whether it asks for what one that stands does; an update, at its beginnings."""
        lines = [it for it in standing.slots if it.code != IN_TRANSIT]
        mine = list(self.slots)
        if is_update:
            begins = {it.window.earliest for it in mine}
            lines = [it for it in lines if it.window.earliest in begins]
            mine = [it for it in mine if it.quantity]
        mine.sort(key=lambda it: (_FIRST[it.kind], it.window.earliest))
        return [it.sent for it in mine] == [it.sent for it in lines]


def effective_schedule(forecast: Schedule | None, jit: Schedule | None) -> Schedule | None:
    """Return what both ask for together, as `models.trade.releases.effective` says it in SQL."""
    if forecast is None or jit is None:
        return forecast or jit
    lasts = (it.last_day for it in jit.slots)
    until = max((it for it in (jit.horizon, *lasts) if it is not None), default=None)
    is_late = until is not None and forecast.issued_on > until
    if until is None or (is_late and jit.released <= forecast.received):
        return forecast
    beyond = _NONE
    if not is_late and forecast.sent_at > jit.sent_at:
        beyond = max(forecast.counted - jit.released, _NONE)
    slots = [*jit.slots, *_after(forecast, jit, until, is_late=is_late)]
    return replace(jit, received=jit.received + beyond, slots=slots)


def _after(forecast: Schedule, jit: Schedule, until: date, *, is_late: bool) -> Iterator[Slot]:
    """Yield what a forecast wants after a horizon: of buckets on both sides what is left of them.

    So it is of what one that was made later wants at once.
    """
    after = [it for it in forecast.slots if it.counts_after(until, is_late=is_late)]
    taken = jit.released - forecast.received if is_late else _within(forecast, jit, until)
    for slot in after:
        if slot.first_day > until and slot.kind is ScheduleKind.SCHEDULED:
            yield slot
            continue
        left = max(slot.quantity - taken, _NONE)
        taken -= slot.quantity - left
        yield slot.left_after(until, left)


def _within(forecast: Schedule, jit: Schedule, until: date) -> Decimal:
    """Return what is told just in time of a forecast's buckets on both sides of a horizon.

    That is what arrives in them, unless a newer forecast has it, and what of them has come before:
    what lies between both figures of the customer beyond what is wanted before those buckets.
    """
    after = [it.counts_after(until, is_late=False) for it in forecast.slots]
    pairs = list(zip(forecast.slots, after, strict=True))
    cut = (it.first_day for it, is_after in pairs if is_after and it.first_day <= until)
    begins = min(cut, default=date.max)
    before = sum((it.quantity for it, is_after in pairs if not is_after), _NONE)
    arriving = sum((it.quantity for it in jit.slots if begins <= it.first_day <= until), _NONE)
    if forecast.sent_at > jit.sent_at:
        arriving = min(arriving, max(jit.released - forecast.counted, _NONE))
    return arriving + max(jit.received - forecast.received - before, _NONE)


def schedule_that_stands(
    release: Release, lines: Iterable[ScheduleLine], contract: Contract
) -> Schedule:
    """Return what a release asks for. lines: its own."""
    in_turn = [_standing(it) for it in sorted(lines, key=lambda it: it.line_no)]
    days = contract.day(release.issued_at), last_day(release.horizon_end, contract)
    sent_at = release.issued_at, release.received_at
    return Schedule(release.cumulative_received, in_turn, *days, sent_at)


def last_day(horizon_end: datetime | None, contract: Contract) -> date | None:
    """Return the last day of a horizon, None for none."""
    return None if horizon_end is None else contract.day(horizon_end - timedelta.resolution)


def _standing(line: ScheduleLine) -> Slot:
    earliest, latest, zone = line.window_earliest, line.window_latest, line.window_zone
    window = Window(earliest=earliest, latest=latest, time_zone=zone)
    return Slot(window, line.quantity, **{name: getattr(line, name) for name in _SAME})


def schedule_of(
    item: ReleaseContent,
    stated: Schedule,
    before: Schedule | None,
    under_way: Decimal = _NONE,
) -> Schedule:
    """Return the schedule as it will stand. stated: what the item says itself.

    before: what an update changes; one of nothing is what it says itself. under_way: what comes
    before its quantities, and is of what it leaves as it is.
    """
    slots = list(stated.slots)
    if item.is_update and before is not None:
        changed = {it.window.earliest for it in slots}
        kept = before.counted_from(stated.received + under_way).slots
        slots = [
            *(it for it in kept if it.window.earliest not in changed),
            *(it for it in slots if it.quantity),
        ]
    slots.sort(key=lambda it: (_FIRST[it.kind], it.window.earliest))
    return replace(stated, slots=slots)


def on_its_way(as_of: datetime, quantity: Decimal, contract: Contract) -> Slot:
    """Return the line of what was on its way at an instant: none of it is to leave once more."""
    day = contract.day(as_of)
    zone = {"time_zone": contract.time_zone}
    return Slot(
        window=Window(earliest=as_of, latest=as_of + timedelta(1), **zone),
        quantity=quantity,
        commitment=Commitment.FIRM,
        kind=ScheduleKind.BACKLOG,
        bucket=ScheduleBucket.DAY,
        pattern=None,
        date_meaning=DateMeaning.ARRIVAL,
        transit_days=0,
        code=IN_TRANSIT,
        packaging_id=None,
        packaging_content=None,
        ships_on=day,
        arrives_on=day,
    )


def lines_by_rounds(lines: Iterable[ReleaseLine]) -> Iterator[tuple[int, Sequence[ReleaseLine]]]:
    """Yield a release's lines by as many as a round of the loop has room for, and what they take.

    A line takes more the more days it may come on: each of them is looked up.
    """
    portion, taken = list[ReleaseLine](), 1
    for line in lines:
        is_day, window = line.bucket is ScheduleBucket.DAY, line.window
        days = 0 if is_day else min((window.latest - window.earliest).days, LONGEST_REST)
        room = 1 + days // _DAYS_OF_AN_OBJECT
        if portion and taken + room > SLICE:
            yield taken, portion
            portion, taken = [], 0
        portion, taken = [*portion, line], taken + room
    yield taken, portion


def days_of(line: ReleaseLine, transit: Transit) -> dict[str, Any]:
    """Return when what a line asks for leaves and arrives, of the columns of a `ScheduleLine`."""
    is_day = line.bucket is ScheduleBucket.DAY
    return transit.days(line.window, line.date_meaning, line.transit_days, is_whole=is_day)


def slot_of(line: ReleaseLine, quantity: Counted, transit: Transit) -> Slot:
    """Return what a line asks for. quantity: of it, in the product's unit."""
    own = {name: getattr(line, name) for name in _SAME if name in type(line).model_fields}
    own |= {**quantity.columns, **days_of(line, transit)}
    return Slot(line.window, quantity.amount, **own)
