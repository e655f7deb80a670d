"""What customers and we count of the places of a contract line, beside a plain reckoning of it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import rule
from orjson import dumps, loads

from commands.fulfilment.call_offs.inputs import ContractCallOff
from commands.fulfilment.call_offs.place import place
from commands.trade.releases.inputs import ContractRelease
from commands.trade.releases.record import release
from kit.ids import to_global
from kit.limits import Limits
from resolvers.running.context import Context, Terms
from resolvers.running.process import Process
from schema.schema import schema
from tests.simulation.deliveries import DeliveryRules
from tests.simulation.merchant import RECIPIENTS, ZONE
from tests.simulation.parcels import ParcelRules
from tests.simulation.simulation import PICK, Row, counted

_ASKED = """
query ($id: ID!) { contract(id: $id) { lines { accounts { periods {
    id opening dispatched delivered underWay lost returned cumulativeIssued received inTransit } }
  releases(first: 8, filter: {states: [ACTIVE]}) { nodes {
    scheduleLines { id quantity openQuantity } } } } } }
"""
_ZERO = Decimal(0)
_UNBOUNDED = Terms(limits=Limits(deadline=120, bucket=10**9, unpaid=60_000, effort=60_000))
"""The clock of a play stands still, so that nothing that was spent comes back."""


class AccountRules(DeliveryRules, ParcelRules):
    """Rules about releases for places: resets, delivery notes, and what is shipped by them."""

    process: Process | None = None

    @rule(
        at=st.sampled_from([None, "D1", "D2"]),
        kind=st.sampled_from(["FORECAST", "FORECAST", "JIT"]),
        quantities=st.lists(st.integers(0, 4), max_size=3),
        received=st.sampled_from([None, "0", "0.5", "1"]),
        counted_from=st.sampled_from([None, None, None, "2026-01-01", "2026-03-01", "today"]),
        notes=st.lists(PICK, max_size=2),
    )
    def release_for_place(
        self,
        *,
        at: str | None,
        kind: str,
        quantities: list[int],
        received: str | None,
        counted_from: str | None,
        notes: list[int],
    ) -> None:
        line = self.agreed_by(self.contracts[0])[0]
        gone = [it["number"] for it in self.deliveries if it["dispatched_at"]]
        named = {gone[it % len(gone)] if gone and it % 3 else f"LS-{it}" for it in notes}
        today = self.world.clock().date().isoformat()
        self.act(
            release,
            ContractRelease,
            contract_line_id=UUID(line["id"]),
            ship_to_id=UUID(self.rows["addresses"][0]["id"]) if at else None,
            unloading_point=at,
            type=kind,
            number=f"R-{len(self.rows['releases'])}",
            counted_from=today if counted_from == "today" else counted_from,
            cumulative_received=received and self._issued(line, at) * Decimal(received),
            correction=received == "0.5",
            last_receipts=[{"delivery_note": it} for it in sorted(named)],
            lines=[
                {"window": self.window(day), "quantity": pairs * 2}
                for day, pairs in enumerate(quantities)
            ],
        )

    def _issued(self, line: Row, at: str | None) -> Decimal:
        """Return what was issued for a place in its newest period, by the reckoning."""
        accounts = {
            each["id"]
            for each in self.rows["cumulative_accounts"]
            if (each["contract_line_id"], each["unloading_point"]) == (line["id"], at)
        }
        periods = [it for it in self.rows["account_periods"] if it["account_id"] in accounts]
        newest = max(periods, key=lambda it: str(it["starts_on"]), default=None)
        issued = _ZERO if newest is None else self._reckoned(newest)["cumulativeIssued"]
        return issued // 2 * 2

    @rule(pick=PICK)
    def ship_what_is_open(self, pick: int) -> None:
        """Call off what is open of a release and send it at once: no more leaves than is asked."""
        every = [it for line in self._asked() for it in line["releases"]["nodes"]]
        if not every:
            return
        chosen = every[pick % len(every)]
        opens = [it for it in chosen["scheduleLines"] if Decimal(it["openQuantity"])]
        keys = {to_global("ScheduleLine", UUID(it["id"])): it for it in self.rows["schedule_lines"]}
        if not opens:
            return
        line = self.agreed_by(self.contracts[0])[0]
        wanted = [(UUID(keys[it["id"]]["id"]), Decimal(it["openQuantity"])) for it in opens]
        done = self._call_off(line, wanted)
        if done is None:
            return
        (sent,) = (it for it in self.deliveries if UUID(it["id"]) in done["delivery_ids"])
        self.bring_out(sent, ["all"], 1)
        has_left = any(it["id"] == sent["id"] and it["dispatched_at"] for it in self.deliveries)
        left = {
            each["id"]: Decimal(each["openQuantity"])
            for asked in self._asked()
            for of in asked["releases"]["nodes"]
            for each in of["scheduleLines"]
        }
        assert not has_left or not any(left[it["id"]] for it in opens), "it would leave twice"

    def _call_off(self, line: Row, wanted: Sequence[tuple[UUID, Decimal]]) -> Any:
        parts = [
            {"line_no": number, **counted(quantity, line["step"])}
            for number, (_, quantity) in enumerate(wanted, 1)
        ]
        return self.act(
            place,
            ContractCallOff,
            contract_id=UUID(line["contract_id"]),
            channel_id=self.merchant.channel_ids[0],
            lines=[
                {"contract_line_id": UUID(line["id"]), "schedule_line_id": key}
                | counted(quantity, line["step"])
                for key, quantity in wanted
            ],
            window=self.window(2),
            recipient=RECIPIENTS[0],
            deliveries=[{"location_id": self.merchant.location_ids[0], "lines": parts}],
        )

    def teardown(self) -> None:
        """Compare all accounts with the reckoning, at the end of each play."""
        self.reckon()

    @rule()
    def reckon(self) -> None:
        """Compare what clients read of accounts with what rows of deliveries add up to."""
        found = {
            each["id"]: each
            for line in self._asked()
            for of in line["accounts"]
            for each in of["periods"]
        }
        assert len(found) == len(self.rows["account_periods"])
        for period in self.rows["account_periods"]:
            figured = found[to_global("AccountPeriod", UUID(period["id"]))]
            figures = {name: Decimal(figured[name]) for name in figured if name != "id"}
            assert figures == self._reckoned(period), "an account counts otherwise"
            assert min(figures.values()) >= 0
        for line in self._asked():
            for of in line["releases"]["nodes"]:
                for each in of["scheduleLines"]:
                    assert 0 <= Decimal(each["openQuantity"]) <= Decimal(each["quantity"])

    def _reckoned(self, period: Row) -> dict[str, Decimal]:
        """Return the sums of a period, by each delivery line that counts in it."""
        names = {"dispatched": "shipped", "delivered": "delivered", "lost": "lost"}
        names["returned"] = "refused"
        parts = list(self._counted_in(period))
        sums = {
            name: sum((Decimal(it[column]) for it, _ in parts), _ZERO)
            for name, column in names.items()
        }
        gone = sums["dispatched"] - sums["lost"] - sums["returned"]
        issued = period["opening"] + gone
        until, ours = period["counted_until"], period["opening_received"] + sums["delivered"]
        received = max(period["received"], ours)
        if until is not None:
            later = (Decimal(it["delivered"]) for it, left in parts if left > _instant(until))
            received = period["received"] + sum(later, _ZERO)
        return sums | {
            "opening": period["opening"],
            "underWay": gone - sums["delivered"],
            "cumulativeIssued": issued,
            "received": received,
            "inTransit": max(issued - received, _ZERO),
        }

    def _counted_in(self, period: Row) -> Iterator[tuple[Row, datetime]]:
        """Yield the delivery lines of a period, with when they left."""
        deliveries = {it["id"]: it for it in self.rows["deliveries"] if it["dispatched_at"]}
        lines = {it["id"]: it for it in self.rows["order_lines"]}
        own = period["account_id"]
        later = [
            each["starts_on"]
            for each in self.rows["account_periods"]
            if each["account_id"] == own and each["starts_on"] > period["starts_on"]
        ]
        for part in self.rows["delivery_lines"]:
            delivery = deliveries.get(part["delivery_id"])
            if delivery is None:
                continue
            left = _instant(delivery["dispatched_at"])
            day = left.astimezone(ZoneInfo(ZONE)).date().isoformat()
            is_here = self._account_of(lines[part["order_line_id"]], delivery) == own
            if is_here and period["starts_on"] <= day < min(later, default="9"):
                yield part, left

    def _account_of(self, line: Row, delivery: Row) -> Any:
        """Return where a delivery counts: by the schedule line that it answers, else its place."""
        releases = {it["id"]: it for it in self.rows["releases"]}
        for each in self.rows["schedule_lines"]:
            if each["id"] == line["schedule_line_id"]:
                return releases[each["release_id"]]["account_id"]
        places = [
            each
            for each in self.rows["cumulative_accounts"]
            if each["contract_line_id"] == line["contract_line_id"]
            and each["ship_to_id"] in (None, delivery["ship_to_id"])
        ]
        places.sort(key=_place_of)
        return places[0]["id"] if places else None

    def _asked(self) -> list[dict[str, Any]]:
        """Return the contract lines as clients read them."""

        async def ask() -> list[Any]:
            ids = [to_global("Contract", UUID(it["id"])) for it in self.rows["contracts"]]
            return [await self._read(it) for it in ids]

        return [line for contract in self.runner.run(ask()) for line in contract["lines"]]

    async def _read(self, contract_id: str) -> dict[str, Any]:
        who, world = self.merchant.viewer, self.world
        self.process = self.process or Process(world.database)
        context = Context(who, world.database, world.clock, terms=_UNBOUNDED, process=self.process)
        result = await schema.execute(_ASKED, {"id": contract_id}, context)
        assert result.data is not None, result.errors
        found: dict[str, Any] = loads(dumps(result.data))["contract"]
        return found


def _place_of(account: Row) -> tuple[Any, ...]:
    """Return by what accounts of a line are told apart: those of a plant first."""
    return account["ship_to_id"] is None, account["unloading_point"] or "", account["id"]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
