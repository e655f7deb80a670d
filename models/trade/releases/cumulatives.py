"""What of a schedule is still open: the arithmetic of cumulatives (Fortschrittszahlen)."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate


def released_quantities(quantities: Sequence[Decimal], received: Decimal) -> list[Decimal]:
    """Return the cumulative quantity up to which each schedule line asks, in their order."""
    return list(accumulate(quantities, initial=received))[1:]


def open_quantities(
    quantities: Sequence[Decimal], received: Decimal, issued: Decimal
) -> list[Decimal]:
    """Return what is still to ship of each schedule line, in their order.

    quantities: of the lines; received: the customer's cumulative; issued: ours, in one unit.
    The rule is SAP's ("Calculating Open Quantities"): the i-th line is released
    up to received + the sum of the first i quantities.
    """
    released = released_quantities(quantities, received)
    return [
        max(Decimal(0), min(quantity, upto - issued))
        for quantity, upto in zip(quantities, released, strict=True)
    ]
