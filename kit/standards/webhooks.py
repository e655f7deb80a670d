"""Standard Webhooks 1.0.0: how a message is named, signed and tried again.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

SECRET_BYTES = 32
_SECRET, _MESSAGE, _VERSION = "whsec_", "msg_", "v1"
SUCCESS = range(200, 300)
NOT_WANTED = 410
"""The receiver wants no more."""
OVERLOADED = frozenset({429, 502, 503, 504})
"""The receiver wants less at once."""
_MINUTES, _HOURS = (5, 30), (2, 5, 10, 14, 20, 24)
DELAYS = (
    timedelta(seconds=5),
    *(timedelta(minutes=each) for each in _MINUTES),
    *(timedelta(hours=each) for each in _HOURS),
)
"""Between one try and the next: the first at once, the last after three days."""


def new_signing_secret() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """Return a secret as receivers keep it."""
    return _SECRET + base64.b64encode(secret).decode()


def message_name(message_id: UUID) -> str:
    """Return how a message is called; it has no full stop."""
    return f"{_MESSAGE}{message_id.hex}"


def headers(name: str, body: bytes, sent_at: datetime, secrets_: Iterable[bytes]) -> dict[str, str]:
    """Return the headers of one attempt, signed with each secret."""
    timestamp = str(int(sent_at.timestamp()))
    content = b".".join((name.encode(), timestamp.encode(), body))
    signed = (base64.b64encode(hmac.digest(it, content, "sha256")).decode() for it in secrets_)
    return {
        "webhook-id": name,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"{_VERSION},{it}" for it in signed),
    }
