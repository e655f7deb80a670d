"""The demo's people, who sign in to the portal by a button."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from examples.demo import SLUG, goods
from kit.db.database import Database
from loaders.access.keys import merchant_id
from loaders.master.locations import location_id
from loaders.master.parties import contact_id, customer_id
from models.access.viewers import Actor, CompanyRole, Viewer, usual

_BUYERS = {
    "buyer": ("Petra Lange", CompanyRole.BUYER, goods.BUYERS_PERSON),
    "approver": ("Ute Brandes", CompanyRole.APPROVER, goods.APPROVER),
    "viewer": ("Jens Ohlendorf", CompanyRole.VIEWER, goods.GOODS_IN),
}
"""Who it is -> name, role at the demo's client, and code of the contact there."""


async def people(database: Database) -> Mapping[str, Viewer]:
    """Return who may sign in, by what they are; nobody where there is no demo."""
    merchant = await merchant_id(database, SLUG)
    if merchant is None:
        return {}
    found = {}
    if client := await customer_id(database, merchant, goods.BUYER):
        for key, (name, role, code) in _BUYERS.items():
            own = await contact_id(database, merchant, client, code)
            about = {"bound_to": client, "role": role, "contact_id": own}
            found[key] = _person(merchant, key, name, Actor.BUYER, **about)
    found["staff"] = _person(merchant, "staff", "Miriam Vogt", Actor.STAFF)
    if warehouse := await location_id(database, merchant, goods.HAMBURG):
        about = {"bound_to": warehouse}
        found["warehouse"] = _person(merchant, "warehouse", "Aylin Demir", Actor.WAREHOUSE, **about)
    return found


def _person(merchant: UUID, key: str, name: str, actor: Actor, **more: Any) -> Viewer:
    """Return a person of the demo. more: what binds it."""
    subject, scopes = f"demo#{key}", usual(actor, more.get("role"))
    return Viewer(
        merchant, actor, uuid5(NAMESPACE_URL, subject), name, scopes, subject=subject, **more
    )
