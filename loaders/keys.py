"""API keys: from a bearer token to the viewer, before anything else is read."""

import hashlib
import hmac
from datetime import datetime

from sqlalchemy import select

from kit.database import Reads
from kit.tokens import parts
from kit.viewer import Scope, Viewer
from models.keys import ApiKey

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
)


async def viewer_of(token: str, reads: Reads, now: datetime) -> Viewer | None:
    """Return who holds the token, None for an unknown, expired or revoked one."""
    found = parts(token)
    if found is None:
        return None
    key_id, secret = found
    rows = await reads.rows(select(*_KEY).where(ApiKey.id == key_id))
    if not rows:
        return None
    (key,) = rows
    fits = hmac.compare_digest(hashlib.sha256(secret).digest(), key.secret_sha256)
    ended = any(end is not None and end <= now for end in (key.expires_at, key.revoked_at))
    if not fits or ended:
        return None
    scopes = frozenset(Scope(scope) for scope in key.scopes)
    return Viewer(key.merchant_id, key.actor, key.id, key.name, scopes, key.bound_to)
