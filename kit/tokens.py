"""Bearer tokens: `abruf_<key id>_<secret>`, 256 random bits of which only a hash is kept."""

import hashlib
import secrets
from uuid import UUID

_PREFIX = "abruf"
_SECRET_BYTES = 32


def issue(key_id: UUID) -> tuple[str, bytes]:
    """Return a new token, shown once, and the SHA-256 of its secret, which is kept."""
    secret = secrets.token_bytes(_SECRET_BYTES)
    return f"{_PREFIX}_{key_id.hex}_{secret.hex()}", hashlib.sha256(secret).digest()


def parts(token: str) -> tuple[UUID, bytes] | None:
    """Return the key id and the secret of a token, None when it has not the form of one."""
    prefix, _, rest = token.partition("_")
    key_id, _, secret = rest.partition("_")
    try:
        found = UUID(hex=key_id), bytes.fromhex(secret)
    except ValueError:
        return None
    return found if prefix == _PREFIX and len(found[1]) == _SECRET_BYTES else None
