"""The rule of open quantities (domain section 2), without a database."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from models.trade.releases.cumulatives import open_quantities, released_quantities

QUANTITIES = st.decimals(min_value=0, max_value=10_000, places=3)


def _numbers(*values: int) -> list[Decimal]:
    return [Decimal(value) for value in values]


def test_the_worked_example_leaves_0_50_200_open():
    quantities = _numbers(120, 80, 200)
    assert released_quantities(quantities, Decimal(400)) == _numbers(520, 600, 800)
    assert open_quantities(quantities, Decimal(400), Decimal(550)) == _numbers(0, 50, 200)
    assert open_quantities(quantities, Decimal(400), Decimal(600)) == _numbers(0, 0, 200)


def test_a_correction_that_lowers_a_line_never_makes_it_negative():
    assert open_quantities(_numbers(100, 80, 200), Decimal(400), Decimal(590)) == _numbers(
        0, 0, 190
    )


def test_a_schedule_without_lines_has_nothing_open():
    assert open_quantities([], Decimal(400), Decimal(100)) == []


@given(st.lists(QUANTITIES, max_size=8), QUANTITIES, QUANTITIES)
def test_what_is_open_in_all_is_the_last_cumulative_less_what_was_issued(
    quantities, received, issued
):
    left = open_quantities(quantities, received, issued)
    assert all(0 <= part <= whole for part, whole in zip(left, quantities, strict=True))
    total = sum(quantities, Decimal(0))
    assert sum(left, Decimal(0)) == max(Decimal(0), min(total, received + total - issued))
