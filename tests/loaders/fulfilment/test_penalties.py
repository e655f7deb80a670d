"""What is due for a late supply: as SQL says it, and as it would be counted by hand."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ARRAY, Date, Integer, Numeric, Text, literal, select

from kit.money import rounded
from models.trade.contracts.guarantees import SupplyExcuse
from models.trade.orders.penalties import days_late, due_on, penalty

SOME = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
DAYS = st.integers(0, 60)
CENTS = st.decimals(0, 10**6, places=6)
PERCENT = st.none() | st.decimals(0, 100, places=6)
CALLED_OFF = date(2026, 3, 2)


@SOME
@given(
    lead=DAYS,
    wanted=DAYS,
    grace=DAYS,
    supplied=DAYS,
    percent=PERCENT,
    per_unit=st.none() | CENTS,
    cap=PERCENT,
    quantity=CENTS,
    price=CENTS,
    excuse=st.none() | st.sampled_from(SupplyExcuse),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
)
async def test_the_penalty_is_counted_exactly_and_rounded_once(
    database,
    lead,
    wanted,
    grace,
    supplied,
    percent,
    per_unit,
    cap,
    quantity,
    price,
    excuse,
    currency,
):
    terms = SimpleNamespace(
        lead_time_days=literal(lead, Integer()),
        grace_days=literal(grace, Integer()),
        penalty_percent_per_day=literal(percent, Numeric()),
        penalty_per_unit=literal(per_unit, Numeric()),
        penalty_cap_percent=literal(cap, Numeric()),
        currency=literal(currency, Text()),
        excuses=literal(["STRIKE", "CUSTOMS"], ARRAY(Text())),
    )
    supply = SimpleNamespace(
        called_off_on=literal(CALLED_OFF, Date()),
        wanted_on=literal(CALLED_OFF + timedelta(days=wanted), Date()),
        supplied_on=literal(CALLED_OFF + timedelta(days=supplied), Date()),
        quantity=literal(quantity, Numeric()),
        unit_price=literal(price, Numeric()),
        excuse=literal(excuse, Text()),
    )
    reads = database.reading(None)
    try:
        asked = select(it(terms, supply) for it in (due_on, days_late, penalty))
        (found,) = await reads.rows(asked)
    finally:
        await reads.close()
    late, net = max(supplied - max(lead, wanted) - grace, 0), quantity * price
    due = net * (percent or 0) / 100 * late + quantity * (per_unit or 0)
    if late == 0 or excuse in {"STRIKE", "CUSTOMS"}:
        due = Decimal(0)
    elif cap is not None:
        due = min(due, net * cap / 100)
    expected = (CALLED_OFF + timedelta(days=max(lead, wanted)), late, rounded(due, currency).amount)
    assert tuple(found) == expected
