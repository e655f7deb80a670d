"""What of a schedule is still open: the arithmetic of cumulatives (Fortschrittszahlen).

SQL says the same of many rows (`counting`, `effective`): figures of an account's period are those
of `AccountPeriod` and what was issued and delivered in it.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate


def released_quantities(quantities: Sequence[Decimal], received: Decimal) -> list[Decimal]:
    """Return the cumulative quantity up to which each schedule line asks, in their order."""
    return list(accumulate(quantities, initial=received))[1:]


def supplied_quantity(reconciled: Decimal, before: Decimal, since: Decimal) -> Decimal:
    """Return the cumulative quantity up to which what a customer wants is supplied.

    reconciled: its figure when that was last reconciled with ours; before: what was issued until
    then, since: what left later. Where it had more than we issued, what leaves comes on top of its
    figure: else it would leave twice.
    """
    return max(reconciled, before) + since


def received_quantity(
    reported: Decimal, after: Decimal | None, ours: Decimal, since: Decimal
) -> Decimal:
    """Return what a customer has received: its figure and ours, never added.

    reported: its figure. Where it named a delivery note of ours, after: what was delivered of what
    left after that, which comes on top. Else the largest counts: ours is what we know to have
    arrived in all, since the figure that was reconciled last with what was delivered of what left
    later.
    """
    return reported + after if after is not None else max(reported, ours, since)


def open_quantities(
    quantities: Sequence[Decimal], received: Decimal, supplied: Decimal
) -> list[Decimal]:
    """Return what is still to ship of each schedule line, in their order.

    quantities: of the lines; received: the customer's cumulative; supplied: `supplied_quantity`, or
    what is received later, in one unit.
    The rule is SAP's ("Calculating Open Quantities"): the i-th line is released
    up to received + the sum of the first i quantities.
    """
    released = released_quantities(quantities, received)
    return [
        max(Decimal(0), min(quantity, upto - supplied))
        for quantity, upto in zip(quantities, released, strict=True)
    ]
