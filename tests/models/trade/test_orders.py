"""The order's state machine and the arithmetic of its lines, without a database."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from models.trade.orders import acts
from models.trade.orders.acts import OrderAction
from models.trade.orders.states import NEXT_STATES, OrderState
from models.trade.orders.tables import OrderLine

OVER = {OrderState.CLOSED, OrderState.CANCELLED, OrderState.REJECTED}


@pytest.mark.parametrize("state", sorted(OVER))
def test_nothing_follows_the_end_but_that_a_hold_ends(state):
    assert NEXT_STATES[state] == frozenset()
    allowed = [act.action for act in acts.ACTS if state in act.states]
    assert allowed == [OrderAction.RELEASE_HOLD]


def test_every_state_is_reached():
    assert {OrderState.DRAFT}.union(*NEXT_STATES.values()) == set(OrderState)


@pytest.mark.parametrize(("shipped", "is_under_way"), [(3, True), (4, False)])
def test_what_is_planned_and_not_shipped_stops_the_closing(shipped, is_under_way):
    lines = [SimpleNamespace(planned=0, shipped=0), SimpleNamespace(planned=4, shipped=shipped)]
    (stop,) = acts.CLOSE.stopped_by
    assert any(stop.test(line) for line in lines) == is_under_way


def test_a_line_that_was_shipped_over_its_quantity_owes_nothing():
    counters = dict.fromkeys(("cancelled", "planned", "shipped"), Decimal(0))
    line = OrderLine(
        ordered=Decimal(10), **counters | {"planned": Decimal(11), "shipped": Decimal(11)}
    )
    assert (line.open_quantity, line.unplanned) == (Decimal(0), Decimal(-1))
