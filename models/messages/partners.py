"""Partners that messages are exchanged with, and how each of them writes: data, no code."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kit.standards.edifact.charsets import CODECS
from models.base.tables import OneOf, Owned, check, indexed, known, to, unique
from models.base.visibility import Seen


class Acknowledgement(StrEnum):
    """When a partner is answered with CONTRL."""

    ALWAYS = "ALWAYS"
    ON_REQUEST = "ON_REQUEST"
    NEVER = "NEVER"


Charset = StrEnum("Charset", {it: it for it in CODECS})  # type: ignore[misc] # They are declared once.
"""Syntax identifiers (0001) that can be read."""


class PartnerProfile(Owned):
    """A partner, known by what its UNB names it: identification (0004) and qualifier (0007).

    own_identification, own_qualifier: what it calls us, None where it may call us anything.
    charset: what its files are written in, whatever their UNB says. service_characters: the six of
    a UNA for what we write; None for the usual. reference_prefix, references_used: of the control
    references (0020) of what we write.
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
    reference_prefix: Mapped[str]
    references_used: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool]
