"""What may still be spent."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy.orm import Mapped

from kit.db.statements import UNRECORDED
from models.base.tables import Owned
from models.base.visibility import Seen


class CostBucket(Owned):
    """A bucket of points, told by the time at which it is full again.

    id: of the company, channel, location, carrier, key or merchant that spends from it.

    Whatever is before now means full, so that an idle bucket needs neither writing nor its row.
    """

    __tablename__ = "cost_buckets"
    __table_args__ = {"info": UNRECORDED}  # noqa: RUF012 -- SQLAlchemy reads this class value.
    __seen__: ClassVar[Seen] = {}

    full_at: Mapped[datetime]
