"""Followers of the journal: how far each has read, and the lanes that it has set aside."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kit.db.statements import UNRECORDED
from models.base.tables import Owned, indexed, to, unique
from models.base.visibility import Seen

FOLLOWERS = ("webhooks", "notifications", "content answers")
"""Names of those that there are: of what is kept for each merchant from its beginning on."""


class SkipReason(StrEnum):
    """Why a follower is not to see an entry any more."""

    DONE_OTHERWISE = "DONE_OTHERWISE"
    NOT_WANTED = "NOT_WANTED"
    NEVER_SUCCEEDS = "NEVER_SUCCEEDS"


class JournalFollower(Owned):
    """How far a follower has read the journal of a merchant.

    One statement for all merchants tells whose journals have something new
    (`loaders.access.followers`).

    name: as it is declared. position: everything up to it was told or stands in a lane.
    retry_at: when the next lane is tried again, None where none is. parked: lanes that nobody tries
    again until staff decides.
    """

    __tablename__ = "journal_followers"
    __seen__: ClassVar[Seen] = {}
    __found__ = True
    __table_args__ = (
        unique("name", "name"),
        indexed("journal_followers", "retry_at", postgresql_where="retry_at IS NOT NULL"),
        indexed("journal_followers", "parked", postgresql_where="parked > 0"),
        {"info": UNRECORDED},
    )

    name: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    parked: Mapped[int] = mapped_column(server_default="0")


class FollowerLane(Owned):
    """The entries of one object that a follower has set aside: the first one fails.

    position: of the entry that fails; all later ones of the object wait behind it. attempts: how
    often it has failed. reason: the kind of error that it failed with, and its codes. failed_at:
    when it failed for the first time. retry_at: when it is tried again; None: it is parked until
    staff decides.
    """

    __tablename__ = "follower_lanes"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        to("journal_followers", "follower_id"),
        unique("aggregate_id", "follower_id", "aggregate_id"),
        indexed("follower_lanes", "follower_id", "retry_at"),
        {"info": UNRECORDED},
    )

    follower_id: Mapped[UUID]
    aggregate: Mapped[str]
    aggregate_id: Mapped[UUID]
    position: Mapped[int]
    attempts: Mapped[int]
    reason: Mapped[str]
    failed_at: Mapped[datetime]
    retry_at: Mapped[datetime | None]
