"""Figures above ours: no history of dispatches and of what is told lets anything leave twice."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from commands.trade.releases.accounts.account import (
    Account,
    LeftQuantities,
    LeftSince,
    ReceivedReport,
)
from kit.ids import new_id
from models.trade.releases.cumulatives import supplied_quantity

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ship"), st.integers(1, 5)),
        st.tuples(st.just("arrive"), st.integers(1, 3)),
        st.tuples(st.just("tell"), st.integers(0, 1)),
    ),
    max_size=20,
)


class Customer:
    """Has received more than we know of; what we ship arrives in the order in which it left."""

    def __init__(self, more: int) -> None:
        self.account = Account(new_id(), new_id(), date(2026, 1, 1))
        self.more, self.arrived = more, 0
        self.left: list[tuple[datetime, int]] = []
        self.noted: set[datetime | None] = set()
        self.now = START

    @property
    def issued(self) -> int:
        return sum(amount for _, amount in self.left)

    def since(self, instant: datetime | None) -> LeftSince:
        """Return what left up to an instant and after it, named or not."""
        named = sum(amount for at, amount in self.left if at in self.noted)
        unnamed = [it for it in self.left if it[0] not in self.noted]
        since = sum(amount for at, amount in unnamed if instant is not None and at > instant)
        others = Decimal(self.issued - named - since)
        return LeftSince(Decimal(named), others, issued=Decimal(since))

    def supplied(self) -> Decimal:
        left = self.since(self.account.reconciled_at)
        figure = self.account.reconciled_received
        return supplied_quantity(figure, left.named, left.unnamed, left.issued)

    def ship(self, amount: int) -> None:
        self.left.append((self.now, amount))

    def arrive(self, deliveries: int) -> None:
        self.arrived = min(self.arrived + deliveries, len(self.left))

    def tell(self, noting: int) -> None:
        """Say what has been received, perhaps with the note of the last delivery in that."""
        come = self.left[: self.arrived]
        noted = come[-1][0] if come and noting else None
        received = Decimal(self.more + sum(amount for _, amount in come))
        report = ReceivedReport(
            tells_received=True,
            cumulative_received=received,
            last_receipt_reference=None,
            counted_until=noted,
            stated_at=noted or self.now,
            is_noted=noted is not None,
        )
        since = {it: self.since(it) for it in (self.account.reconciled_at, report.stated_at)}
        until = max(self.noted, default=None)
        left = LeftQuantities(Decimal(self.issued), until, since)
        self.account = self.account.with_report(report, left)
        self.noted |= {noted} - {None}


@given(st.integers(1, 9), STEPS)
def test_what_is_supplied_is_what_the_customer_has_and_what_is_under_way(more, steps):
    customer = Customer(more)
    customer.tell(0)
    for name, value in steps:
        customer.now += timedelta(hours=1)
        getattr(customer, name)(value)
        assert customer.supplied() == more + customer.issued


@given(STEPS, st.integers(1, 9), STEPS)
def test_what_was_under_way_at_the_first_figure_is_all_that_may_be_missed(before, more, after):
    customer = Customer(more)
    for name, value in before:
        customer.now += timedelta(hours=1)
        if name != "tell":
            getattr(customer, name)(value)
    customer.now += timedelta(hours=1)
    under_way = customer.issued - sum(it for _, it in customer.left[: customer.arrived])
    customer.tell(0)
    for name, value in after:
        customer.now += timedelta(hours=1)
        is_noted = name == "tell" and value and customer.arrived
        getattr(customer, name)(value)
        missed = more + customer.issued - customer.supplied()
        assert 0 <= missed <= under_way
        if is_noted:
            assert missed == 0
            under_way = 0
