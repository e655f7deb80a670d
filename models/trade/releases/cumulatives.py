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


def supplied_quantity(
    reconciled: Decimal, named: Decimal, unnamed: Decimal, since: Decimal
) -> Decimal:
    """Return the cumulative quantity up to which what a customer wants is supplied.

    reconciled: its figure when that was last reconciled with ours; named: what was issued with
    notes that it has named, unnamed: what else was until then, since: what left later. What it has
    named is in its figure, whatever that says of it, and what else left until then is in it, too,
    or under way. Where it had more than we issued, what leaves comes on top of its figure: else it
    would leave twice.
    """
    return max(reconciled, min(reconciled, named) + unnamed) + since


def received_quantity(
    reported: Decimal, reconciled: Decimal, named: Decimal, unnamed: Decimal, since: Decimal
) -> Decimal:
    """Return what a customer has received: its figure and ours, never added.

    reported: its last figure; others as of `supplied_quantity`, where unnamed and since are what
    was delivered of that.
    """
    return max(reported, supplied_quantity(reconciled, named, unnamed, since))


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
