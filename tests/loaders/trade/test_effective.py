"""The effective schedule in SQL is the one that few plain lines of Python make."""

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from kit.db.sessions import Session
from kit.ids import from_global, new_id
from loaders.reading.relations import Reader
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.orders.lines import OrderLine
from models.trade.releases.effective import effective
from models.trade.releases.tables import AccountPeriod, CumulativeAccount, Release, ScheduleLine
from models.trade.releases.words import ReleaseType
from tests.guard import counted
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.running import staff
from tests.make.trade import contracts

SCHEDULES = 3_000
ZONE = ZoneInfo("Europe/Berlin")
TICK = timedelta(microseconds=1)
SENT = ("issued_at", "received_at")
_JSON = JSONB()


@dataclass
class Sent:
    """A release in force, as plain data. left: when goods left for its account, and how many."""

    release: dict[str, Any]
    lines: Sequence[dict[str, Any]]
    period: dict[str, Any]
    left: Sequence[tuple[datetime, Decimal]]


def day(instant: datetime) -> date:
    return instant.astimezone(ZONE).date()


def gone(sent: Sent) -> Decimal:
    """Return up to where a release is supplied: what leaves after a figure comes on top of it."""
    period = sent.period
    left = [it for it in sent.left if day(it[0]) >= period["starts_on"]]
    since, after_last = (
        sum(amount for at, amount in left if instant is not None and at > instant)
        for instant in (period["reconciled_at"], period["stated_at"])
    )
    before = sum(amount for _, amount in left) - since
    figure, issued = period["reconciled_received"], period["opening"] + before
    supplied = issued + min(figure, max(period["surplus"], figure - issued)) + since
    return max(supplied, period["received"] + after_last)


def last_day(line: dict[str, Any]) -> date:
    lasts = day(line["window_latest"] - TICK) - day(line["window_earliest"])
    return wanted_on(line) + lasts


def wanted_on(line: dict[str, Any]) -> date:
    return line["wanted_on"] or line["arrives_on"]


def left_over(line: dict[str, Any], shift: timedelta) -> dict[str, date]:
    """Return when what is left of a bucket leaves and arrives: as it is told, or as much later."""
    days = {"ships_on": line["ships_on"] + shift, "arrives_on": wanted_on(line) + shift}
    if not shift:
        return {name: line[name] for name in days}
    for name in days:
        known = line[f"rest_{name}"]
        if known is not None and shift.days <= len(known):
            days[name] = known[shift.days - 1]
    return days


def after(forecast: Sent, jit: Sent, until: date, owed: Decimal | None) -> Iterator[dict[str, Any]]:
    """Yield what of a forecast is wanted after a horizon; buckets lose what is told of them.

    owed: what of the schedule just in time had not come when a later forecast was made; that one
    may want it once more at once. What has come by a newer forecast is not told before it.
    """
    its = [it for it in forecast.lines if it["kind"] == "SCHEDULED" or owed is not None]
    cut = [it for it in its if wanted_on(it) <= until < last_day(it) and it["bucket"] != "DAY"]
    later = [it for it in its if wanted_on(it) > until]
    cut += [it for it in later if it["kind"] != "SCHEDULED"]
    first = min(map(wanted_on, cut), default=date.max)
    taken = sum(it["quantity"] for it in jit.lines if first <= wanted_on(it) <= until)
    if forecast.period is jit.period:
        taken = min(taken, max(0, ahead(forecast, jit))) if is_newer(forecast, jit) else taken
        before = sum(it["quantity"] for it in forecast.lines if it not in cut and it not in later)
        come = jit.release["cumulative_received"] - forecast.release["cumulative_received"]
        taken += max(0, come - before)
    taken = taken if owed is None else owed
    for line in forecast.lines:
        if line in cut:
            left = max(Decimal(0), line["quantity"] - taken)
            taken -= line["quantity"] - left
            shift = max(timedelta(0), until + timedelta(1) - wanted_on(line))
            yield {**line, **left_over(line, shift), "quantity": left}
        elif line in later:
            yield line


def is_newer(one: Sent, other: Sent) -> bool:
    first, second = (tuple(it.release[name] for name in SENT) for it in (one, other))
    return first > second


def ahead(forecast: Sent, jit: Sent, *, is_gross: bool = False) -> Decimal:
    """Return what a forecast did not count yet of what is wanted just in time: below 0 for more."""
    on_its_way = sum(it["quantity"] for it in forecast.lines if it["code"] and not is_gross)
    wanted = jit.release["cumulative_received"] + sum(it["quantity"] for it in jit.lines)
    return wanted - forecast.release["cumulative_received"] - on_its_way


def overlay(
    forecast: Sent | None, jit: Sent | None
) -> tuple[Sent | None, date | None, Decimal | None]:
    """Return the schedule just in time if it counts, up to when, and what of it is owed."""
    if jit is None:
        return None, None, None
    ends = [last_day(it) for it in jit.lines]
    if jit.release["horizon_end"] is not None:
        ends.append(day(jit.release["horizon_end"] - TICK))
    until = max(ends, default=None)
    if forecast is None:
        return jit, until, None
    is_late = until is not None and day(forecast.release["issued_at"]) > until
    is_alone = until is None or (forecast.period is not jit.period and is_newer(forecast, jit))
    if not is_late:
        return (None if is_alone else jit), until, None
    owed = ahead(forecast, jit, is_gross=True)
    return (jit if owed > 0 and forecast.period is jit.period else None), until, owed


def demand(forecast: Sent | None, jit: Sent | None, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield (line, quantity, cumulative released, open, arrives on, due on, due, overdue)."""
    jit, until, owed = overlay(forecast, jit)
    lines = [] if jit is None else list(jit.lines)
    if forecast is not None:
        lines += (
            forecast.lines if jit is None or until is None else after(forecast, jit, until, owed)
        )
    first = jit or forecast
    if first is None:
        return
    released, had, today = first.release["cumulative_received"], gone(first), day(now)
    if jit and forecast and owed is None and forecast.period is jit.period:
        released += max(0, -ahead(forecast, jit)) if is_newer(forecast, jit) else 0
    for line in lines:
        released += line["quantity"]
        amount = max(Decimal(0), min(line["quantity"], released - had))
        due_on = max(line["ships_on"], today) if line["kind"] == "SCHEDULED" else today
        is_due, is_over = amount > 0 and due_on == today, amount > 0 and line["window_latest"] < now
        due_on = due_on if amount else line["ships_on"]
        upto = (line["quantity"], released, amount, line["arrives_on"])
        yield line["id"], *upto, due_on, is_due, is_over


_FROM_JSON = "INSERT INTO {0} SELECT * FROM jsonb_populate_recordset(NULL::{0}, :rows)"
_COPIES = """
INSERT INTO {0} ({1})
SELECT {2} FROM {0} AS it, jsonb_array_elements(:rows) AS each,
    jsonb_populate_record(NULL::{0}, to_jsonb(it) || each) AS made
WHERE it.merchant_id = :merchant AND it.id = :copied
"""


class Customer:
    """Sends schedules by chance, each for a contract line of its own, and gets goods of some.

    like: the contract line and a delivery's rows, of which others are copies.
    """

    def __init__(self, chance: random.Random, merchant_id: UUID, like: dict[Any, UUID]):
        self.chance, self.now = chance, datetime(2026, 3, 11, 22, 30, tzinfo=UTC)
        self.like, self.merchant_id = like, merchant_id
        entities = (ContractLine, CumulativeAccount, AccountPeriod, Release, ScheduleLine)
        copied = (OrderLine, Delivery, DeliveryLine)
        self.rows: dict[Any, list[dict[str, Any]]] = {it: [] for it in (*entities, *copied)}

    def _add(self, entity: Any, **values: Any) -> dict[str, Any]:
        row = {"merchant_id": self.merchant_id, "id": new_id(), **values}
        self.rows[entity].append(row)
        return row

    def _around(self, least: int, most: int) -> datetime:
        """Return an instant some days from now, at times midnight in Berlin."""
        at = self.now + timedelta(days=self.chance.randint(least, most))
        hour = self.chance.choice((0, 0, 8, 23))
        return at.astimezone(ZONE).replace(hour=hour, minute=0).astimezone(UTC)

    async def write(self, session: Session) -> None:
        """Write all that was sent, by one statement a table, and count it, as its owner.

        Plans by which a connection finds what is referred to are of tests before this one, whose
        tables were small, and so is what PostgreSQL knows of the tables.
        """
        await session.execute(text("DISCARD PLANS"))
        for entity, rows in self.rows.items():
            is_copy = entity in self.like
            table = entity.__table__
            own = [it.name for it in table.c if it.computed is None]
            listed = (", ".join(own), ", ".join(f"made.{it}" for it in own))
            write = text((_COPIES if is_copy else _FROM_JSON).format(table.name, *listed))
            values: dict[str, Any] = {"rows": json.loads(json.dumps(rows, default=str))}
            if is_copy:
                values |= {"merchant": self.merchant_id, "copied": self.like[entity]}
            await session.execute(write.bindparams(bindparam("rows", type_=_JSON)), values)
        await session.execute(text(f"ANALYZE {', '.join(it.__tablename__ for it in self.rows)}"))

    def account(self) -> tuple[Sent | None, Sent | None]:
        """Return the forecast and the schedule just in time of a new account."""
        line = self._add(ContractLine, line_no=2 + len(self.rows[ContractLine]))
        of = {"contract_line_id": line["id"], "ship_to_id": None, "unloading_point": "D1"}
        account, chance = self._add(CumulativeAccount, **of), self.chance
        periods = [
            self._add(
                AccountPeriod,
                account_id=account["id"],
                starts_on=starts_on,
                opening=Decimal(chance.choice((0, 0, chance.randint(0, 900)))),
                opening_received=Decimal(0),
                received=Decimal(chance.choice((0, 0, chance.randint(0, 900)))),
                stated_at=chance.choice((None, self._around(-9, 0))),
                reconciled_received=Decimal(chance.choice((0, chance.randint(0, 900)))),
                reconciled_at=chance.choice((None, self._around(-9, 0))),
                surplus=Decimal(chance.choice((0, 0, 0, chance.randint(0, 300)))),
            )
            for starts_on in (date(2026, 1, 1), date(2026, 3, 1))
        ]
        which = chance.choice(((True, True),) * 4 + ((True, False), (False, True)))
        kinds = ((ReleaseType.FORECAST, 20), (ReleaseType.JIT, 5))
        sent = [
            self._sent(kind, account, chance.choice(periods), most) if there else None
            for (kind, most), there in zip(kinds, which, strict=True)
        ]
        left = [self._left(line["id"], sent) for _ in range(chance.choice((0, 0, 1, 3)))]
        for each in sent:
            if each is not None:
                each.left = left
        return sent[0], sent[1]

    def _left(self, line_id: UUID, sent: Sequence[Sent | None]) -> tuple[datetime, Decimal]:
        """Let goods leave that answer a line of a release, or the contract line only."""
        chance, at = self.chance, self._around(-14, 0)
        shipped, lost, refused = chance.randint(1, 300), chance.choice((0, 0, 1)), 0
        answered = [it["id"] for each in sent if each is not None for it in each.lines]
        order_line = self._add(
            OrderLine,
            line_no=2 + len(self.rows[OrderLine]),
            contract_line_id=line_id,
            schedule_line_id=chance.choice((None, *answered)),
        )
        delivery = self._add(Delivery, number=f"LS-{len(self.rows[Delivery])}", dispatched_at=at)
        of = {"delivery_id": delivery["id"], "order_line_id": order_line["id"]}
        sums = dict.fromkeys(("planned", "picked", "packed", "shipped"), shipped)
        self._add(DeliveryLine, **of, **sums, lost=lost, refused=refused, delivered=0)
        return at, Decimal(shipped - lost - refused)

    def _sent(self, kind: ReleaseType, account: Any, period: Any, ahead: int) -> Sent:
        chance = self.chance
        release = self._add(
            Release,
            contract_id=self.like[Contract],
            contract_line_id=account["contract_line_id"],
            account_id=account["id"],
            period_id=period["id"],
            type=kind,
            number=str(len(self.rows[Release])),
            function="REPLACE",
            state="ACTIVE",
            tells_received=True,
            issued_at=self._around(-9, 1),
            received_at=self.now - timedelta(minutes=chance.choice((0, 1))),
            cumulative_received=Decimal(chance.choice((0, chance.randint(0, 500)))),
            horizon_end=chance.choice((None, None, self._around(-2, ahead))),
        )
        slots = [self._slot(ahead) for _ in range(chance.randint(0, 5))]
        order = ("BACKLOG", "IMMEDIATE", "SCHEDULED")
        slots.sort(key=lambda it: (order.index(it["kind"]), it["window_earliest"]))
        if slots and slots[0]["kind"] == "BACKLOG":
            slots[0]["code"] = chance.choice((None, "IN_TRANSIT"))
        of = {"release_id": release["id"]}
        lines = [self._add(ScheduleLine, **of, line_no=at, **it) for at, it in enumerate(slots, 1)]
        return Sent(release, lines, period, ())

    def _slot(self, ahead: int) -> dict[str, Any]:
        chance, earliest = self.chance, self._around(-6, ahead)
        first, transit = day(earliest), timedelta(chance.choice((0, 0, 1, 2, 5)))
        meaning = chance.choice(("ARRIVAL", "ARRIVAL", "SHIPMENT"))
        is_arrival = meaning == "ARRIVAL"
        wanted = first if is_arrival else first + transit
        arrives = wanted + timedelta(chance.choice((0, 0, 0, 1, -1, -3)))
        length = chance.choice((0, 0, 1, 6, 14))
        rests = [wanted + timedelta(it + chance.choice((0, 1, -2))) for it in range(1, length + 1)]
        return {
            "code": None,
            "kind": chance.choice(("SCHEDULED",) * 4 + ("BACKLOG", "IMMEDIATE")),
            "bucket": chance.choice(("DAY", "WEEK", "MONTH", "PERIOD", "FLEXIBLE")),
            "date_meaning": meaning,
            "commitment": "FIRM",
            "transit_days": transit.days,
            "ships_on": first - transit if is_arrival else first,
            "arrives_on": arrives,
            "wanted_on": wanted if wanted != arrives else None,
            "rest_ships_on": [it - transit for it in rests] or None,
            "rest_arrives_on": rests or None,
            "window_earliest": earliest,
            "window_latest": earliest + timedelta(hours=chance.choice((2, 24, 24, 48, 168, 360))),
            "window_zone": "Europe/Berlin",
            "quantity": Decimal(chance.choice((0, 50, 100, chance.randint(1, 300)))),
        }


@pytest.fixture
async def customer(request: pytest.FixtureRequest, world: World, ask: Ask) -> Customer:
    chance = random.Random(int(request.config.getoption("--seed")))
    made = await contracts.contract(world, ask)
    order = await contracts.call_off(world, ask, made, "1")
    sent = await deliveries.dispatched(world, ask, order, parcel={"generateSscc": True})
    like = {
        Contract: made["id"],
        ContractLine: made["lines"][0]["id"],
        OrderLine: order["lines"][0]["id"],
        Delivery: sent["id"],
        DeliveryLine: sent["lines"][0]["id"],
    }
    return Customer(
        chance, world.merchant_id, {key: from_global(it)[1] for key, it in like.items()}
    )


class _UndoneError(Exception):
    """Takes back what was written: to delete so many rows takes far longer than to read them."""


def _is_above(sent: Sent) -> bool:
    """Tell whether a figure is above what we issued."""
    without = {**sent.period, "reconciled_received": Decimal(0)}
    return gone(sent) > gone(replace(sent, period=without))


async def test_thousands_of_schedules_are_what_plain_lines_make_of_them(
    world: World, customer: Customer
) -> None:
    sent = [customer.account() for _ in range(SCHEDULES)]
    expected = [row for each in sent for row in demand(*each, customer.now)]
    names = (
        *("id", "quantity", "cumulative_released", "open_quantity", "arrives_on"),
        *("due_on", "is_due", "is_overdue"),
    )
    with suppress(_UndoneError):
        async with world.database.owner.writing(world.merchant_id) as session:
            await customer.write(session)
            statement = effective(Reader(staff(world), customer.now))
            with counted(world.database.owner.engine) as statements:
                found = (await session.execute(statement)).mappings().all()
            raise _UndoneError
    assert len(statements) == 1
    assert sorted(tuple(it[name] for name in names) for it in found) == sorted(expected)
    overlaid = len(customer.rows[ScheduleLine]) - len(found)
    assert min(len(found), overlaid) > SCHEDULES // 2
    sent_quantities = {it["id"]: it["quantity"] for it in customer.rows[ScheduleLine]}
    cut = [it["quantity"] for it in found if it["quantity"] < sent_quantities[it["id"]]]
    assert 0 < cut.count(0) < len(cut)
    assert len(cut) > SCHEDULES // 60
    opens = [it["open_quantity"] for it in found]
    above = [it for each in sent for it in each if it and it.left and _is_above(it)]
    assert len(above) > SCHEDULES // 20
    newer = [it for it in sent if all(it) and overlay(*it)[0] and is_newer(*it)]
    assert sum(ahead(*it) < 0 for it in newer if overlay(*it)[2] is None) > SCHEDULES // 60
    assert min(opens) == 0 < sum(0 < it["open_quantity"] < it["quantity"] for it in found)
