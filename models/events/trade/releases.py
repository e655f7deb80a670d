"""What the journal tells of releases, and of their contracts."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from models.base.events import Event, Moving, event, without
from models.base.payloads import IdOf
from models.trade.contracts.tables import Contract
from models.trade.releases.tables import Release
from models.trade.releases.words import ReleaseType

_Line = Annotated[int, "The line's number in its contract."]
_Type = Annotated[ReleaseType, "What sort of schedule it is."]

# Numbers of releases are texts of the customer's, which no payload holds: version 2 has none.


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


@event("contract.released", Contract, without("release_no"))
class ContractReleased(Moving):
    """A release of one of its lines came into force."""

    line_no: _Line
    type: _Type
