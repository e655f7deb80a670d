"""The order's state machine and the arithmetic of its lines, without a database."""

from decimal import Decimal

import pytest

from models.trade.orders import acts
from models.trade.orders.acts import OrderAction
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import NEXT_STATES, OrderState

OVER = {OrderState.CLOSED, OrderState.CANCELLED, OrderState.REJECTED}


@pytest.mark.parametrize("state", sorted(OVER))
def test_nothing_follows_the_end_but_that_a_hold_ends_and_amounts_are_told(state):
    assert NEXT_STATES[state] == frozenset()
    allowed = [act.action for act in acts.ACTS if state in act.states]
    stated = [OrderAction.STATE_AMOUNTS] if state is OrderState.CLOSED else []
    assert allowed == [OrderAction.RELEASE_HOLD, OrderAction.RECORD_PAYMENT, *stated]


def test_every_state_is_reached():
    assert {OrderState.DRAFT}.union(*NEXT_STATES.values()) == set(OrderState)


def test_a_line_that_was_shipped_over_its_quantity_owes_nothing():
    counters = dict.fromkeys(("cancelled", "planned", "shipped"), Decimal(0))
    line = OrderLine(
        ordered=Decimal(10), **counters | {"planned": Decimal(11), "shipped": Decimal(11)}
    )
    assert (line.open_quantity, line.unplanned) == (Decimal(0), Decimal(0))
