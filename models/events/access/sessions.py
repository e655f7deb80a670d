"""What happens to sessions of the portal."""

from typing import Annotated
from uuid import UUID

from models.access.sessions import PortalSession
from models.access.viewers import Actor, CompanyRole
from models.base.events import Event, event
from models.base.payloads import IdOf


@event("portal_session.began", PortalSession)
class PortalSessionBegan(Event):
    """Somebody signed in."""

    actor: Annotated[Actor, "What kind of actor it is."]
    role: Annotated[CompanyRole | None, "What a buyer may do for its company."]
    contact_id: Annotated[
        Annotated[UUID, IdOf("Contact")] | None, "The person at a buyer's company that it is."
    ]


@event("portal_session.ended", PortalSession)
class PortalSessionEnded(Event):
    """It was ended before its time: somebody signed out, or was signed out."""
