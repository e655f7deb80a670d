"""Whose approval a new order waits for: its merchant's, its company's, or both."""

from collections.abc import Sequence
from decimal import Decimal

from commands.trade.orders.drafts import LineDraft
from commands.writing.transaction import Writing
from kit.money import rounded
from models.access.viewers import Actor, CompanyRole
from models.master.channels import Channel
from models.master.parties import Party
from models.trade.orders.states import Approval


def awaited(
    writing: Writing,
    channel: Channel,
    party: Party | None,
    lines: Sequence[LineDraft],
    currency: str,
) -> Sequence[Approval]:
    """Return who must approve an order before it is confirmed."""
    found = []
    if channel.approval_required or any(line.unit_price is None for line in lines):
        found.append(Approval.MERCHANT)
    if _limit_applies(writing) and party is not None and exceeds(party, lines, currency):
        found.append(Approval.COMPANY)
    return found


def _limit_applies(writing: Writing) -> bool:
    """Tell whether the company's limit binds the viewer: its approvers need nobody else."""
    viewer = writing.viewer
    return viewer.actor is Actor.BUYER and viewer.role is not CompanyRole.APPROVER


def exceeds(party: Party, lines: Sequence[LineDraft], currency: str) -> bool:
    """Tell whether lines cost more than the party's buyers may order alone.

    What they cost is what clients see as the order's net. A line without a price, or a limit in
    another currency, makes that unknown: it counts as more.
    """
    if party.approval_limit is None:
        return False
    if party.approval_currency != currency or any(not line.unit_price for line in lines):
        return True
    net = sum((line.net or Decimal(0) for line in lines), Decimal(0))
    return rounded(net, currency).amount > party.approval_limit
