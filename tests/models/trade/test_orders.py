"""The order's state machine and the arithmetic of its lines, without a database."""

from decimal import Decimal

import pytest

from models.trade.orders.states import NEXT_STATES, OrderAction, OrderState, actions
from models.trade.orders.tables import OrderLine

OVER = {OrderState.CLOSED, OrderState.CANCELLED, OrderState.REJECTED}


@pytest.mark.parametrize("state", sorted(OVER))
def test_nothing_follows_the_end(state):
    assert NEXT_STATES[state] == frozenset()
    assert actions(state, unplanned=True, under_way=False, held=False) == []


def test_every_state_is_reached():
    assert {OrderState.DRAFT}.union(*NEXT_STATES.values()) == set(OrderState)


def test_an_order_under_way_cannot_be_closed():
    allowed = actions(OrderState.CONFIRMED, unplanned=False, under_way=True, held=True)
    assert allowed == [OrderAction.HOLD, OrderAction.RELEASE_HOLD]


def test_a_line_that_was_shipped_over_its_quantity_owes_nothing():
    counters = dict.fromkeys(("cancelled", "planned", "shipped"), Decimal(0))
    line = OrderLine(
        ordered=Decimal(10), **counters | {"planned": Decimal(11), "shipped": Decimal(11)}
    )
    assert (line.open_quantity, line.unplanned) == (Decimal(0), Decimal(-1))
