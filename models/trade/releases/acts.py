"""What may be done with a release."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from models.access.viewers import Scope
from models.base.acts import Act, AllRows, Some, Transition
from models.trade.contracts.states import IN_FORCE
from models.trade.contracts.tables import Contract
from models.trade.releases.findings import ReleaseFinding
from models.trade.releases.tables import CumulativeAccount, Release
from models.trade.releases.words import ReleaseState


class ReleaseAction(StrEnum):
    """What may be done with a release."""

    CONSENT = "CONSENT"
    REJECT = "REJECT"
    ANSWER = "ANSWER"
    WITHDRAW = "WITHDRAW"


def _may_be_consented(
    rows: AllRows, release: Any, finding: Any, contract: Any
) -> ColumnElement[bool]:
    """Tell whether somebody may consent to a finding: to the last one where it may come in force.

    That is while its contract is, and its last day is not over (K3).
    """
    is_lasting = or_(contract.valid_to >= contract.day(rows.now), contract.delivers_rest)
    is_in_force = and_(contract.state.in_(sorted(IN_FORCE)), is_lasting)
    more = rows.some(
        ReleaseFinding,
        where=lambda other: and_(
            other.release_id == release.id, other.is_awaiting, other.id != finding.id
        ),
    )
    return and_(
        finding.release_id == release.id,
        finding.is_awaiting,
        contract.id == release.contract_id,
        or_(is_in_force, more),
    )


CONSENT_AWAITED = Some(
    "something of it awaits consent, and its contract is in force if that is all",
    (ReleaseFinding, Contract),
    _may_be_consented,
)
_WAITING = frozenset({ReleaseState.RECEIVED})

CONSENT = Act(
    Scope.CONTRACTS_WRITE, _WAITING, needs=(CONSENT_AWAITED,), action=ReleaseAction.CONSENT
)
REJECT = Transition(
    Scope.CONTRACTS_WRITE, _WAITING, becomes=ReleaseState.REJECTED, action=ReleaseAction.REJECT
)
ANSWER = Act(Scope.CONTRACTS_WRITE, _WAITING | {ReleaseState.ACTIVE}, action=ReleaseAction.ANSWER)

REPLACED_KNOWN = Some(
    "what it took the place of is known, and no later one of its place waits or is in force",
    (CumulativeAccount,),
    lambda rows, release, account: and_(
        account.id == release.account_id,
        release.replaced.is_not(None),
        ~rows.some(
            Release,
            where=lambda other: and_(
                other.account_id == account.id,
                other.id != release.id,
                or_(
                    and_(other.type == release.type, other.state == ReleaseState.RECEIVED),
                    and_(
                        other.state == ReleaseState.ACTIVE,
                        other.received_at >= release.received_at,
                    ),
                ),
            ),
        ),
    ),
)
WITHDRAWAL = Transition(
    Scope.CONTRACTS_WRITE,
    frozenset({ReleaseState.ACTIVE}),
    becomes=ReleaseState.REJECTED,
    needs=(REPLACED_KNOWN,),
    action=ReleaseAction.WITHDRAW,
)

ACTS = (CONSENT, REJECT, ANSWER, WITHDRAWAL)
"""Those that clients are told of, in the order in which they are."""
