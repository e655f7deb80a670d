"""What one merchant's orders refer to: catalogue, channel, customers, carriers, warehouse."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from bench.data.rows import Ids, Row

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SPAN = timedelta(days=280)
"""All orders of a merchant are placed in this time, at equal distances."""
ZONE, CURRENCY, PREFIX = "Europe/Berlin", "EUR", "4012345"
MEASURE = ("PIECE", 0)
"""Unit and scale of every product."""
PRODUCTS, CUSTOMERS, CARRIERS = 40, 10, 2


@dataclass
class Merchant:
    """One merchant to be, and the ids of what it has."""

    number: int
    orders: int
    contracts: int
    ids: Ids = field(init=False)
    random: Random = field(init=False)
    id: str = field(init=False)
    products: Sequence[str] = field(init=False)
    customers: Sequence[str] = field(init=False)
    carriers: Sequence[str] = field(init=False)
    channel: str = field(init=False)
    location: str = field(init=False)

    def __post_init__(self) -> None:
        """Make the ids."""
        self.ids = Ids(f"ids of merchant {self.number}")
        self.random = Random(f"values of merchant {self.number}")  # noqa: S311 -- test data
        self.id, self.channel, self.location = (self.ids.new(START) for _ in range(3))
        self.products, self.customers, self.carriers = (
            [self.ids.new(START) for _ in range(count)] for count in (PRODUCTS, CUSTOMERS, CARRIERS)
        )

    @property
    def slug(self) -> str:
        """Return the short name."""
        return f"bench-{self.number:02}"

    def rows(self) -> Iterator[Row]:
        """Yield what orders and contracts refer to."""
        for number, product in enumerate(self.products):
            sku, name = f"ITEM-{number:03}", f"Item {number}"
            yield "products", (self.id, product, sku, name, *MEASURE, True)
        channel = (self.channel, "SHOP", "Shop", "B2B_PORTAL", True, False, "{PARCEL,FREIGHT}")
        yield "channels", (self.id, *channel, True)
        for number, party in enumerate(self.customers):
            named = (f"P-{number:03}", "COMPANY", "{CUSTOMER}", f"Customer {number}")
            yield "parties", (self.id, party, *named)
        for number, party in enumerate(self.carriers):
            named = (f"C-{number:03}", "COMPANY", "{CARRIER}", f"Carrier {number}")
            yield "parties", (self.id, party, *named)
        yield "locations", (self.id, self.location, "HAM", "Hamburg", "WAREHOUSE", ZONE, True)
        counted = {"ORDER": self.orders, "DELIVERY": 2 * self.orders}
        counted |= {"CONTRACT": self.contracts, "SSCC": 2 * self.orders}
        for name, value in counted.items():
            yield "merchant_counters", (self.id, self.ids.new(START), name, value)
