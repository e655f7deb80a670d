"""What of a schedule is still open: the arithmetic of cumulatives (Fortschrittszahlen).

SQL says the same of many rows (`counting`, `effective`): figures of an account's period are those
of `AccountPeriod` and what was issued and delivered in it.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple


def released_quantities(quantities: Sequence[Decimal], received: Decimal) -> list[Decimal]:
    """Return the cumulative quantity up to which each schedule line asks, in their order."""
    return list(accumulate(quantities, initial=received))[1:]


class StatedQuantity(NamedTuple):
    """What a customer said that it had received, when that was reconciled with ours last.

    surplus: what it had by what it said before, beyond all that we had issued.
    """

    received: Decimal
    surplus: Decimal


class LeftQuantity(NamedTuple):
    """What was issued, by what a figure may hold of it.

    named: with notes that the customer has named; unnamed: what else had left when it told its
    figure; since: what left later.
    """

    named: Decimal
    unnamed: Decimal
    since: Decimal


def surplus_quantity(stated: StatedQuantity, left: LeftQuantity) -> Decimal:
    """Return what a customer has beyond all that we issued.

    Beside what it has named its figure holds that and what else has come, in whatever order: it is
    what it was before, unless the figure holds less, or more than all that had left.
    """
    beside = max(Decimal(0), stated.received - left.named)
    return min(beside, max(stated.surplus, beside - left.unnamed))


def supplied_quantity(stated: StatedQuantity, left: LeftQuantity) -> Decimal:
    """Return the cumulative quantity up to which what a customer wants is supplied.

    What it has named is in its figure, whatever that says of it, and what else left until then is
    in it, too, or under way. Where it had more than we issued, what leaves comes on top of its
    figure: else it would leave twice.
    """
    known = min(stated.received, left.named) + left.unnamed
    return known + surplus_quantity(stated, left) + left.since


def received_quantity(
    reported: Decimal, stated: StatedQuantity, left: LeftQuantity, arrived: Decimal, since: Decimal
) -> Decimal:
    """Return what a customer has received: its figure and ours, never added.

    reported: its last figure; arrived: what was delivered of what is unnamed, since: of what left
    later.
    """
    known = min(stated.received, left.named) + arrived + surplus_quantity(stated, left)
    return max(reported, max(stated.received, known) + since)


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
