"""API keys: from a bearer token to who holds it, before anything else is read; lists of keys."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, cast, collate, column, func, select

from kit.db.database import Database
from kit.db.reads import Reads
from loaders.reading.filters import is_called
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Nested, One, Part, Reader
from models.access.keys import ApiKey, Merchant, MerchantSecret
from models.access.tokens import token_parts
from models.access.viewers import Viewer, allowed

by_id = One(ApiKey)
every = Paged(ApiKey, {None: Sorted("id")})


def _limit(name: Any, value: Any) -> SimpleNamespace:
    return SimpleNamespace(limit=cast(name, Text()), value=cast(value, Integer()))


def _limits(_reader: Reader, key: Any) -> Part:
    """Follow a key's own limits, by name."""
    kept = func.jsonb_each_text(key.limits).table_valued("name", "value").render_derived()
    rows = select().select_from(kept).order_by(collate(kept.c.name, "C"))
    return _limit(kept.c.name, kept.c.value), rows.correlate_except(kept)


limits = Nested(_limit(column("name"), column("value")), _limits)

_KEY = (
    ApiKey.id,
    ApiKey.merchant_id,
    ApiKey.actor,
    ApiKey.name,
    ApiKey.scopes,
    ApiKey.bound_to,
    ApiKey.secret_sha256,
    ApiKey.expires_at,
    ApiKey.revoked_at,
    ApiKey.role,
    ApiKey.limits,
    ApiKey.documents,
    ApiKey.contact_id,
)


async def holder_of(token: str, reads: Reads) -> Viewer | None:
    """Return who holds the token, None for an unknown or revoked one; expiry is not asked here."""
    found = token_parts(token)
    if found is None:
        return None
    key_id, secret = found
    keys = await reads.rows(select(*_KEY).where(ApiKey.id == key_id))
    if not keys:
        return None
    (key,) = keys
    fits = hmac.compare_digest(hashlib.sha256(secret).digest(), key.secret_sha256)
    if not fits or key.revoked_at is not None:
        return None
    return Viewer(
        key.merchant_id,
        key.actor,
        key.id,
        key.name,
        frozenset(it for it in allowed(key.actor, key.role) if it in key.scopes),
        key.bound_to,
        role=key.role,
        documents=key.documents,
        limits=key.limits,
        expires_at=key.expires_at,
        contact_id=key.contact_id,
    )


async def viewer_of(token: str, reads: Reads, now: datetime) -> Viewer | None:
    """Return the viewer of a token, None for an unknown, revoked or expired one."""
    viewer = await holder_of(token, reads)
    return None if viewer is None or viewer.has_ended(now) else viewer


async def token_secret(reads: Reads, merchant_id: UUID) -> bytes:
    """Return what signs the access tokens of a merchant's orders."""
    of = MerchantSecret
    rows = await reads.rows(select(of.token_secret).where(of.merchant_id == merchant_id))
    return bytes(rows[0].token_secret)


async def merchants(database: Database) -> Sequence[UUID]:
    """Return all merchants."""
    reads = database.reading(None)
    try:
        return [row.id for row in await reads.rows(select(Merchant.id).order_by(Merchant.id))]
    finally:
        await reads.close()


async def merchant_id(database: Database, called: str) -> UUID | None:
    """Return the merchant with an id or a slug, None where there is none."""
    reads = database.reading(None)
    try:
        found = select(Merchant.id).where(is_called(called, Merchant.id, Merchant.slug))
        return next((row.id for row in await reads.rows(found)), None)
    finally:
        await reads.close()
