"""What is in force in random play: it is shipped, by releases and by demand, and taken back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from commands.fulfilment.call_offs.inputs import ContractCallOff
from commands.fulfilment.call_offs.place import place
from commands.trade.releases.decisions.withdraw import ReleaseWithdraw, withdraw
from kit.ids import to_global
from models.trade.contracts.states import RUNNING
from tests.simulation.accounts import AccountRules, day_of, instant_of
from tests.simulation.merchant import RECIPIENTS
from tests.simulation.simulation import PICK, Row, counted

_ZERO = Decimal(0)
_Wanted = Sequence[tuple[UUID, Decimal]]
"""Schedule lines, and how much of each."""


class DemandRules(AccountRules):
    """Rules about what is in force: nothing of it leaves twice, and nothing owed is forgotten."""

    @rule(pick=PICK)
    def take_back(self, pick: int) -> None:
        """Take a release back that is in force: what is open is that of the one before."""
        active = [it for it in self.rows["releases"] if it["state"] == "ACTIVE"]
        if not active:
            return
        chosen = active[pick % len(active)]
        self.world.clock.advance(seconds=1)
        done = self.act(withdraw, ReleaseWithdraw, release_id=UUID(chosen["id"]), reason="Wrong.")
        if done is None:
            return
        states = {it["id"]: it["state"] for it in self.rows["releases"]}
        restored = states.get(str(done["restored_id"]), "ACTIVE")
        assert (states[chosen["id"]], restored) == ("REJECTED", "ACTIVE")

    @rule(pick=PICK)
    def ship_what_is_open(self, pick: int) -> None:
        """Call off what is open of a release and send it at once: no more leaves than is asked."""
        every = [it for line in self.asked() for it in line["releases"]["nodes"]]
        if not every:
            return
        opens = every[pick % len(every)]["scheduleLines"]
        if self._ship(opens):
            left = {
                each["id"]: Decimal(each["openQuantity"])
                for asked in self.asked()
                for of in asked["releases"]["nodes"]
                for each in of["scheduleLines"]
            }
            assert not any(left[it["id"]] for it in opens), "it would leave twice"

    @rule(pick=PICK, is_all=st.booleans())
    def ship_by_demand(self, pick: int, *, is_all: bool) -> None:
        """Send what is demanded for a place, or what of it is first: that much less is demanded."""
        demanded = self._demanded()
        places = sorted(it for it, lines in demanded.items() if _open(lines))
        if not places:
            return
        chosen = places[pick % len(places)]
        lines = [it for it in demanded[chosen] if Decimal(it["openQuantity"])]
        sent = self._ship(lines if is_all else lines[: 1 + pick % 2])
        before = {it: _open(lines) for it, lines in demanded.items()}
        after = {it: _open(lines) for it, lines in self._demanded().items()}
        before[chosen] -= sent
        assert not sent or after == before, "it would leave twice, or what is owed is forgotten"

    @rule()
    def reckon(self) -> None:
        """Compare what is demanded for each place, too, with plain sums of its releases."""
        super().reckon()
        found = {it: _open(lines) for it, lines in self._demanded().items()}
        contracts = {it["id"]: it["state"] for it in self.rows["contracts"]}
        active = defaultdict[str, dict[str, Row]](dict)
        for each in self.rows["releases"]:
            if each["state"] == "ACTIVE" and contracts[each["contract_id"]] in RUNNING:
                active[each["account_id"]][each["type"]] = each
        for account_id, of in active.items():
            key = to_global("CumulativeAccount", UUID(account_id))
            expected = self._owed(of.get("FORECAST"), of.get("JIT"))
            assert found.pop(key, _ZERO) == expected, "what is demanded is not what is owed"
        assert not any(found.values()), "nobody asks for it"

    def _owed(self, forecast: Row | None, jit: Row | None) -> Decimal:
        """Return what is owed of both: the forecast counts after the last day just in time."""
        wanted, later = self._lines(jit), self._lines(forecast)
        last = max((it["arrives_on"] for it in wanted), default="")
        if forecast and (not jit or not wanted or _is_over(forecast, jit, wanted)):
            wanted, jit = later, None
        else:
            wanted += [it for it in later if it["arrives_on"] > last]
        first = jit or forecast
        if not first or not wanted:
            return _ZERO
        (period,) = (it for it in self.rows["account_periods"] if it["id"] == first["period_id"])
        total = sum((it["quantity"] for it in wanted), _ZERO)
        left = first["cumulative_received"] + total - self.reckoned(period)["supplied"]
        return min(total, max(left, _ZERO))

    def _lines(self, release: Row | None) -> list[Row]:
        own = (release or {}).get("id")
        return [it for it in self.rows["schedule_lines"] if it["release_id"] == own]

    def _demanded(self) -> Mapping[str, list[Row]]:
        """Return account -> its lines of demand, as clients read them, the first to leave first."""
        found = defaultdict[str, list[Row]](list)
        for line in self.asked():
            for each in line["demand"]["nodes"]:
                found[each["account"]["id"]].append(each)
        return found

    def _ship(self, lines: Sequence[Row]) -> Decimal:
        """Call off what is open of lines and send it at once; return how much of it has left."""
        keys = {to_global("ScheduleLine", UUID(it["id"])): it for it in self.rows["schedule_lines"]}
        opens = [(it["id"], Decimal(it["openQuantity"])) for it in lines]
        wanted = [(UUID(keys[key]["id"]), amount) for key, amount in opens if amount]
        if not wanted:
            return _ZERO
        # It leaves after the release came, in which nothing of it can be counted.
        self.world.clock.advance(seconds=1)
        done = self._call_off(self.agreed_by(self.contracts[0])[0], wanted)
        if done is None:
            return _ZERO
        (sent,) = (it for it in self.deliveries if UUID(it["id"]) in done["delivery_ids"])
        self.bring_out(sent, ["all"], 1)
        has_left = any(it["id"] == sent["id"] and it["dispatched_at"] for it in self.deliveries)
        return sum((amount for _, amount in wanted), _ZERO) if has_left else _ZERO

    def _call_off(self, line: Row, wanted: _Wanted) -> Any:
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


def _open(lines: Sequence[Row]) -> Decimal:
    return sum((Decimal(it["openQuantity"]) for it in lines), _ZERO)


def _is_over(forecast: Row, jit: Row, wanted: Sequence[Row]) -> bool:
    """Tell whether a forecast was made after the last day just in time, and all of that had come.

    wanted: the lines of what is just in time.
    """
    owed = jit["cumulative_received"] - forecast["cumulative_received"]
    owed += sum(it["quantity"] for it in wanted)
    has_come = owed <= 0 or jit["period_id"] != forecast["period_id"]
    return has_come and day_of(instant_of(forecast["issued_at"])) > max(
        it["arrives_on"] for it in wanted
    )
