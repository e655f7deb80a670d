"""What a merchant says of itself to everybody who asks in its name."""

from typing import ClassVar

from sqlalchemy.orm import Mapped

from models.access.viewers import OTHERS
from models.base.tables import Owned, check
from models.base.visibility import ALL, Seen


class MerchantSettings(Owned):
    """A merchant's own settings, one row at most; id: the merchant's.

    language: a tag of BCP 47.
    """

    __tablename__ = "merchant_settings"
    __seen__: ClassVar[Seen] = dict.fromkeys(OTHERS, ALL)
    __table_args__ = (check("one_a_merchant", "id = merchant_id"),)

    currency: Mapped[str | None]
    language: Mapped[str | None]
    support_email: Mapped[str | None]
    support_phone: Mapped[str | None]
