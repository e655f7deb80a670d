"""Tokens: of keys, `abruf_<key id>_<secret>`, and of orders, `order_<order id>_<signature>`.

A key's secret is 256 random bits of which only a hash is kept. An order's token is signed with a
secret of its merchant, so that nothing is kept of it.
"""

import hashlib
import hmac
import re
import secrets
from uuid import UUID

_PREFIX = "abruf"
_ORDER = "order"
_SECRET_BYTES = 32
_ORDER_TOKEN = re.compile(f"{_ORDER}_([0-9a-f]{{32}})_[0-9a-f]{{64}}")
_TOKEN = re.compile(f"{_PREFIX}_([0-9a-f]{{32}})_([0-9a-f]{{{2 * _SECRET_BYTES}}})")


def issue(key_id: UUID) -> tuple[str, bytes]:
    """Return a new token, shown once, and the SHA-256 of its secret, which is kept."""
    secret = secrets.token_bytes(_SECRET_BYTES)
    return f"{_PREFIX}_{key_id.hex}_{secret.hex()}", hashlib.sha256(secret).digest()


def parts(token: str) -> tuple[UUID, bytes] | None:
    """Return the key id and the secret of a token, None when it has not the form of one.

    There is one form: no other spelling of a token is the same token.
    """
    found = _TOKEN.fullmatch(token)
    return (UUID(hex=found[1]), bytes.fromhex(found[2])) if found else None


class Shown(str):
    """A secret that is shown once: it stands in the answer, and nowhere where answers are kept."""

    __slots__ = ()


def prefix(key_id: UUID) -> str:
    """Return what tokens of a key begin with; it is no secret."""
    return f"{_PREFIX}_{key_id.hex}"


def new_secret() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(_SECRET_BYTES)


def order_token(secret: bytes, order_id: UUID) -> str:
    """Return the token with which a storefront sees one order. secret: of the merchant."""
    signature = hmac.digest(secret, order_id.bytes, "sha256")
    return f"{_ORDER}_{order_id.hex}_{signature.hex()}"


def order_of(token: str, secret: bytes) -> UUID | None:
    """Return the order of a token, None when the merchant has not signed it."""
    found = _ORDER_TOKEN.fullmatch(token)
    if found is None:
        return None
    claimed = UUID(hex=found[1])
    genuine = order_token(secret, claimed)
    return claimed if hmac.compare_digest(token.encode(), genuine.encode()) else None
