"""What happens to API keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from models.access.keys import ApiKey, LimitName
from models.access.viewers import Actor, CompanyRole, Documents, Scope
from models.base.events import Event, event, without
from models.base.payloads import IdOf


@event("api_key.created", ApiKey, without("name"), lambda before: {**before, "contact_id": None})
class ApiKeyCreated(Event):
    """It was made, by staff or an operator."""

    actor: Annotated[Actor, "Who uses it."]
    role: Annotated[CompanyRole | None, "What a buyer may do for its company."]
    bound_to: Annotated[
        Annotated[UUID, IdOf("Party", "Channel", "Location")] | None,
        "The party, channel or location that it is bound to.",
    ]
    contact_id: Annotated[
        Annotated[UUID, IdOf("Contact")] | None, "The person at a buyer's company who holds it."
    ]
    scopes: Annotated[tuple[Scope, ...], "What it allows."]
    expires_at: Annotated[datetime | None, "When it ends by itself."]
    limits: Annotated[Mapping[LimitName, int], "Limit → the key's own number."]
    documents: Annotated[Documents, "Which documents it may send."]


@event("api_key.revoked", ApiKey, without("name"))
class ApiKeyRevoked(Event):
    """It was ended."""
