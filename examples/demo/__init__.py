"""The demo: one merchant's past weeks, played through the API, so that there is much to see.

The merchant has another slug until the story is told, so that a demo that was interrupted is
known as such: the next start removes what there is of it and tells it anew.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from commands.access.keys import operate as keys
from examples.demo import client, goods, shops
from examples.demo.story import Story, tell
from kit.clock import Clock
from kit.clock import now as real_time
from kit.db.database import Database
from kit.errors import Code, Refused
from kit.ids import from_global
from loaders.access.keys import viewer_of
from models.access.keys import Merchant
from models.access.viewers import Actor

SLUG = "demo"
_UNFINISHED = "demo-unfinished"

_BOUND = {
    Actor.BUYER: ("Petra Lange", goods.BUYER),
    Actor.STOREFRONT: ("Web shop", goods.SHOP),
    Actor.WAREHOUSE: ("Warehouse Hamburg", goods.HAMBURG),
    Actor.CARRIER: ("Nordpaket tracking", goods.MAIN_CARRIER),
}
"""Actor -> name of its key and business key of what it is bound to."""


async def load(database: Database, clock: Clock = real_time) -> dict[str, str]:
    """Make the merchant `demo`; returns its tokens: the actor's name in small letters -> token.

    Refused: TAKEN when the demo is there.
    """
    real_now = clock()
    story = Story(database, real_now, real_now)
    story.now = story.at(-61, 8)
    merchant_id = await _merchant(database, story.now)
    tokens = {"staff": await _key(story, merchant_id, Actor.STAFF, "Demo staff", None)}
    await goods.write(story)
    for actor, (name, key) in _BOUND.items():
        _, bound_to = from_global(story.ids[key])
        tokens[actor.value.lower()] = await _key(story, merchant_id, actor, name, bound_to)
    await tell(story, client.scene, shops.shop, shops.marketplace)
    async with database.writing(None) as session:
        renamed = update(Merchant).where(Merchant.id == merchant_id).values(slug=SLUG)
        await session.execute(renamed)
    return tokens


async def _merchant(database: Database, now: datetime) -> UUID:
    """Make the merchant under its first slug, in place of one whose story was interrupted."""
    async with database.writing(None) as session:
        if await session.scalar(select(Merchant.id).where(Merchant.slug == SLUG)) is not None:
            raise Refused(Code.TAKEN, "The demo is there already.", ("slug",))
        unfinished = select(Merchant.id).where(Merchant.slug == _UNFINISHED)
        if (merchant_id := await session.scalar(unfinished)) is not None:
            await keys.remove_merchant(session, merchant_id)
        merchant = await keys.create_merchant(
            session, _UNFINISHED, goods.MERCHANT, now, goods.GS1_COMPANY_PREFIX
        )
        keys.begin_followers(session, merchant.id)
    return merchant.id


async def _key(
    story: Story, merchant_id: UUID, actor: Actor, name: str, bound_to: UUID | None
) -> str:
    """Make a key and let its actor enter the story; returns the token."""
    async with story.database.writing(None) as session:
        contact = goods.BUYERS_PERSON if actor is Actor.BUYER else None
        contact_id = await keys.contact(session, merchant_id, actor, bound_to, contact)
        _, token = await keys.create_key(
            session, merchant_id, actor, name, story.now, bound_to, contact_id=contact_id
        )
    reads = story.database.reading(None)
    viewer = await viewer_of(token, reads, story.now)
    await reads.close()
    if viewer is None:
        message = f"The new key of {name} is not known."
        raise LookupError(message)
    story.viewers[actor.value.lower()] = viewer
    return token
