"""What the journal tells of releases, and of their contracts."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from models.base.events import Event, Moving, event, without
from models.base.payloads import IdOf
from models.trade.contracts.findings import FindingCode
from models.trade.contracts.tables import Contract
from models.trade.releases.tables import Release
from models.trade.releases.words import ReleaseState, ReleaseType

_Line = Annotated[int, "The line's number in its contract."]
_Type = Annotated[ReleaseType, "What sort of schedule it is."]

# Numbers of releases are texts of the customer's, which no payload holds: version 2 has none.


@event("release.received", Release)
class ReleaseReceived(Event):
    """It was taken in, and something about it is odd."""

    line_no: _Line
    type: _Type
    state: Annotated[ReleaseState, "What became of it."]
    findings: Annotated[tuple[FindingCode, ...], "What is odd, each once."]


@event("release.consented", Release)
class ReleaseConsented(Event):
    """Somebody consented to what was found of it."""

    findings: Annotated[tuple[FindingCode, ...], "To what, each once."]
    waiting: Annotated[int, "How many findings still await consent; at 0 it comes into force."]


@event("release.rejected", Release)
class ReleaseRejected(Event):
    """Somebody decided that it does not come into force."""


@event("release.withdrawn", Release)
class ReleaseWithdrawn(Event):
    """It was in force, and somebody took it back: it counts no more."""

    restored: Annotated[
        Annotated[UUID, IdOf("Release")] | None, "The one before, in force again; null for none."
    ]


@event("release.answered", Release)
class ReleaseAnswered(Event):
    """The customer was told what of it cannot be met; what was told before does not count."""

    lines: Annotated[int, "How many of its lines cannot be met as they are wanted."]


@event("release.activated", Release, without("release_no"))
class ReleaseActivated(Event):
    """It is in force."""

    line_no: _Line
    type: _Type


def _unnamed(_payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Upcast version 1, which told the later one's number."""
    return {"by": None}


@event("release.superseded", Release, _unnamed)
class ReleaseSuperseded(Event):
    """A later one of the same line, place and type is in force."""

    by: Annotated[Annotated[UUID, IdOf("Release")] | None, "The later one; null in old entries."]


@event("contract.account_opened", Contract)
class ContractAccountOpened(Event):
    """Somebody said what was counted for one of its lines and a place before we counted."""

    line_no: _Line
    account_id: Annotated[UUID, IdOf("CumulativeAccount"), "The account of the line and place."]
    starts_on: Annotated[date, "The first day of the period in which that counts."]
    issued: Annotated[Decimal, "What was issued before, in the line's unit."]
    received: Annotated[Decimal, "What of that had arrived."]


@event("contract.released", Contract, without("release_no"))
class ContractReleased(Moving):
    """A release of one of its lines came into force."""

    line_no: _Line
    type: _Type
