"""Partners that messages are exchanged with, and how each of them writes: data, no code."""

from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kit.standards.edifact.charsets import CODECS
from kit.standards.schedules.habits import ELEMENT_WORDS, Habits
from models.base.tables import OneOf, Owned, check, indexed, known, to, unique
from models.base.visibility import Seen


class Acknowledgement(StrEnum):
    """When a partner is answered with CONTRL."""

    ALWAYS = "ALWAYS"
    ON_REQUEST = "ON_REQUEST"
    NEVER = "NEVER"


class ContentAnswer(StrEnum):
    """When a partner is told with APERAK what became of what a message says."""

    ALWAYS = "ALWAYS"
    ON_FINDINGS = "ON_FINDINGS"
    NEVER = "NEVER"


Charset = StrEnum("Charset", {it: it for it in CODECS})  # type: ignore[misc] # They are declared once.
"""Syntax identifiers (0001) that can be read."""


ScheduleElement = StrEnum(  # type: ignore[misc] # They are declared once.
    "ScheduleElement", {it: it for it in ELEMENT_WORDS}
)
"""Elements of schedules whose codes partners use differently."""
ScheduleMeaning = StrEnum(  # type: ignore[misc] # They are declared once.
    "ScheduleMeaning", {it: it for it in sorted(frozenset().union(*ELEMENT_WORDS.values()))}
)
"""What a code of a schedule means."""


class PartnerProfile(Owned):
    """A partner, known by what its UNB names it: identification (0004) and qualifier (0007).

    own_identification, own_qualifier: what it calls us, None where it may call us anything.
    charset: what its files are written in, whatever their UNB says, and what we write to it.
    service_characters: the six of a UNA for what we write; None for the usual. reference_prefix,
    references_used: of the control references (0020) of what we write.

    schedule_codes: {element, code, meaning} of each code of schedules that means something else
    than in `kit.standards.schedules.habits.MEANINGS`. article_numbers: {theirs, ours} of each
    article that it calls otherwise than our SKU. place_codes: {theirs, ours} of each plant that it
    calls otherwise than our address of it. time_zone: of times that name none; None: the
    merchant's.
    """

    __tablename__ = "partner_profiles"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        to("parties", "party_id"),
        unique("code", "code"),
        unique("identification", "identification", "qualifier"),
        indexed("partner_profiles", "party_id"),
        known("charset", Charset),
        known("acknowledgement", Acknowledgement),
        known("content_answer", ContentAnswer),
        check("own_whole", "(own_identification IS NULL) = (own_qualifier IS NULL)"),
        check("service_characters_six", "length(service_characters) = 6"),
        check("references_used_counted", "references_used >= 0"),
    )

    code: Mapped[str]
    identification: Mapped[str]
    qualifier: Mapped[str]
    own_identification: Mapped[str | None]
    own_qualifier: Mapped[str | None]
    party_id: Mapped[UUID | None]
    charset: Mapped[Charset | None] = mapped_column(OneOf(Charset))
    service_characters: Mapped[str | None]
    has_line_breaks: Mapped[bool]
    acknowledgement: Mapped[Acknowledgement] = mapped_column(OneOf(Acknowledgement))
    content_answer: Mapped[ContentAnswer] = mapped_column(
        OneOf(ContentAnswer), default=ContentAnswer.NEVER, server_default="NEVER"
    )
    reference_prefix: Mapped[str]
    references_used: Mapped[int] = mapped_column(default=0)
    schedule_codes: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    article_numbers: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    place_codes: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    first_firm_is_backlog: Mapped[bool] = mapped_column(default=False, server_default="false")
    is_net_of_transit: Mapped[bool] = mapped_column(default=False, server_default="false")
    time_zone: Mapped[str | None]
    is_active: Mapped[bool]

    @property
    def habits(self) -> Habits:
        """Return how it writes schedules."""
        differing = {(it["element"], it["code"]): it["meaning"] for it in self.schedule_codes}
        return Habits(differing, self.first_firm_is_backlog, self.is_net_of_transit)
