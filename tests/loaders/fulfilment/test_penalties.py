"""What is due for a late supply: as SQL says it, and as it would be counted by hand."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ARRAY, Date, DateTime, Integer, Numeric, Text, case, literal, select

from kit.standards.money import rounded
from models.trade.contracts.guarantees import SupplyExcuse
from models.trade.contracts.penalties import days_late, due_on, penalty

SOME = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
DAYS = st.integers(0, 60)
CENTS = st.decimals(0, 10**6, places=6)
PERCENT = st.none() | st.decimals(0, 100, places=6)
CALLED_OFF = date(2026, 3, 2)
EXCUSES = ["STRIKE", "CUSTOMS"]


CASES = st.fixed_dictionaries(
    {
        **dict.fromkeys(("lead", "wanted", "grace", "supplied"), DAYS),
        **dict.fromkeys(("percent", "cap"), PERCENT),
        **dict.fromkeys(("quantity", "price"), CENTS),
        **dict.fromkeys(("per_unit", "per_day"), st.none() | CENTS),
        "excuse": st.none() | st.sampled_from(SupplyExcuse),
        "currency": st.sampled_from(["EUR", "JPY", "KWD"]),
    }
).map(lambda it: SimpleNamespace(**it))


def _by_hand(each):
    """Return the last day, the days after it, and what is due, counted in Python."""
    last = max(each.lead, each.wanted)
    late, net = max(each.supplied - last - each.grace, 0), each.quantity * each.price
    due = net * (each.percent or 0) / 100 * late + each.quantity * (each.per_unit or 0)
    due += late * (each.per_day or 0)
    if late == 0 or each.excuse in EXCUSES:
        due = Decimal(0)
    elif each.cap is not None:
        due = min(due, net * each.cap / 100)
    return CALLED_OFF + timedelta(days=last), late, rounded(due, each.currency).amount


@SOME
@given(each=CASES)
async def test_the_penalty_is_counted_exactly_and_rounded_once(database, each):
    terms = SimpleNamespace(
        time_zone=literal("UTC", Text()),
        lead_time_days=literal(each.lead, Integer()),
        grace_days=literal(each.grace, Integer()),
        penalty_percent_per_day=literal(each.percent, Numeric()),
        penalty_per_unit=literal(each.per_unit, Numeric()),
        penalty_per_day=literal(each.per_day, Numeric()),
        penalty_cap_percent=literal(each.cap, Numeric()),
        currency=literal(each.currency, Text()),
        excuses=literal(EXCUSES, ARRAY(Text())),
    )
    line = SimpleNamespace(
        called_off_on=literal(CALLED_OFF, Date()),
        wanted_on=literal(CALLED_OFF + timedelta(days=each.wanted), Date()),
        agreed_at=literal([], ARRAY(DateTime(timezone=True))),
        wanted_before=literal([], ARRAY(Date())),
    )
    came = datetime.combine(CALLED_OFF + timedelta(days=each.supplied), time(12), UTC)
    days = days_late(terms, line, literal(came, DateTime(timezone=True)))
    quantity = case((days > 0, literal(each.quantity, Numeric())), else_=0)
    late = SimpleNamespace(quantity=quantity, days=days, unit_days=quantity * days)
    delivery = SimpleNamespace(excuse=literal(each.excuse, Text()))
    price = literal(each.price, Numeric())
    reads = database.reading(None)
    try:
        figures = select(due_on(terms, line), days, penalty(terms, late, price, delivery))
        (found,) = await reads.rows(figures)
    finally:
        await reads.close()
    assert tuple(found) == _by_hand(each)
