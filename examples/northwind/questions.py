"""What the API must know afterwards: asked by queries, compared with what the files say."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from examples.northwind.client import Client
from examples.northwind.files import Export
from examples.northwind.inputs import CURRENCY

_CENT = Decimal("0.01")

ANSWERS = """
query NorthwindAnswers($channel: ID!) {
  all: orders(first: 0, filter: { channelId: $channel }) {
    summary { orderCount orderedQuantity netTotals { amount currency } }
  }
  notShipped: orders(first: 0, filter: { channelId: $channel, open: true }) { totalCount }
  shippedLate: orders(first: 0, filter: { channelId: $channel, open: false, late: true }) {
    totalCount
  }
}
"""

Answers = Mapping[str, Decimal]
"""What is asked -> its number."""


def expected(export: Export) -> Answers:
    """Return what the files say. The value is added exactly, then rounded once, half up."""
    lines = [line for lines in export.lines.values() for line in lines]
    value = sum((line.value for line in lines), Decimal(0))
    orders = export.orders.values()
    return {
        "orders": Decimal(len(orders)),
        "orders not shipped": Decimal(sum(row.shipped_date is None for row in orders)),
        "units ordered": Decimal(sum(line.quantity for line in lines)),
        f"net value in {CURRENCY}": value.quantize(_CENT, ROUND_HALF_UP),
        "orders shipped after the required date": Decimal(sum(row.shipped_late for row in orders)),
    }


async def answered(client: Client, channel_id: str) -> Answers:
    """Return what the API says."""
    data: dict[str, Any] = await client.ask(ANSWERS, channel=channel_id)
    summary = data["all"]["summary"]
    return {
        "orders": Decimal(summary["orderCount"]),
        "orders not shipped": Decimal(data["notShipped"]["totalCount"]),
        "units ordered": Decimal(summary["orderedQuantity"]),
        **{
            f"net value in {total['currency']}": Decimal(total["amount"])
            for total in summary["netTotals"]
        },
        "orders shipped after the required date": Decimal(data["shippedLate"]["totalCount"]),
    }


def table(answers: Answers, files: Answers) -> str:
    """Return the answers as lines; one that differs from the files says so."""
    lines = []
    for name in [*files, *(answers.keys() - files.keys())]:
        answer = answers.get(name)
        shown = "no answer" if answer is None else f"{answer:,f}"
        differs = answer != files.get(name)
        note = f"   but the files say {files.get(name, 0):,f}" if differs else ""
        lines.append(f"{name:<40}{shown:>14}{note}")
    return "\n".join(lines)
