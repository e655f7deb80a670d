"""What the journal tells of releases, and of their contracts."""

from typing import Annotated

from models.base.events import Event, Moving, event
from models.trade.contracts.tables import Contract
from models.trade.releases import Release, ReleaseType

_Line = Annotated[int, "The line's number in its contract."]
_Type = Annotated[ReleaseType, "What sort of schedule it is."]
_Number = Annotated[int, "The customer's number of the release."]


@event("release.activated", Release)
class ReleaseActivated(Event):
    """It is in force."""

    line_no: _Line
    type: _Type
    release_no: _Number


@event("release.superseded", Release)
class ReleaseSuperseded(Event):
    """A later one of the same line and type is in force."""

    by: Annotated[int, "The customer's number of the later one."]


@event("contract.released", Contract)
class ContractReleased(Moving):
    """A release of one of its lines came into force."""

    line_no: _Line
    type: _Type
    release_no: _Number
