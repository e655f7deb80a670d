"""Figures of customers: no history of dispatches and of what is told lets anything leave twice."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from commands.trade.releases.accounts.account import (
    Account,
    LeftQuantities,
    LeftSince,
    ReceivedReport,
)
from kit.ids import new_id

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ship"), st.integers(1, 5)),
        st.tuples(st.just("arrive"), st.integers(0, 5)),
        st.tuples(st.just("tell"), st.integers(0, 7)),
    ),
    max_size=20,
)


LOSSES = st.lists(
    st.one_of(
        st.tuples(st.just("ship"), st.integers(1, 5)),
        st.tuples(st.just("tell"), st.sampled_from([0, 0, 0, 1, 2, 3])),
        st.tuples(st.sampled_from(["arrive", "lose", "find"]), st.integers(0, 5)),
    ),
    max_size=20,
)


class Customer:
    """Has received more than we know of; what we ship arrives in any order.

    lost: what is reported so, whatever became of it.
    """

    def __init__(self, more: int) -> None:
        self.account = Account(new_id(), new_id(), date(2026, 1, 1))
        self.more = more
        self.left: dict[datetime, int] = {}
        self.come: list[datetime] = []
        self.noted: set[datetime] = set()
        self.lost: set[datetime] = set()
        self.now = START

    @property
    def issued(self) -> int:
        return sum(amount for at, amount in self.left.items() if at not in self.lost)

    @property
    def arrived(self) -> int:
        return sum(self.left[it] for it in self.come)

    def since(self, instant: datetime | None) -> LeftSince:
        """Return what left up to an instant and after it, named or not."""
        named = sum(self.left[it] for it in self.noted - self.lost)
        hidden = self.noted | self.lost
        unnamed = {at: amount for at, amount in self.left.items() if at not in hidden}
        since = sum(it for at, it in unnamed.items() if instant is not None and at > instant)
        others = Decimal(self.issued - named - since)
        return LeftSince(Decimal(named), others, issued=Decimal(since))

    @property
    def quantities(self) -> LeftQuantities:
        """Return what has left as its account counts it."""
        since = {it: self.since(it) for it in self.account.instants}
        return LeftQuantities(Decimal(self.issued), since)

    def supplied(self) -> Decimal:
        return self.account.supplied(self.quantities)

    def ship(self, amount: int) -> None:
        self.left[self.now] = amount

    def arrive(self, pick: int) -> None:
        """Let one of those come that are under way."""
        under_way = [it for it in self.left if it not in self.come]
        if under_way:
            self.come.append(under_way[pick % len(under_way)])

    def lose(self, pick: int) -> None:
        """Report one lost of what has left, also of what has come."""
        left = [it for it in self.left if it not in self.lost]
        if left:
            self.lost.add(left[pick % len(left)])

    def find(self, pick: int) -> None:
        """Take back that one was lost."""
        self.lost -= set(sorted(self.lost)[pick : pick + 1])

    def tell(self, noting: int) -> None:
        """Say what has been received, perhaps with the notes of some deliveries in that."""
        noted = {it for place, it in enumerate(reversed(self.come)) if noting >> place & 1}
        report = ReceivedReport(
            tells_received=True,
            cumulative_received=Decimal(self.more + self.arrived),
            last_receipt_reference=None,
            counted_until=max(noted, default=None),
            stated_at=self.now,
            is_noted=bool(noted),
        )
        self.account = self.account.with_report(report, self.quantities)
        self.noted |= noted

    def go_on(self, name: str, value: int) -> None:
        """Take a step, an hour after the last one."""
        self.now += timedelta(hours=1)
        getattr(self, name)(value)


@given(st.integers(0, 9), STEPS)
def test_what_is_supplied_is_what_the_customer_has_and_what_is_under_way(more, steps):
    customer = Customer(more)
    customer.tell(0)
    for step in steps:
        customer.go_on(*step)
        assert customer.supplied() == more + customer.issued


@given(STEPS, st.integers(1, 9), STEPS)
def test_what_was_under_way_at_the_first_figure_is_all_that_may_be_missed(before, more, after):
    customer = Customer(more)
    for name, value in before:
        if name != "tell":
            customer.go_on(name, value)
    customer.go_on("tell", 0)
    under_way = customer.issued - customer.arrived
    for step in after:
        customer.go_on(*step)
        missed = more + customer.issued - customer.supplied()
        assert 0 <= missed <= under_way
        if step[0] == "tell" and customer.issued == customer.arrived:
            # Nothing is under way: all that it has is known, once it is compared.
            under_way = missed


TWICE = [(name, 2) for name in ("ship", "arrive", "ship", "arrive")]
TWICE = [*TWICE[:2], ("tell", 0), ("lose", 0), *TWICE[2:], ("tell", 0), ("lose", 0)]


@example(0, TWICE)
@given(st.integers(0, 9), LOSSES)
def test_whatever_is_lost_again_and_again_nothing_leaves_twice(more, steps):
    """What a customer has told that it has, and what left since, supplies it, lost or not."""
    customer = Customer(more)
    customer.tell(0)
    for name, value in steps:
        customer.go_on(name, value)
        since = customer.since(customer.account.stated_at).issued
        assert customer.supplied() >= customer.account.received + since
        # Nor is anything forgotten that is wanted: no more supplies it than it has, or is to get.
        assert customer.supplied() <= more + sum(customer.left.values())
