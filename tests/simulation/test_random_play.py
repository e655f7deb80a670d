"""Random plays: any sequence of commands leaves every counter true and every invariant whole.

The default run is the same each time. ABRUF_PLAYS sets how many plays there are; then they are
others each time, by a seed that is printed, or by ABRUF_PLAY_SEED.
"""

import asyncio
import os
import random
import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import NOW
from tests.make import Walled
from tests.simulation.contracts import ContractRules
from tests.simulation.deliveries import DeliveryRules
from tests.simulation.orders import OrderRules
from tests.simulation.parcels import ParcelRules

PLAYS, STEPS = 12, 40
_WANTED = int(os.environ.get("ABRUF_PLAYS", "0"))


class Play(OrderRules, ContractRules, DeliveryRules, ParcelRules):
    """Everything that may happen between an order and its receipt."""


@pytest.mark.usefixtures("database")
def test_any_sequence_of_commands_keeps_counters_and_invariants(
    database_url: str, as_app: Callable[[str], str]
) -> None:
    wanted = settings(
        max_examples=_WANTED or PLAYS,
        stateful_step_count=STEPS,
        derandomize=not _WANTED,
        database=None,
        deadline=None,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        database = Walled(as_app(database_url), database_url)

        def play() -> Play:
            return Play(runner, database, NOW)

        if _WANTED:
            chosen = int(os.environ.get("ABRUF_PLAY_SEED") or random.getrandbits(32))
            sys.stdout.write(f"ABRUF_PLAY_SEED={chosen}\n")
            seed(chosen)(play)
        try:
            run_state_machine_as_test(play, settings=wanted)
        finally:
            runner.run(database.close())
