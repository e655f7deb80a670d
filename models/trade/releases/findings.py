"""What was found of a release when it came, and what of it cannot be met."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor
from models.base.tables import (
    OneOf,
    Owned,
    WideSum,
    check,
    indexed,
    known,
    not_negative,
    to,
    unique,
)
from models.base.visibility import Seen, through
from models.trade.contracts.findings import FindingCode

LATE = (FindingCode.OUTDATED, FindingCode.REPEATED)
"""What is found of a release that another one has overtaken: it never comes into force, unless only
the number of its message tells that: then it waits."""


class ReleaseFinding(Owned):
    """Something odd about a release. place: in the order in which they are told, from 1.

    line_no, day: of what in its schedule. expected, found: what there was before, or at most, and
    what the release says, in the product's unit. text: a sentence for people. is_holding: the
    release waits until somebody consents to this; consented_at: when somebody did.
    """

    __tablename__ = "release_findings"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("Release", "release_id")}
    __table_args__ = (
        to("releases", "release_id"),
        unique("place", "release_id", "place"),
        known("code", FindingCode),
    )

    release_id: Mapped[UUID]
    place: Mapped[int]
    code: Mapped[FindingCode] = mapped_column(OneOf(FindingCode))
    line_no: Mapped[int | None]
    day: Mapped[date | None]
    expected: Mapped[WideSum | None]
    found: Mapped[WideSum | None]
    text: Mapped[str]
    is_holding: Mapped[bool]
    consented_at: Mapped[datetime | None]

    @hybrid_property
    def is_awaiting(self) -> bool:
        """Whether its release waits for somebody's consent to it."""
        return self.is_holding and self.consented_at is None

    @is_awaiting.inplace.expression
    @classmethod
    def _is_awaiting(cls) -> ColumnElement[bool]:
        return and_(cls.is_holding, cls.consented_at.is_(None))


class ReleaseAnswerLine(Owned):
    """What of a schedule line cannot be met as it is wanted: how much can be, and on which day.

    place: in the order in which they were said, from 1. day: None where nothing can be.
    """

    __tablename__ = "release_answer_lines"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("Release", "release_id")}
    __table_args__ = (
        to("releases", "release_id"),
        to("schedule_lines", "schedule_line_id"),
        unique("place", "release_id", "place"),
        indexed("release_answer_lines", "schedule_line_id"),
        not_negative("quantity"),
        check("day_of_what_comes", "(quantity > 0) = (day IS NOT NULL)"),
    )

    release_id: Mapped[UUID]
    schedule_line_id: Mapped[UUID]
    place: Mapped[int]
    quantity: Mapped[Decimal]
    day: Mapped[date | None]
    reason: Mapped[str | None]
