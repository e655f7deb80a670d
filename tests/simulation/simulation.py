"""A simulation: runs one command after the other and looks at every row after each."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from hypothesis import event, note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy import text

from commands.writing.transaction import Outcome
from commands.writing.verbs import AnyVerb
from kit.db.database import Database
from kit.db.tenant import set_merchant
from kit.errors import Refused
from kit.ids import new_id
from kit.inputs import Command
from models.base.events import read_event
from tests import make
from tests.guard import TENANT_TABLES
from tests.simulation import changes
from tests.simulation.invariants import BROKEN
from tests.simulation.merchant import PACKAGINGS, STEPS, ZONE, simulated

PICK = st.integers(0, 23)
"""Which row a command is about, see `Simulation.choose`."""
PART = st.sampled_from(["all", "half", "step", "all", "half", "over"])
"""How much of what there is, see `Simulation.part_of`."""
_SEEN = " UNION ALL ".join(
    f"SELECT '{table}', coalesce(jsonb_agg(to_jsonb(it) ORDER BY it.id), '[]')::text"
    f" FROM {table} AS it WHERE it.merchant_id = :merchant"
    for table in TENANT_TABLES
)
Row = Mapping[str, Any]


class Simulation(RuleBasedStateMachine):
    """What all rules share. rows: table -> its rows after the last command.

    read_to: the last position of the journal whose entry was looked at.
    """

    def __init__(self, runner: asyncio.Runner, database: Database, start: datetime) -> None:
        """Begin with a merchant of its own that has a contract."""
        super().__init__()
        self.read_to = 0
        self.runner, self.database = runner, database
        self.world = runner.run(make.world(database, make.Clock(start)))
        self.merchant = runner.run(simulated(self.world))
        runner.run(self.merchant.contract())
        self.last: tuple[AnyVerb, type[Command], dict[str, Any], Outcome] | None = None
        self.reads = changes.Reads(self.world, self.merchant.party_id)
        self.rows = self.look()

    def look(self) -> dict[str, list[dict[str, Any]]]:
        """Read every row of the merchant; fail where an invariant or a kept answer is broken."""

        async def read() -> tuple[Sequence[Any], Sequence[Any]]:
            merchant = {"merchant": self.world.merchant_id}
            async with self.database.engine.connect() as connection:
                await set_merchant(connection, self.world.merchant_id)
                broken = (await connection.execute(text(BROKEN), merchant)).all()
                return broken, (await connection.execute(text(_SEEN), merchant)).all()

        broken, seen = self.runner.run(read())
        assert not broken, "\n".join(f"{sentence}: {what}" for sentence, what in broken)
        rows = {table: json.loads(rows, parse_float=Decimal) for table, rows in seen}
        self._read_back(rows["journal"])
        self.runner.run(self.reads.check())
        return rows

    def _read_back(self, journal: Sequence[Row]) -> None:
        """Fail where an entry is not what the class of its event says."""
        for each in journal:
            if each["position"] > self.read_to:
                found = read_event(
                    each["type"],
                    each["payload_version"],
                    UUID(each["aggregate_id"]),
                    each["payload"],
                )
                assert (found.payload(), found.versions.version, found.aggregate) == (
                    each["payload"],
                    each["payload_version"],
                    each["aggregate"],
                )
        self.read_to = max((it["position"] for it in journal), default=0)

    def act(self, command: AnyVerb, takes: type[Command], **fields: Any) -> Outcome | None:
        """Run a command; None where it was refused, which must have changed nothing."""
        fields = {name: value for name, value in fields.items() if value is not None}
        fields["idempotency_key"] = str(new_id())
        before = self.rows
        try:
            outcome = self.runner.run(self.merchant.call(command, takes, fields))
        except Refused as refused:
            event(f"{takes.__name__} {refused.code}")
            note(f"refused: {refused.code} {refused.message} {refused.path}")
            self.rows = self.look()
            assert self.rows == before, "a refused command has written something"
            return None
        event(f"{takes.__name__} done")
        self.last = (command, takes, fields, outcome)
        self.rows = self.look()
        changes.check(before, self.rows, self.world.clock())
        return outcome

    def wanted(self, lines: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
        """Return lines of an order from (place of the product, count of its least quantity)."""
        return [
            {
                "product_id": self.merchant.product_ids[product],
                **counted(STEPS[product] * count * (1 + 249 * product), STEPS[product]),
                "unit_price": number,
            }
            for number, (product, count) in enumerate(lines)
        ]

    @precondition(lambda self: self.last is not None)
    @rule()
    def repeat(self) -> None:
        """Send the last command once more: the same answer, and nothing is written."""
        command, takes, fields, outcome = self.last
        # That its answer is forgotten one day may be noted anew.
        before = self.rows | {"due": None}
        assert self.runner.run(self.merchant.call(command, takes, fields)) == outcome
        self.rows = self.look()
        assert self.rows | {"due": None} == before, "a repeated command has written something"

    @rule(hours=st.sampled_from([1, 30, 24 * 20]))
    def wait(self, hours: int) -> None:
        """Let time pass; the answers that are kept for a repetition may expire meanwhile."""
        self.world.clock.advance(hours=hours)
        self.last = None

    def choose(self, rows: Sequence[Row], pick: int, *states: str) -> Row:
        """Return one of the rows: mostly one in these states, sometimes any."""
        fitting = [it for it in rows if it["state"] in states] if pick % 8 else []
        among = fitting or rows
        return among[pick % len(among)]

    def part_of(self, total: Decimal, part: str, step: Decimal) -> Decimal:
        """Return all of a quantity, about half of it, the least possible, or a bit too much."""
        if part == "half":
            return max((total / 2).quantize(step, "ROUND_DOWN"), step)
        return {"all": max(total, step), "step": step, "over": total + step}[part]

    def window(self, day: int) -> dict[str, Any]:
        """Return a window some days from the start of the play's present day."""
        start = self.world.clock().replace(hour=9) + timedelta(days=1 + day)
        return {"earliest": start, "latest": start + timedelta(hours=4), "time_zone": ZONE}

    @property
    def orders(self) -> list[Any]:
        return sorted(self.rows["orders"], key=lambda it: it["number"])

    @property
    def deliveries(self) -> list[Any]:
        return sorted(self.rows["deliveries"], key=lambda it: it["number"])

    @property
    def contracts(self) -> list[Any]:
        return sorted(self.rows["contracts"], key=lambda it: it["number"], reverse=True)

    def lines_of(self, order: Row) -> list[Any]:
        """Return the lines of an order, each with its `step`."""
        return self._stepped("order_lines", "order_id", order)

    def agreed_by(self, contract: Row) -> list[Any]:
        """Return the lines of a contract, each with its `step`."""
        return self._stepped("contract_lines", "contract_id", contract)

    def _stepped(self, table: str, column: str, parent: Row) -> list[Any]:
        steps = dict(zip(map(str, self.merchant.product_ids), STEPS, strict=True))
        mine = (it for it in self.rows[table] if it[column] == parent["id"])
        lines = sorted(mine, key=lambda it: it["line_no"])
        return [{**it, "step": steps[it["product_id"]]} for it in lines]

    def parts_of(self, delivery: Row) -> list[Any]:
        """Return the lines of a delivery in the order of their orders, each with its `step`."""
        lines = [line for order in self.orders for line in self.lines_of(order)]
        place = {line["id"]: number for number, line in enumerate(lines)}
        mine = (it for it in self.rows["delivery_lines"] if it["delivery_id"] == delivery["id"])
        return [
            {**each, "step": lines[place[each["order_line_id"]]]["step"]}
            for each in sorted(mine, key=lambda it: place[it["order_line_id"]])
        ]

    def holds_on(self, subjects: Sequence[Row]) -> list[UUID]:
        """Return the active holds on orders or deliveries, in the order of these."""
        active = [it for it in self.rows["holds"] if it["released_at"] is None]
        place = {it["id"]: number for number, it in enumerate(subjects)}
        mine = [it for it in active if it["subject_id"] in place]
        return [UUID(it["id"]) for it in sorted(mine, key=lambda it: place[it["subject_id"]])]

    def parcels_of(self, delivery: Row) -> list[Any]:
        """Return the parcels of a delivery, those of the last packing first."""
        mine = (it for it in self.rows["parcels"] if it["delivery_id"] == delivery["id"])
        return sorted(mine, key=lambda it: (-it["packing"], it["parcel_no"]))


def counted(quantity: Decimal, step: Decimal) -> dict[str, Any]:
    """Return a quantity, in packagings where it is a whole number of them. step: of its product."""
    code, content = PACKAGINGS[step]
    if quantity <= 0 or quantity % content:
        return {"quantity": quantity}
    return {"quantity": quantity / content, "packaging": code}


Args = ParamSpec("Args")


def needs(table: str) -> Callable[[Any], Any]:
    """Let a rule play only when the table has rows."""
    return precondition(lambda self: bool(self.rows[table]))


def keeps_lines(
    play: Callable[Concatenate[Any, Args], None],
) -> Callable[Concatenate[Any, Args], None]:
    """Let a rule fail when it changes anything of an order line (D2)."""

    def kept(self: Simulation, *args: Args.args, **fields: Args.kwargs) -> None:
        before = self.rows["order_lines"]
        play(self, *args, **fields)
        assert self.rows["order_lines"] == before, "the total of a line has changed"

    kept.__name__ = play.__name__
    return kept
