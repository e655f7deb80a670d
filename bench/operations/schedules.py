"""A customer's call-off schedule as a file, and what is asked of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

PARTNER, ZONE = "4012345000009", "Europe/Berlin"

PRODUCTS = """
mutation ($input: ProductsUpsertInput!) {
  answer: productsUpsert(input: $input) {
    userErrors { code message } results { userErrors { code message } product { id } }
  }
}
"""
PARTIES = """
mutation ($input: PartiesUpsertInput!) {
  answer: partiesUpsert(input: $input) {
    userErrors { code message } results { userErrors { code message } party { id } }
  }
}
"""
CONTRACT = """
mutation ($input: ContractCreateInput!) {
  answer: contractCreate(input: $input) {
    userErrors { code message } contract { id lines { id } }
  }
}
"""
ACTIVATE = """
mutation ($input: ContractActivateInput!) {
  answer: contractActivate(input: $input) { userErrors { code message } contract { id } }
}
"""
PROFILE = """
mutation ($input: PartnerProfilesUpsertInput!) {
  answer: partnerProfilesUpsert(input: $input) {
    userErrors { code message } results { userErrors { code message } }
  }
}
"""
_LINE = """
id quantity openQuantity cumulativeReleased kind shipsOn arrivesOn dueOn isDue isOverdue
account { shipTo { code } unloadingPoint }
"""
DEMAND = f"""
query ($party: ID!, $from: Date, $after: String, $open: Boolean) {{
  answer: demand(partyId: $party, from: $from, after: $after, open: $open, first: 50) {{
    nodes {{ {_LINE} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
COUNT = """
query ($party: ID!) {
  answer: demand(partyId: $party, first: 0) { totalCount isTotalCountExact }
}
"""
OF_LINE = f"""
query ($line: ID!) {{
  answer: node(id: $line) {{ ... on ContractLine {{
    demand(first: 50) {{ nodes {{ {_LINE} }} pageInfo {{ hasNextPage endCursor }} }}
  }} }}
}}
"""


@dataclass(frozen=True)
class Shape:
    """What a schedule calls off: articles at places, each in buckets of a week."""

    articles: int = 500
    places: int = 3
    buckets: int = 60

    @property
    def lines(self) -> int:
        """Return how many schedule lines that makes."""
        return self.articles * self.places * self.buckets

    @property
    def skus(self) -> list[str]:
        """Return the numbers of its articles."""
        return [f"ITEM-{number:03}" for number in range(self.articles)]

    @property
    def plants(self) -> list[str]:
        """Return the codes of its places."""
        return [f"PLANT{number}" for number in range(self.places)]

    def weeks(self, day: date) -> list[date]:
        """Return the first days of its buckets: Mondays, the first after the day of issue."""
        monday = day + timedelta(days=7 - day.weekday())
        return [monday + timedelta(weeks=it) for it in range(self.buckets)]


def file(shape: Shape, day: date) -> bytes:
    """Return an interchange of one DELFOR message (D.96A) that was made on a day."""
    head = f"UNB+UNOC:3+{PARTNER}:14+SUPPLIER:ZZ+{day:%y%m%d}:0600+1++DELFOR'"
    segments = list(_message(shape, day))
    return "\n".join([head, *segments, f"UNT+{len(segments) + 1}+1'", "UNZ+1+1'"]).encode()


def _message(shape: Shape, day: date) -> Iterator[str]:
    yield "UNH+1+DELFOR:D:96A:UN:A09041'"
    yield f"BGM+241+{day:%Y%m%d}-1+5'"
    yield f"DTM+137:{day:%Y%m%d}0600:203'"
    yield f"NAD+BY+{PARTNER}::9'"
    yield "UNS+D'"
    weeks = shape.weeks(day)
    for place, plant in enumerate(shape.plants):
        yield "GIS+37'"
        yield f"NAD+ST+{plant}::92'"
        for line_no, sku in enumerate(shape.skus, 1):
            yield f"LIN+{line_no}++{sku}:IN'"
            yield "LOC+11+D1'"
            yield "QTY+70:0'"
            yield "SCC+4++W'"
            for week, monday in enumerate(weeks):
                yield f"QTY+113:{10 * (1 + (week + line_no + place) % 9)}:PCE'"
                yield f"DTM+2:{monday:%Y%m%d}:102'"
    yield "UNS+S'"
