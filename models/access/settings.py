"""What a merchant says of itself to everybody who asks in its name."""

from typing import ClassVar

from sqlalchemy.orm import Mapped

from models.access.viewers import OTHERS
from models.base.tables import Owned, check
from models.base.visibility import ALL, Seen


class MerchantSettings(Owned):
    """A merchant's own settings, one row at most; id: the merchant's.

    language: a tag of BCP 47. logo_url, colour (#rrggbb): of what its clients are sent.
    gather_minutes: how long what happens to one order is gathered into one mail. quiet_from,
    quiet_until: "HH:MM" at the reader's place, between which no mail is sent.
    """

    __tablename__ = "merchant_settings"
    __seen__: ClassVar[Seen] = dict.fromkeys(OTHERS, ALL)
    __table_args__ = (
        check("one_a_merchant", "id = merchant_id"),
        check("colour_form", "colour ~ '^#[0-9a-f]{6}$'"),
        check("gather_minutes_range", "gather_minutes BETWEEN 0 AND 1440"),
        check("quiet_whole", "(quiet_from IS NULL) = (quiet_until IS NULL)"),
    )

    currency: Mapped[str | None]
    language: Mapped[str | None]
    support_email: Mapped[str | None]
    support_phone: Mapped[str | None]
    logo_url: Mapped[str | None]
    colour: Mapped[str | None]
    gather_minutes: Mapped[int | None]
    quiet_from: Mapped[str | None]
    quiet_until: Mapped[str | None]
