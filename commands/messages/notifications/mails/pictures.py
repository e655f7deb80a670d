"""Links to pictures of mails: who has one sees one mail, for some minutes."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from models.access.tokens import content_of, sealed

SEALED_FOR = "picture"
SHOWN_AT = "/mails/"
LASTS = timedelta(minutes=5)
"""How long a link leads to its mail: as long as it takes to follow it."""
_ID_BYTES, _INSTANT_BYTES = 16, 8


class PictureLink(NamedTuple):
    """What a link leads to: the mail of a notification, until an instant (whole seconds)."""

    merchant_id: UUID
    notification_id: UUID
    ends_at: datetime

    def token(self, secret: bytes) -> str:
        """Return it signed. secret: of the merchant."""
        until = int(self.ends_at.timestamp()).to_bytes(_INSTANT_BYTES)
        return sealed(
            secret, SEALED_FOR, self.merchant_id.bytes + self.notification_id.bytes + until
        )


def picture_of(token: str) -> PictureLink | None:
    """Return what a token says, whoever has made it; None for what has not its form."""
    content = content_of(token)
    if content is None or len(content) != 2 * _ID_BYTES + _INSTANT_BYTES:
        return None
    merchant, notification = content[:_ID_BYTES], content[_ID_BYTES : 2 * _ID_BYTES]
    try:
        ends_at = datetime.fromtimestamp(int.from_bytes(content[2 * _ID_BYTES :]), UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return PictureLink(UUID(bytes=merchant), UUID(bytes=notification), ends_at)
