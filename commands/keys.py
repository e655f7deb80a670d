"""Merchants and their API keys; written by operators, not over GraphQL."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import Code, Refused
from kit.ids import new_id
from kit.tokens import issue
from kit.viewer import SCOPES, Actor
from models.keys import ApiKey, Merchant


async def create_merchant(
    session: AsyncSession,
    slug: str,
    name: str,
    now: datetime,
    gs1_company_prefix: str | None = None,
) -> Merchant:
    """Create a tenant. Refused: TAKEN when the slug is."""
    if await session.scalar(select(Merchant.id).where(Merchant.slug == slug)) is not None:
        raise Refused(Code.TAKEN, f"There is a merchant {slug!r} already.", ("slug",))
    merchant = Merchant(
        id=new_id(), slug=slug, name=name, gs1_company_prefix=gs1_company_prefix, created_at=now
    )
    session.add(merchant)
    await session.flush()
    return merchant


async def create_key(
    session: AsyncSession,
    merchant_id: UUID,
    actor: Actor,
    name: str,
    now: datetime,
    bound_to: UUID | None = None,
) -> tuple[ApiKey, str]:
    """Create an API key with the scopes of its kind; returns it and its token, shown only here.

    bound_to: the party, channel, location or carrier of the actor, None for staff only.
    """
    key_id = new_id()
    token, secret_sha256 = issue(key_id)
    key = ApiKey(
        id=key_id,
        merchant_id=merchant_id,
        actor=actor,
        bound_to=bound_to,
        name=name,
        scopes=sorted(scope.value for scope in SCOPES[actor]),
        secret_sha256=secret_sha256,
        created_at=now,
    )
    session.add(key)
    await session.flush()
    return key, token
