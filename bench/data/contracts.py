"""Call-off contracts with their lines and schedules."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bench.data.merchants import CURRENCY, MEASURE, SPAN, START, ZONE, Merchant
from bench.data.rows import Row

LINES, SCHEDULED = 4, 2
"""Lines of a contract, schedule lines of each release."""
TARGET = 1_000_000
VALID = (date(2026, 1, 1), date(2099, 12, 31))
_SCHEDULED = ("FORECAST", "SCHEDULED", "PERIOD", "ARRIVAL", 0)
_STATE = ("AT_CALL_OFF", VALID[0], "EXPIRE", 0, 0, 0, "{}", "ACTIVE", START, START, 1)


@dataclass(slots=True)
class Line:
    """A line to be, and how far it is drawn down."""

    id: str
    product_id: str
    called_off: int = 0
    delivered: int = 0


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract to be. number: from 1, counted in its merchant."""

    merchant: Merchant
    number: int
    id: str
    party_id: str
    lines: tuple[Line, ...]

    def line(self, number: int) -> Line:
        """Return what the n-th line of a call-off draws from."""
        return self.lines[number % LINES]

    def draw(self, number: int, quantity: int, *, done: bool) -> None:
        """Count what the n-th line of a call-off draws, which is shipped. done: and has arrived."""
        line = self.line(number)
        line.called_off += quantity
        line.delivered += quantity if done else 0

    def rows(self) -> Iterator[Row]:
        """Yield the contract, its lines and one active forecast for each; ask last."""
        own = self.merchant.id
        named = (f"C-{self.number:06}", self.party_id, "{}", *VALID, ZONE, CURRENCY)
        yield "contracts", (own, self.id, *named, *_STATE)
        for line_no, line in enumerate(self.lines, 1):
            of = (self.id, line_no, line.product_id, *MEASURE)
            agreed = (*of, TARGET, 0, 0, CURRENCY, "2.500000")
            counted = (line.called_off, line.called_off, line.called_off, line.delivered)
            yield "contract_lines", (own, line.id, *agreed, *counted, line.delivered)
            yield from self._release(line)

    def _release(self, line: Line) -> Iterator[Row]:
        merchant, received_at = self.merchant, START + SPAN
        # An account without a place and its first period are known by their line's id.
        yield "cumulative_accounts", (merchant.id, line.id, line.id)
        yield "account_periods", (merchant.id, line.id, line.id, VALID[0], 0, 0, line.delivered, 0)
        of = (self.id, line.id, line.id, line.id)
        key = (merchant.id, release_id := merchant.ids.new(received_at), *of)
        fields = ("FORECAST", "1", "REPLACE", "ACTIVE", line.delivered, True)
        yield "releases", (*key, *fields, received_at, received_at)
        for number in range(1, SCHEDULED + 1):
            earliest = received_at + timedelta(weeks=number)
            window = (earliest, earliest + timedelta(days=1), ZONE)
            own = (merchant.id, merchant.ids.new(received_at), release_id, number)
            days = (earliest.date(), earliest.date())
            yield "schedule_lines", (*own, *window, 20 * number, *_SCHEDULED, *days)


def contracts(merchant: Merchant) -> list[Contract]:
    """Return a merchant's contracts, of which nothing is called off yet."""
    return [
        Contract(
            merchant,
            number,
            merchant.ids.new(START),
            merchant.random.choice(merchant.customers),
            tuple(
                Line(merchant.ids.new(START), merchant.random.choice(merchant.products))
                for _ in range(LINES)
            ),
        )
        for number in range(1, merchant.contracts + 1)
    ]
