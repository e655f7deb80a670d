"""The demo: a merchant to try Abruf with."""

from commands import keys
from kit.clock import now
from kit.database import Database
from kit.viewer import Actor

SLUG = "demo"


async def load(database: Database) -> dict[str, str]:
    """Make the merchant `demo`; returns its tokens: the actor's name in small letters -> token."""
    async with database.writing() as session:
        merchant = await keys.create_merchant(session, SLUG, "Demo", now(), "4012345")
        _, token = await keys.create_key(session, merchant.id, Actor.STAFF, "Demo staff", now())
    return {"staff": token}
