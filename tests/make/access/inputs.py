"""A valid input for every mutation of keys and documents: see tests/make/everything.py."""

from typing import Any

from kit.ids import to_global
from models.access.tokens import session_parts
from models.access.viewers import Actor
from tests.make.access import sessions
from tests.make.access.followers import LANES, failing
from tests.make.scene import Scene, fresh


async def documents_register(_: Scene) -> dict[str, Any]:
    """Register a document that is new, since its text is."""
    text = f"query {fresh('Q').replace('-', '_')} {{ __typename }}"
    return {"documents": [{"id": fresh("D"), "text": text}]}


async def api_key_create(s: Scene) -> dict[str, Any]:
    limits = [{"limit": "depth", "value": 9}]
    terms = {"limits": limits, "documents": "REGISTERED", "expiresAt": "2027-01-01T00:00:00+00:00"}
    own = {"actor": "BUYER", "partyId": s.party, "contactId": s.contact}
    own |= {"role": "APPROVER", "scopes": ["ORDERS_READ"]}
    return {"name": fresh("K"), **own, **terms}


async def api_key_create_shop(s: Scene) -> dict[str, Any]:
    return {"actor": "STOREFRONT", "channelId": s.channel}


async def api_key_create_warehouse(s: Scene) -> dict[str, Any]:
    return {"actor": "WAREHOUSE", "locationId": s.location}


CREATED = """
mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { apiKey { id } } }
"""


async def api_key_revoke(s: Scene) -> dict[str, Any]:
    made = await s.ask(CREATED, input=await api_key_create(s))
    return {"apiKeyId": made["apiKeyCreate"]["apiKey"]["id"]}


async def session_revoke(s: Scene) -> dict[str, Any]:
    token = await sessions.begin(s.world, Actor.BUYER, s.company)
    _, session_id, _ = session_parts(token) or ()
    return {"portalSessionId": to_global("PortalSession", session_id)}


async def merchant_settings_update(_: Scene) -> dict[str, Any]:
    reach = {"supportEmail": "help@example.com", "supportPhone": "+49 221 2"}
    mails = {"logoUrl": "https://shop.example/logo.png", "colour": "#1f4e79", "gatherMinutes": 5}
    quiet = {"quietFrom": "21:00", "quietUntil": "07:00"}
    return {"currency": "EUR", "language": "de", **reach, **mails, **quiet}


async def _lane(s: Scene) -> dict[str, Any]:
    """Set an entry of the journal aside, as a follower does that fails at it."""
    follower = await s.ask(LANES, id=await failing(s.world))
    (lane,) = follower["node"]["lanes"]["nodes"]
    return {"followerLaneId": lane["id"], "position": lane["position"]}


async def follower_retry(s: Scene) -> dict[str, Any]:
    return {"followerLaneId": (await _lane(s))["followerLaneId"]}


async def follower_skip(s: Scene) -> dict[str, Any]:
    return {**await _lane(s), "reason": "NEVER_SUCCEEDS"}
