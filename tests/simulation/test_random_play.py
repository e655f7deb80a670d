"""Random plays: any sequence of commands leaves every counter true and every invariant whole.

A long play goes through everything; each wing has short ones that begin from a prepared state. The
default run is the same each time. ABRUF_PLAYS sets how many plays there are; then they are
others each time, by a seed that is printed, or by ABRUF_PLAY_SEED.
"""

import asyncio
import os
import random
import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import initialize, run_state_machine_as_test

from commands.trade.orders import place
from tests.conftest import NOW
from tests.make import Walled
from tests.simulation.contracts import ContractRules
from tests.simulation.deliveries import DeliveryRules
from tests.simulation.demand import DemandRules
from tests.simulation.merchant import RECIPIENTS
from tests.simulation.orders import CancelRules, OrderRules
from tests.simulation.parcels import ParcelRules
from tests.simulation.responses import ResponseRules
from tests.simulation.simulation import Simulation

_WANTED = int(os.environ.get("ABRUF_PLAYS", "0"))


class Play(OrderRules, ResponseRules, ContractRules, DeliveryRules, ParcelRules):
    """Everything that may happen between an order and its receipt."""


class Trade(OrderRules, ResponseRules, ContractRules):
    """What trade does by itself, beginning with a call-off and an order that waits for approval."""

    @initialize()
    def prepare(self) -> None:
        self.place_order([(0, 4), (1, 2)], "PARTIAL_BACKORDER", 1, None, is_guest=False)
        self.place_order([(0, 3)], "CANCEL_IF_NOT_BY", 0, RECIPIENTS[0], is_guest=False)


class Fulfilment(ResponseRules, DeliveryRules, ParcelRules):
    """What happens to deliveries, beginning with ones that wait, are released or under way.

    One that is released has all of an order that must come complete.
    """

    def place_order(self, lines: list[tuple[int, int]], policy: str) -> None:
        self.act(
            place.place,
            place.OrderPlace,
            channel_id=self.merchant.channel_ids[0],
            party_id=self.merchant.party_id,
            currency="EUR",
            lines=self.wanted(lines),
            delivery_policy=policy,
        )

    @initialize()
    def prepare(self) -> None:
        for pick, lines in enumerate(([(0, 6), (1, 3)], [(0, 4)], [(1, 8)])):
            self.place_order(lines, "PARTIAL_BACKORDER")
            self.plan_order(pick, ["half"], [0, 1])
        self.send(1, ["all"], 2)
        self.release_delivery(1)
        self.place_order([(0, 5)], "SHIP_COMPLETE")
        self.plan_order(-1, ["all"], [0])
        self.release_delivery(-1)


class Losses(CancelRules, ContractRules, DeliveryRules, ParcelRules):
    """What is owed again, beginning with parts of a call-off that are lost or under way.

    What was lost of its first line is cancelled.
    """

    @initialize()
    def prepare(self) -> None:
        self.call_off(["half", "half"], 0, "half", is_planned=True)
        for pick in (1, 2):
            self.send(pick, ["all"], pick)
        self.lose(1, "LOST")
        self.cancel_lines(1, ["all"])


class Accounts(DemandRules):
    """What is counted for places, beginning with some that were sent, are lost or are told."""

    @initialize()
    def prepare(self) -> None:
        self.runner.run(self.merchant.contract(times=50))
        self.rows = self.look()
        for at in (None, "D1", "D2"):
            self.release_for_place(
                at=at,
                kind="FORECAST",
                quantities=[3, 0, 4],
                received="more" if at == "D2" else None,
                counted_from=None,
                notes=[],
            )
        for pick in range(3):
            self.ship_what_is_open(pick)
        self.release_for_place(
            at="D1", kind="JIT", quantities=[4, 5], received=None, counted_from=None, notes=[]
        )
        self.ship_by_demand(0, is_all=False)
        self.lose(1, "LOST")


LONG = (Play, 6, 40)
SHORT = [(Trade, 8, 12), (Fulfilment, 8, 12), (Losses, 6, 12), (Accounts, 4, 10)]
"""(rules, plays, steps): a wing's plays are short, since they begin where it gets interesting."""


@pytest.mark.usefixtures("all_recorded")
@pytest.mark.parametrize(
    ("rules", "plays", "steps"), [LONG, *SHORT], ids=lambda it: getattr(it, "__name__", None)
)
def test_any_sequence_of_commands_keeps_counters_and_invariants(
    database_url: str, as_app: Callable[[str], str], rules: type[Simulation], plays: int, steps: int
) -> None:
    wanted = settings(
        max_examples=_WANTED or plays,
        stateful_step_count=steps,
        derandomize=not _WANTED,
        database=None,
        deadline=None,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        database = Walled(as_app(database_url), database_url)

        plays = list[Simulation]()

        def play() -> Simulation:
            plays.append(rules(runner, database, NOW))
            return plays[-1]

        if _WANTED:
            chosen = int(os.environ.get("ABRUF_PLAY_SEED") or random.getrandbits(32))
            sys.stdout.write(f"ABRUF_PLAY_SEED={chosen}\n")
            seed(chosen)(play)
        try:
            run_state_machine_as_test(play, settings=wanted)
        finally:
            runner.run(database.close())
    lapsed = [it.lapsed for it in plays if isinstance(it, OrderRules)]
    assert any(lapsed) or not lapsed, "no order lapsed, so nothing is known of those"
    assert all(it.reads.counted["given again"] for it in plays), "no answer was given again"
