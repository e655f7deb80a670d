"""What customers and we count of the places of a contract line, beside a plain reckoning of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from orjson import dumps, loads

from commands.trade.releases.decisions.decide import ReleaseConsent, ReleaseReject, consent, reject
from commands.trade.releases.inputs import ContractRelease
from commands.trade.releases.record import release
from kit.ids import to_global
from kit.limits import Limits
from models.trade.releases.findings import LATE
from resolvers.running.context import Context, Terms
from resolvers.running.process import Process
from schema.schema import schema
from tests.simulation.deliveries import DeliveryRules
from tests.simulation.merchant import ZONE
from tests.simulation.parcels import ParcelRules
from tests.simulation.simulation import PICK, Row

_ASKED = """
query ($id: ID!) { contract(id: $id) { lines { shipped cumulativeIssued delivered inTransit
  accounts { periods {
    id opening dispatched delivered underWay lost returned cumulativeIssued supplied received
    inTransit } }
  releases(first: 8, filter: {states: [ACTIVE]}) { nodes {
    id scheduleLines { id quantity openQuantity } } }
  demand(first: 40) { nodes { id openQuantity quantity account { id } } } } } }
"""
_ZERO = Decimal(0)
_SAME = {name: name for name in ("delivered", "lost")}
_COLUMNS = {"dispatched": "shipped", "returned": "refused", **_SAME}
needs_waiting = precondition(
    lambda self: any(it["state"] == "RECEIVED" for it in self.rows["releases"])
)
_UNBOUNDED = Terms(limits=Limits(deadline=120, bucket=10**9, unpaid=60_000, effort=60_000))
"""The clock of a play stands still, so that nothing that was spent comes back."""


class AccountRules(DeliveryRules, ParcelRules):
    """Rules about releases for places: resets, delivery notes, and what is shipped by them."""

    process: Process | None = None

    @rule(
        at=st.sampled_from([None, "D1", "D2"]),
        kind=st.sampled_from(["FORECAST", "FORECAST", "JIT"]),
        quantities=st.lists(st.integers(0, 4), max_size=3),
        received=st.sampled_from([None, "0", "0.5", "1", "more", "more"]),
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
            cumulative_received=received and self._told(received, self._issued(line, at)),
            correction=received == "0.5",
            last_receipts=[{"delivery_note": it} for it in sorted(named)],
            lines=[
                {"window": self.window(day), "quantity": pairs * 2}
                for day, pairs in enumerate(quantities)
            ],
        )

    @staticmethod
    def _told(received: str, issued: Decimal) -> Decimal:
        """Return what a customer tells: a part of what was issued, or more than that."""
        return issued + 6 if received == "more" else issued * Decimal(received)

    @rule(pick=PICK, part=st.sampled_from(["0", "0.5", "1"]))
    def say_again(self, pick: int, part: str) -> None:
        """Send what is in force again when a part of what is under way has come.

        The customer wants what it wanted less what has come: as much is open as before.
        """
        newest = {self._newest(it["id"])["id"]: it for it in self.rows["cumulative_accounts"]}
        active = [it for it in self.rows["releases"] if it["state"] == "ACTIVE"]
        active = [it for it in active if it["period_id"] in newest]
        if not active:
            return
        sent = active[pick % len(active)]
        account = newest[sent["period_id"]]
        sums = self.reckoned(self._newest(account["id"]))
        come = sums["received"] + sums["inTransit"] * Decimal(part) // 2 * 2
        before, had = self._open_of(sent), sent["cumulative_received"]
        if come < had:
            return
        self.world.clock.advance(seconds=1)
        done = self.act(
            release,
            ContractRelease,
            contract_line_id=UUID(sent["contract_line_id"]),
            ship_to_id=account["ship_to_id"] and UUID(account["ship_to_id"]),
            unloading_point=account["unloading_point"],
            type=sent["type"],
            number=f"R-{len(self.rows['releases'])}",
            cumulative_received=come,
            lines=list(self._lines_after(sent, come - had)),
        )
        new = [it for it in self.rows["releases"] if done and it["id"] == str(done["release_id"])]
        if any(it["state"] == "ACTIVE" for it in new) and come <= sums["supplied"]:
            assert self._open_of(new[0]) == before, "it would leave twice, or never"

    def _lines_after(self, sent: Row, come: Decimal) -> Iterator[dict[str, Any]]:
        """Yield the lines of a release without what has come of them, the earliest first."""
        lines = [it for it in self.rows["schedule_lines"] if it["release_id"] == sent["id"]]
        for day, each in enumerate(sorted(lines, key=lambda it: it["line_no"])):
            taken = max(min(come, each["quantity"]), 0)
            come -= taken
            yield {"window": self.window(day), "quantity": each["quantity"] - taken}

    def _open_of(self, sent: Row) -> Decimal:
        """Return what is open of a release in force."""
        key = to_global("Release", UUID(sent["id"]))
        lines = (
            each
            for line in self.asked()
            for its in line["releases"]["nodes"]
            if its["id"] == key
            for each in its["scheduleLines"]
        )
        return sum((Decimal(it["openQuantity"]) for it in lines), _ZERO)

    @needs_waiting
    @rule(pick=PICK, is_consent=st.booleans())
    def decide(self, pick: int, *, is_consent: bool) -> None:
        """Consent to a release that waits, or reject it."""
        waiting = [it for it in self.rows["releases"] if it["state"] == "RECEIVED"]
        key = {"release_id": UUID(waiting[pick % len(waiting)]["id"])}
        if not is_consent:
            self.act(reject, ReleaseReject, **key, reason="No.")
            return
        findings = [
            UUID(each["id"])
            for each in self.rows["release_findings"]
            if each["release_id"] == str(key["release_id"]) and each["is_holding"]
        ]
        self.act(consent, ReleaseConsent, **key, finding_ids=findings)

    def _issued(self, line: Row, at: str | None) -> Decimal:
        """Return what was issued for a place in its newest period, by the reckoning."""
        accounts = [
            each["id"]
            for each in self.rows["cumulative_accounts"]
            if (each["contract_line_id"], each["unloading_point"]) == (line["id"], at)
        ]
        newest = (self.reckoned(self._newest(it)) for it in accounts)
        return sum((it["cumulativeIssued"] for it in newest), _ZERO) // 2 * 2

    def _newest(self, account_id: str) -> Row:
        """Return the newest period of an account."""
        periods = (it for it in self.rows["account_periods"] if it["account_id"] == account_id)
        return max(periods, key=lambda it: str(it["starts_on"]))

    def teardown(self) -> None:
        """Compare all accounts with the reckoning, at the end of each play."""
        self.reckon()

    @rule()
    def reckon(self) -> None:
        """Compare what clients read of accounts with what rows of deliveries add up to."""
        lines = self.asked()
        periods = (each for line in lines for of in line["accounts"] for each in of["periods"])
        found = {each["id"]: each for each in periods}
        assert len(found) == len(self.rows["account_periods"])
        self._reconcile(found)
        for period in self.rows["account_periods"]:
            figured = found[to_global("AccountPeriod", UUID(period["id"]))]
            figures = {name: Decimal(figured[name]) for name in figured if name != "id"}
            assert figures == self.reckoned(period), "an account counts otherwise"
            assert min(figures.values()) >= 0
        for line in lines:
            its = [period for of in line["accounts"] for period in of["periods"]]
            issued = Decimal(line["shipped"])
            counted_there = (Decimal(it["cumulativeIssued"]) - Decimal(it["opening"]) for it in its)
            assert issued >= sum(counted_there), "its accounts count what is not the line's (K14)"
            newest = [of["periods"][-1]["cumulativeIssued"] for of in line["accounts"]]
            figures = map(Decimal, newest or [line["shipped"]])
            assert Decimal(line["cumulativeIssued"]) == sum(figures)
            assert its or issued == Decimal(line["delivered"]) + Decimal(line["inTransit"])
            for of in line["releases"]["nodes"]:
                for each in (*of["scheduleLines"], *line["demand"]["nodes"]):
                    assert 0 <= Decimal(each["openQuantity"]) <= Decimal(each["quantity"])

    def reckoned(self, period: Row) -> dict[str, Decimal]:
        """Return the sums of a period, by each delivery line that counts in it."""
        parts = list(self._counted_in(period))
        sums = {
            name: sum((Decimal(it[column]) for it, _ in parts), _ZERO)
            for name, column in _COLUMNS.items()
        }
        gone = sums["dispatched"] - sums["lost"] - sums["returned"]
        named, unnamed, since = self._parted(period, parts)
        figure = period["reconciled_received"]
        known, opening = min(figure, named["issued"]), period["opening"]
        beside = max(figure - named["issued"], _ZERO)
        known += min(beside, max(period["surplus"], beside - opening - unnamed["issued"]))
        supplied = known + opening + unnamed["issued"] + since["issued"]
        _, _, after = self._parted(period | {"reconciled_at": period["stated_at"]}, parts)
        supplied = max(supplied, period["received"] + after["issued"])
        arrived = max(figure, known + period["opening_received"] + unnamed["delivered"])
        received = max(period["received"], arrived + since["delivered"])
        return sums | {
            "opening": period["opening"],
            "underWay": gone - sums["delivered"],
            "cumulativeIssued": period["opening"] + gone,
            "supplied": supplied,
            "received": received,
            "inTransit": max(supplied - received, _ZERO),
        }

    def _parted(
        self, period: Row, parts: Sequence[tuple[Row, datetime]]
    ) -> Iterator[dict[str, Decimal]]:
        """Yield what was issued and delivered with notes that are named, until then, and since."""
        stopped = {
            each["release_id"]
            for each in self.rows["release_findings"]
            if (each["code"] in LATE and not each["is_holding"])
            or (each["is_holding"] and not each["consented_at"])
        }
        in_force = {
            each["id"]
            for each in self.rows["releases"]
            if each["period_id"] == period["id"]
            and each["state"] in ("ACTIVE", "SUPERSEDED")
            and each["tells_received"]
            and each["id"] not in stopped
        }
        named = {
            each["delivery_id"]
            for each in self.rows["last_receipts"]
            if each["release_id"] in in_force
        }
        confirmed = {each["delivery_id"] for each in self.rows["receipts"]}
        sorted_: list[list[tuple[Decimal, Decimal]]] = [[], [], []]
        until = period["reconciled_at"]
        for part, left in parts:
            is_named = part["delivery_id"] in named
            is_since = until is not None and left > instant_of(until)
            is_received = is_named or (until is not None and not is_since)
            delivered = Decimal(part["delivered"])
            issued = Decimal(part["shipped"] - part["lost"] - part["refused"])
            if is_received and part["delivery_id"] in confirmed:
                issued = delivered
            sorted_[0 if is_named else 2 if is_since else 1].append((issued, delivered))
        for each in sorted_:
            issued, delivered = (sum(of, _ZERO) for of in zip((_ZERO, _ZERO), *each, strict=True))
            yield {"issued": issued, "delivered": delivered}

    def _counted_in(self, period: Row) -> Iterator[tuple[Row, datetime]]:
        """Yield the delivery lines of a period, with when they left."""
        own = period["account_id"]
        later = [
            each["starts_on"]
            for each in self.rows["account_periods"]
            if each["account_id"] == own and each["starts_on"] > period["starts_on"]
        ]
        for part, left, account in self._left():
            if account == own and period["starts_on"] <= day_of(left) < min(later, default="9"):
                yield part, left

    def _left(self) -> Iterator[tuple[Row, datetime, Any]]:
        """Yield the delivery lines that left, when, and for which account they count."""
        deliveries = {it["id"]: it for it in self.rows["deliveries"] if it["dispatched_at"]}
        lines = {it["id"]: it for it in self.rows["order_lines"]}
        for part in self.rows["delivery_lines"]:
            delivery = deliveries.get(part["delivery_id"])
            if delivery is not None:
                account = self._account_of(lines[part["order_line_id"]], delivery)
                yield part, instant_of(delivery["dispatched_at"]), account

    def _reconcile(self, found: Mapping[str, Row]) -> None:
        """Compare the sums of all accounts with what all deliveries for them brought.

        Those are what the journal tells: `tests.simulation.invariants`.
        """
        first: dict[str, str] = {}
        for each in self.rows["account_periods"]:
            account = each["account_id"]
            first[account] = min(first.get(account, "9"), each["starts_on"])
        left = [it for it, at, account in self._left() if day_of(at) >= first.get(account, "9")]
        for name, column in _COLUMNS.items():
            total = sum((Decimal(it[name]) for it in found.values()), _ZERO)
            assert total == sum((Decimal(it[column]) for it in left), _ZERO), name

    def _account_of(self, line: Row, delivery: Row) -> Any:
        """Return where a delivery counts: by what it answers if that is there, or its place."""
        of = {it["id"]: it["account_id"] for it in self.rows["releases"]}
        accounts = {it["id"]: it["ship_to_id"] for it in self.rows["cumulative_accounts"]}
        for each in self.rows["schedule_lines"]:
            answered, places = of[each["release_id"]], (None, delivery["ship_to_id"])
            if each["id"] == line["schedule_line_id"] and accounts[answered] in places:
                return answered
        places = [
            each
            for each in self.rows["cumulative_accounts"]
            if each["contract_line_id"] == line["contract_line_id"]
            and each["ship_to_id"] in (None, delivery["ship_to_id"])
        ]
        places.sort(key=lambda it: (not it["ship_to_id"], it["unloading_point"] or "", it["id"]))
        return places[0]["id"] if places else None

    def asked(self) -> list[dict[str, Any]]:
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


def day_of(instant: datetime) -> str:
    return instant.astimezone(ZoneInfo(ZONE)).date().isoformat()


def instant_of(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
